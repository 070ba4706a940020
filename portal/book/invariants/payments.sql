-- invariant: one_live_attempt (12)
-- An invoice is being collected by one attempt at the most, over all gateways.
SELECT a.invoice_id, count(*) FROM attempts a
 WHERE a.status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown') AND <<a.customer_id>>
 GROUP BY a.invoice_id, CASE WHEN a.invoice_id IS NULL THEN a.customer_id END HAVING count(*) > 1;

-- invariant: one_transaction_settles_one_attempt (13)
-- nightly
-- A gateway's transaction is booked once.
SELECT p.gateway_account_id, p.gateway_ref, count(*) FROM payments p
 WHERE p.gateway_ref IS NOT NULL GROUP BY p.gateway_account_id, p.gateway_ref
HAVING count(*) > 1 AND bool_or(<<p.customer_id>>);

-- invariant: references_are_unique (13)
-- nightly
-- A reference names one attempt for ever.
SELECT a.reference, count(*) FROM attempts a
 GROUP BY a.reference HAVING count(*) > 1 AND bool_or(<<a.customer_id>>);

-- invariant: payments_had_an_attempt_before (14)
-- What a gateway collected was committed to before the call.
SELECT p.id, p.ref, p.attempt_id, a.status, a.created_at AS committed_at, p.created_at AS booked_at
  FROM payments p LEFT JOIN attempts a ON a.id = p.attempt_id
 WHERE p.gateway_account_id IS NOT NULL AND <<p.customer_id>>
   AND (a.id IS NULL OR a.created_at > p.created_at OR a.status <> 'succeeded'
        OR a.gateway_account_id <> p.gateway_account_id);

-- invariant: successes_are_booked (14)
-- An attempt that succeeded has its payment.
SELECT a.id, a.reference FROM attempts a
 WHERE a.status = 'succeeded' AND NOT EXISTS (SELECT FROM payments p WHERE p.attempt_id = a.id) AND <<a.customer_id>>;

-- invariant: money_out_within_money_in (6)
-- No more is given back of a payment than came in.
SELECT p.id, p.ref, p.amount_minor, p.refunded_minor FROM payments p
 WHERE (p.refunded_minor < 0 OR p.refunded_minor > p.amount_minor) AND <<p.customer_id>>;

-- invariant: unexpected_money_has_a_task (7)
-- Money beyond what was owed is looked at by a person.
SELECT p.id, p.ref, a.reference FROM payments p JOIN attempts a ON a.id = p.attempt_id
  JOIN invoices i ON i.id = a.invoice_id
 WHERE p.status = 'booked' AND p.amount_minor <= i.total_minor AND <<p.customer_id>>
   AND p.amount_minor - p.reversed_minor > (SELECT coalesce(sum(l.amount_minor), 0) FROM payment_allocations l WHERE l.payment_id = p.id)
   AND NOT EXISTS (SELECT FROM tasks t
        WHERE t.subject = a.reference AND t.kind IN ('money_without_debt', 'payment_differs'));

-- invariant: everything_of_a_customer_is_theirs (24)
-- Attempt, payment, method, invoice, subscription and case that point at each other belong to one customer.
SELECT 'invoice' AS what, i.id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
 WHERE i.customer_id <> s.customer_id AND <<i.customer_id>>
UNION ALL SELECT 'attempt', a.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
 WHERE a.customer_id <> i.customer_id AND <<a.customer_id>>
UNION ALL SELECT 'method', a.id FROM attempts a JOIN payment_methods m ON m.id = a.method_id
 WHERE a.customer_id <> m.customer_id AND <<a.customer_id>>
UNION ALL SELECT 'payment', p.id FROM payments p JOIN attempts a ON a.id = p.attempt_id
 WHERE p.customer_id <> a.customer_id AND <<p.customer_id>>
UNION ALL SELECT 'allocation', l.id FROM payment_allocations l JOIN payments p ON p.id = l.payment_id
  JOIN invoices i ON i.id = l.invoice_id WHERE p.customer_id <> i.customer_id AND <<p.customer_id>>
UNION ALL SELECT 'quote', q.id FROM quotes q JOIN subscriptions s ON s.id = q.subscription_id
 WHERE q.customer_id <> s.customer_id AND <<q.customer_id>>
UNION ALL SELECT 'credit note', n.id FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id
 WHERE n.customer_id <> i.customer_id AND <<n.customer_id>>
UNION ALL SELECT 'debt', d.id FROM dunning_debts d JOIN dunning_cases k ON k.id = d.case_id
  JOIN invoices i ON i.id = d.invoice_id WHERE k.customer_id <> i.customer_id AND <<k.customer_id>>;

-- invariant: no_charge_by_itself_after_the_end (26)
-- Nothing is charged by itself for what has ended or is paused, nor for a customer who is set aside.
SELECT a.id, a.reference, a.trigger, s.status FROM attempts a
  JOIN invoices i ON i.id = a.invoice_id JOIN subscriptions s ON s.id = i.subscription_id
 WHERE a.kind = 'charge' AND a.trigger IN ('schedule', 'dunning') AND s.status IN ('canceled', 'expired', 'paused')
   AND <<a.customer_id>>
   AND a.created_at > (SELECT max(h.at) FROM subscription_changes h
                        WHERE h.subscription_id = s.id AND h.to_status = s.status AND h.from_status <> h.to_status)
UNION ALL
SELECT a.id, a.reference, a.trigger, 'parked' FROM attempts a JOIN customers c ON c.id = a.customer_id
 WHERE a.status = 'waiting' AND a.trigger IN ('schedule', 'dunning') AND c.parked_at IS NOT NULL AND <<a.customer_id>>;

-- invariant: doubt_reaches_a_person (25)
-- A charge that stays in doubt for days is somebody's task.
SELECT a.id, a.reference, a.status, a.created_at FROM attempts a
 WHERE a.status IN ('sending', 'pending', 'unknown') AND a.created_at < CAST(:at AS timestamptz) - interval '50 hours'
   AND NOT EXISTS (SELECT FROM tasks t
        WHERE t.kind = 'attempt_in_doubt' AND t.subject = a.reference AND t.closed_at IS NULL);
