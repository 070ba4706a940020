-- invariant: a_line_is_one_payment (7, 13)
-- A booked line of a statement is one payment of its amount in its account, and no other line's.
SELECT l.id, l.ref, l.amount_minor, p.ref AS payment FROM bank_lines l
  LEFT JOIN payments p ON p.id = l.payment_id LEFT JOIN bank_receipts r ON r.payment_id = p.id
 WHERE l.status = 'booked' AND (p.customer_id IS NULL OR <<p.customer_id>>)
   AND (p.id IS NULL OR l.amount_minor <= 0 OR p.amount_minor <> l.amount_minor OR p.currency <> l.currency
        OR r.bank_account_id IS DISTINCT FROM l.bank_account_id
        OR EXISTS (SELECT FROM bank_lines o WHERE o.payment_id = l.payment_id AND o.id <> l.id));

-- invariant: statements_are_taken_once (13)
-- What was imported is there row by row, each booking of the bank once, and what is ignored says why.
SELECT i.ref, i.taken, count(l.id) AS found FROM statement_imports i LEFT JOIN bank_lines l ON l.import_id = i.id
 GROUP BY i.id HAVING count(l.id) <> i.taken OR i.taken + i.known <> i.done OR i.status = 'finished' AND i.done < i.rows
     AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'statement_lost' AND t.subject = i.ref)
UNION ALL SELECT min(l.ref), count(*), NULL FROM bank_lines l GROUP BY l.bank_account_id, l.fingerprint
HAVING count(*) > 1
UNION ALL SELECT l.ref, 0, NULL FROM bank_lines l WHERE l.status = 'ignored' AND l.reason = '';

-- invariant: statements_do_not_lie (25)
-- A statement that was begun is taken in within minutes, and so is each of its lines, or a person was asked.
SELECT 'statement' AS what, i.ref, i.next_action_at FROM statement_imports i WHERE i.next_action_at < :late
UNION ALL SELECT 'line', l.ref, l.next_action_at FROM bank_lines l WHERE l.next_action_at < :late
UNION ALL SELECT 'undecided line', l.ref, l.next_action_at FROM bank_lines l
 WHERE l.status = 'read' AND l.next_action_at IS NULL;

-- invariant: proofs_wait_for_a_person (25)
-- A proof of transfer is somebody's open task until it is decided, and nobody's from then on.
SELECT p.ref, p.status FROM transfer_proofs p
 WHERE <<p.customer_id>> AND (p.status = 'submitted') <> EXISTS (SELECT FROM tasks t
        WHERE t.kind = 'transfer_proof' AND t.subject = p.ref AND t.closed_at IS NULL);

-- invariant: proofs_are_of_their_customer (24)
-- A proof, its invoice and the payment that it was accepted as belong to one customer.
SELECT t.ref, p.ref AS payment, i.ref AS invoice FROM transfer_proofs t JOIN invoices i ON i.id = t.invoice_id
  LEFT JOIN payments p ON p.id = t.payment_id
 WHERE <<t.customer_id>> AND (t.customer_id <> i.customer_id OR t.currency <> i.currency
       OR p.id IS NOT NULL AND p.customer_id IS DISTINCT FROM t.customer_id
       OR (t.status = 'accepted') <> (t.payment_id IS NOT NULL));
