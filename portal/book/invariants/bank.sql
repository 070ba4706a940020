-- invariant: bank_is_what_was_received (3)
-- nightly
-- What the books say came to each bank account is what was recorded there, less what was taken back.
WITH received AS (
    SELECT b.ref AS place, b.currency, sum(p.amount_minor - p.reversed_minor) AS minor
      FROM bank_receipts r JOIN payments p ON p.id = r.payment_id JOIN bank_accounts b ON b.id = r.bank_account_id
     GROUP BY b.ref, b.currency),
posted AS (
    SELECT e.money_place AS place, e.currency,
           sum(CASE WHEN e.debit = 'bank' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e JOIN bank_accounts b ON b.ref = e.money_place
     WHERE 'bank' IN (e.debit, e.credit) AND e.event LIKE 'payment.%' GROUP BY e.money_place, e.currency)
SELECT place, currency, received.minor AS received_minor, posted.minor AS posted_minor
  FROM received FULL JOIN posted USING (place, currency)
 WHERE coalesce(received.minor, 0) <> coalesce(posted.minor, 0);

-- invariant: transfers_have_their_receipt (3, 8)
-- A payment that no gateway collected has what the bank said of it, of one amount, day and currency with it.
SELECT p.id, p.ref, p.amount_minor, r.amount_minor AS received_minor FROM payments p
  LEFT JOIN bank_receipts r ON r.payment_id = p.id LEFT JOIN bank_accounts b ON b.id = r.bank_account_id
 WHERE p.gateway_account_id IS NULL AND (p.customer_id IS NULL OR <<p.customer_id>>)
   AND (r.payment_id IS NULL OR r.amount_minor <> p.amount_minor OR r.currency <> p.currency
        OR b.currency <> p.currency OR r.value_on <> p.received_on);

-- invariant: gateways_have_no_receipt (3)
-- What a gateway collected never came to a bank account of ours.
SELECT p.id, p.ref FROM payments p JOIN bank_receipts r ON r.payment_id = p.id
 WHERE p.gateway_account_id IS NOT NULL AND <<p.customer_id>>;

-- invariant: unmatched_money_waits_for_its_owner (7, 25)
-- Money of nobody known is in its own account of the books, and somebody's open task.
WITH lying AS (
    SELECT p.currency, sum(p.amount_minor - p.reversed_minor) AS minor
      FROM payments p WHERE p.customer_id IS NULL GROUP BY p.currency),
posted AS (
    SELECT e.currency, sum(CASE WHEN e.credit = 'unmatched_money' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e WHERE e.event IN ('payment.unmatched', 'payment.unmatched_reversed', 'payment.matched',
                                               'payment.matched_to_balance') GROUP BY e.currency)
SELECT 'books' AS what, currency AS name FROM lying FULL JOIN posted USING (currency)
 WHERE coalesce(lying.minor, 0) <> coalesce(posted.minor, 0)
UNION ALL SELECT 'task', p.ref FROM payments p
 WHERE p.customer_id IS NULL AND p.status = 'booked' AND p.amount_minor > p.reversed_minor
   AND NOT EXISTS (SELECT FROM tasks t
        WHERE t.kind = 'money_unmatched' AND t.subject = p.ref AND t.closed_at IS NULL);

-- invariant: letters_lie_in_order (20)
-- The letters of a print run are numbered from 1 without a hole, as many as it says.
SELECT r.id, r.ref, r.letters, count(l.invoice_id) AS found FROM print_runs r
  LEFT JOIN post_letters l ON l.print_run_id = r.id GROUP BY r.id
HAVING count(l.invoice_id) <> r.letters OR coalesce(max(l.position), 0) <> r.letters;
