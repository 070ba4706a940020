-- invariant: entries_move_one_amount (1)
-- An entry moves a positive amount from one account to another, and names a place exactly when it moves money.
SELECT e.id, e.event, e.debit, e.credit, e.amount_minor, e.money_place FROM journal_entries e
 WHERE (e.amount_minor <= 0 OR e.amount_minor > 1000000000000000 OR e.debit = e.credit
        OR (e.debit IN ('cash', 'bank') OR e.credit IN ('cash', 'bank')) <> (e.money_place IS NOT NULL))
   AND <<e.customer_id>>;

-- invariant: balances_are_their_entries (2)
-- What a customer has with us is what the journal says.
WITH posted AS (
    SELECT e.customer_id, e.currency,
           sum(CASE WHEN e.credit = 'customer_balance' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e
     WHERE 'customer_balance' IN (e.debit, e.credit) AND e.customer_id IS NOT NULL AND <<e.customer_id>>
     GROUP BY e.customer_id, e.currency),
kept AS (SELECT b.customer_id, b.currency, b.amount_minor FROM customer_balances b WHERE <<b.customer_id>>)
SELECT customer_id, currency, kept.amount_minor, posted.minor AS posted_minor
  FROM kept FULL JOIN posted USING (customer_id, currency)
 WHERE coalesce(kept.amount_minor, 0) <> coalesce(posted.minor, 0);

-- invariant: units_are_their_entries (2, 9)
-- The units that are left are the sum of their entries.
WITH summed AS (
    SELECT e.subscription_id, e.credit_type_id, sum(e.units) AS units
      FROM credit_entries e JOIN subscriptions s ON s.id = e.subscription_id AND <<s.customer_id>>
     GROUP BY e.subscription_id, e.credit_type_id),
kept AS (
    SELECT b.subscription_id, b.credit_type_id, b.units
      FROM credit_balances b JOIN subscriptions s ON s.id = b.subscription_id AND <<s.customer_id>>)
SELECT subscription_id, credit_type_id, kept.units, summed.units AS summed
  FROM kept FULL JOIN summed USING (subscription_id, credit_type_id)
 WHERE coalesce(kept.units, 0) <> coalesce(summed.units, 0);

-- invariant: units_after_each_entry_add_up (2)
-- Each entry of units says what was left after it.
SELECT * FROM (
    SELECT e.id, e.subscription_id, e.units_after,
           sum(e.units) OVER (PARTITION BY e.subscription_id, e.credit_type_id ORDER BY e.id) AS summed
      FROM credit_entries e JOIN subscriptions s ON s.id = e.subscription_id AND <<s.customer_id>>) each
 WHERE units_after <> summed;

-- invariant: paid_is_what_was_allocated (2, 5)
-- What an invoice says was paid came from payments and from the balance.
WITH allocated AS (
    SELECT a.invoice_id, sum(a.amount_minor) AS minor
      FROM payment_allocations a JOIN invoices i ON i.id = a.invoice_id AND <<i.customer_id>> GROUP BY a.invoice_id),
applied AS (
    SELECT e.document, sum(CASE WHEN e.event = 'balance.applied' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e WHERE e.event IN ('balance.applied', 'balance.unapplied') AND <<e.customer_id>>
     GROUP BY e.document)
SELECT i.id, i.ref, i.paid_minor, allocated.minor AS allocated_minor, applied.minor AS applied_minor
  FROM invoices i LEFT JOIN allocated ON allocated.invoice_id = i.id LEFT JOIN applied ON applied.document = i.ref
 WHERE i.paid_minor <> coalesce(allocated.minor, 0) + coalesce(applied.minor, 0) AND <<i.customer_id>>;

-- invariant: payments_are_placed_whole (3, 7)
-- All of a payment that was not taken back pays invoices or is on the customer's balance, and its cash is in the
-- books less its fee.
WITH posted AS (
    SELECT e.document,
           sum(CASE WHEN e.event IN ('payment.overpaid', 'payment.matched_to_balance') THEN e.amount_minor
                    WHEN e.event IN ('payment.surplus_reversed', 'payment.surplus_lost') THEN -e.amount_minor
               END) AS surplus,
           sum(CASE WHEN e.debit IN ('cash', 'bank') THEN e.amount_minor
                    WHEN e.credit IN ('cash', 'bank') THEN -e.amount_minor END) AS cash
      FROM journal_entries e JOIN payments p ON p.ref = e.document AND <<p.customer_id>> GROUP BY e.document),
allocated AS (
    SELECT a.payment_id, sum(a.amount_minor) AS minor
      FROM payment_allocations a JOIN payments p ON p.id = a.payment_id AND <<p.customer_id>> GROUP BY a.payment_id)
SELECT p.id, p.ref, p.amount_minor, allocated.minor AS allocated_minor, posted.surplus, posted.cash
  FROM payments p LEFT JOIN posted ON posted.document = p.ref LEFT JOIN allocated ON allocated.payment_id = p.id
 WHERE p.customer_id IS NOT NULL AND <<p.customer_id>>
   AND (p.amount_minor - p.reversed_minor <> coalesce(allocated.minor, 0) + coalesce(posted.surplus, 0)
        OR p.amount_minor - p.reversed_minor - p.fee_minor <> coalesce(posted.cash, 0));

-- invariant: cash_is_what_was_collected (3)
-- nightly
-- The cash of each gateway account is what it collected less what it kept and gave back.
WITH collected AS (
    SELECT g.ref AS place, p.currency, sum(p.amount_minor - p.reversed_minor - p.fee_minor) AS minor
      FROM payments p JOIN gateway_accounts g ON g.id = p.gateway_account_id GROUP BY g.ref, p.currency),
returned AS (
    SELECT g.ref AS place, r.currency, sum(r.amount_minor) AS minor
      FROM refunds r JOIN gateway_accounts g ON g.id = r.gateway_account_id
     WHERE r.way = 'gateway' AND r.status = 'succeeded' GROUP BY g.ref, r.currency),
cash AS (
    SELECT e.money_place AS place, e.currency,
           sum(CASE WHEN e.debit = 'cash' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e WHERE 'cash' IN (e.debit, e.credit) GROUP BY e.money_place, e.currency)
SELECT place, currency, collected.minor AS collected_minor, returned.minor AS returned_minor, cash.minor AS cash_minor
  FROM collected FULL JOIN cash USING (place, currency) LEFT JOIN returned USING (place, currency)
 WHERE coalesce(collected.minor, 0) - coalesce(returned.minor, 0) <> coalesce(cash.minor, 0);

-- invariant: receivable_is_what_is_open (5)
-- What a customer owes by the journal is what is open on their invoices, and what was taken back of money long spent.
WITH posted AS (
    SELECT e.customer_id, e.currency,
           sum(CASE WHEN e.debit = 'receivable' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e
     WHERE 'receivable' IN (e.debit, e.credit) AND e.customer_id IS NOT NULL AND <<e.customer_id>>
       AND e.event <> 'payment.surplus_lost'
     GROUP BY e.customer_id, e.currency),
owed AS (
    SELECT i.customer_id, i.currency, sum(i.open_minor) AS minor FROM invoices i WHERE <<i.customer_id>>
     GROUP BY i.customer_id, i.currency)
SELECT customer_id, currency, owed.minor AS open_minor, posted.minor AS posted_minor
  FROM owed FULL JOIN posted USING (customer_id, currency)
 WHERE coalesce(owed.minor, 0) <> coalesce(posted.minor, 0);

-- invariant: deferred_is_within_its_line (5)
-- What waits of a line to become revenue is between nothing and the whole line.
SELECT l.id, l.invoice_id, l.amount_minor, d.minor AS deferred_minor
  FROM (SELECT e.line_id, sum(CASE WHEN e.credit = 'deferred_revenue' THEN e.amount_minor ELSE -e.amount_minor END)
                          AS minor
          FROM journal_entries e
         WHERE 'deferred_revenue' IN (e.debit, e.credit) AND e.line_id IS NOT NULL AND <<e.customer_id>>
         GROUP BY e.line_id) d
  JOIN invoice_lines l ON l.id = d.line_id
 WHERE d.minor NOT BETWEEN least(0, l.amount_minor) AND greatest(0, l.amount_minor);

-- invariant: revenue_is_posted_in_time (25)
-- What was served before yesterday is in the books as revenue.
SELECT l.id, l.invoice_id, l.recognise_on FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
 WHERE l.recognise_on < CAST(:today AS date) - 1;

-- invariant: one_currency_along_the_way (8)
-- Invoice, subscription, attempt, payment, credit note and case speak one currency, the customer's.
SELECT 'invoice' AS what, i.id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
 WHERE i.currency <> s.currency AND <<i.customer_id>>
UNION ALL SELECT 'subscription', s.id FROM subscriptions s JOIN customers c ON c.id = s.customer_id
 WHERE s.currency <> c.currency AND <<s.customer_id>>
UNION ALL SELECT 'attempt', a.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
 WHERE a.currency <> i.currency AND <<a.customer_id>>
UNION ALL SELECT 'allocation', l.id FROM payment_allocations l JOIN payments p ON p.id = l.payment_id
  JOIN invoices i ON i.id = l.invoice_id WHERE p.currency <> i.currency AND <<i.customer_id>>
UNION ALL SELECT 'credit note', n.id FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id
 WHERE n.currency <> i.currency AND <<n.customer_id>>
UNION ALL SELECT 'entry', e.id FROM journal_entries e JOIN invoices i ON i.ref = e.document
 WHERE e.currency <> i.currency AND <<e.customer_id>>
UNION ALL SELECT 'debt', d.id FROM dunning_debts d JOIN dunning_cases k ON k.id = d.case_id
  JOIN invoices i ON i.id = d.invoice_id WHERE k.currency <> i.currency AND <<k.customer_id>>;

-- invariant: settled_periods_are_granted (9)
-- A settled period has its grant of each type; only a period settled late goes without those that reset.
SELECT DISTINCT i.id, i.ref, i.period_start_on, t.code
  FROM invoices i
  JOIN invoice_lines l ON l.invoice_id = i.id AND l.kind IN ('plan', 'addon')
  JOIN prices p ON p.id = l.price_id JOIN plan_credits c ON c.plan_id = p.plan_id
  JOIN credit_types t ON t.id = c.credit_type_id
 WHERE i.status = 'paid' AND i.kind IN ('first', 'period') AND <<i.customer_id>>
   AND NOT EXISTS (SELECT FROM credit_entries e
        WHERE e.subscription_id = i.subscription_id AND e.credit_type_id = t.id AND e.reason = 'grant'
          AND (e.period_start_on = i.period_start_on OR t.turn = 'resets' AND e.period_start_on > i.period_start_on));

-- invariant: units_are_granted_once (9)
-- A period grants each type once, and only when there is a bill of it or a trial that began then.
SELECT min(e.id) AS id, e.subscription_id, e.credit_type_id, e.period_start_on
  FROM credit_entries e JOIN subscriptions s ON s.id = e.subscription_id AND <<s.customer_id>>
 WHERE e.reason = 'grant'
 GROUP BY e.subscription_id, e.credit_type_id, e.period_start_on
HAVING count(*) > 1 OR bool_or(e.cause = 'invoice.paid' AND NOT EXISTS (
       SELECT FROM invoices i WHERE i.subscription_id = e.subscription_id AND i.period_start_on = e.period_start_on));
