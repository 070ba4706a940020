"""The limit: the rows of a paid renewal written by plain SQL, 500 renewals in each statement, nothing computed outside.

The same 20 rows and 6 changes that the engine writes for a renewal of one plan with one tax, in the same tables
under the same keys and indexes. What the engine does beyond this (pricing, locks, looking back) is what it costs.
"""

from datetime import datetime

from sqlalchemy import Connection, text

_BATCH = """
CREATE TEMP TABLE IF NOT EXISTS bench_batch (
    subscription_id bigint, customer_id bigint, invoice_id bigint, plan_line_id bigint, tax_line_id bigint,
    attempt_id bigint, payment_id bigint, inv text, pay text, att text, net bigint, tax bigint, item_id bigint,
    price_id bigint, plan text, method_id bigint, start_on date, end_on date, period bigint,
    number bigint) ON COMMIT DELETE ROWS
"""
_TAKE = """
INSERT INTO bench_batch
SELECT s.id, s.customer_id, nextval('invoices_id_seq'), nextval('invoice_lines_id_seq'),
       nextval('invoice_lines_id_seq'), nextval('attempts_id_seq'), nextval('payments_id_seq'),
       'inv_' || substr(md5(random()::text), 1, 16),
       'pay_' || substr(md5(random()::text), 1, 16), 'at-' || substr(md5(random()::text), 1, 26), r.amount_minor,
       r.amount_minor * 75 / 1000, t.id, r.id, p.name, m.id, s.period_end_on,
       CAST(s.period_end_on + interval '1 month' AS date), s.period_number + 1,
       row_number() OVER (ORDER BY s.id) - 1
  FROM (SELECT s.* FROM subscriptions s JOIN customers c ON c.id = s.customer_id
         WHERE s.next_action_at <= :at AND c.parked_at IS NULL ORDER BY s.next_action_at, s.id LIMIT 500
           FOR NO KEY UPDATE OF c SKIP LOCKED) s
  JOIN subscription_items t ON t.subscription_id = s.id AND t.until_on IS NULL
  JOIN prices r ON r.id = t.price_id JOIN plans p ON p.id = r.plan_id
  JOIN payment_methods m ON m.customer_id = s.customer_id AND m.is_default
"""
_RENEWED = (
    """
    UPDATE subscriptions s SET period_number = s.period_number + 1, period_start_on = b.start_on,
           period_end_on = b.end_on, next_bill_on = b.end_on, version = s.version + 1,
           next_action_at = CAST(b.end_on AS timestamp) AT TIME ZONE 'Africa/Lagos'
      FROM bench_batch b WHERE s.id = b.subscription_id
    """,
    """
    INSERT INTO subscription_changes (subscription_id, at, event, from_status, to_status, actor, reason, facts)
    SELECT subscription_id, :at, 'renewed', 'active', 'active', 'system:bench', '',
           jsonb_build_object('period', period, 'start', start_on) FROM bench_batch
    """,
    """
    INSERT INTO audit_entries (at, actor, deed, customer_id, subject, reason, cause, facts)
    SELECT :at, 'system:bench', 'subscription.renewed', customer_id, 'sub_bench' || subscription_id, '', '',
           jsonb_build_object('period', period) FROM bench_batch
    """,
    """
    INSERT INTO outbox (topic, customer_id, facts, created_at, next_action_at)
    SELECT 'subscription.renewed', customer_id, jsonb_build_object('subscription', 'sub_bench' || subscription_id),
           :at, :at FROM bench_batch
    """,
)
_ISSUED = (
    """
    INSERT INTO invoices (id, ref, customer_id, subscription_id, kind, status, series, number, label, currency,
                          period_number, period_start_on, period_end_on, issued_on, due_on, net_minor, tax_minor,
                          total_minor, paid_minor, credited_minor, noted_minor, written_off_minor, parties,
                          payment_reference, memo, created_at, issued_at, next_action_at)
    SELECT b.invoice_id, b.inv, b.customer_id, b.subscription_id, 'period', 'issued', 'plain/2027', n.first + b.number,
           'PLAIN-2027-' || lpad((n.first + b.number)::text, 6, '0'), 'NGN', b.period, b.start_on, b.end_on,
           b.start_on, b.start_on, b.net, b.tax, b.net + b.tax, 0, 0, 0, 0,
           jsonb_build_object('buyer', jsonb_build_object('name', c.name, 'email', c.email, 'address', c.address,
             'country', c.country, 'language', c.language, 'tax_number', c.tax_number), 'seller', jsonb_build_object(
             'name', h.name, 'email', h.email, 'address', h.address, 'country', h.country, 'legal_name', h.legal_name,
             'tax_number', h.tax_number), 'treatments', '["standard"]'::jsonb),
           'PLAIN-2027-' || lpad((n.first + b.number)::text, 6, '0'), '', :at, :at, :at + interval '1 day'
      FROM bench_batch b JOIN customers c ON c.id = b.customer_id CROSS JOIN business h
     CROSS JOIN (SELECT next_number - :count AS first FROM number_series WHERE code = 'plain/2027') n
    """,
    """
    INSERT INTO invoice_lines (id, invoice_id, position, kind, parent_id, item_id, price_id, tax_rate_id, text,
                               quantity, unit_minor, amount_minor, from_on, until_on, derivation, recognise_on)
    SELECT plan_line_id, invoice_id, 1, 'plan', NULL, item_id, price_id, NULL, plan, 1, net, net, start_on, end_on,
           jsonb_build_object('currency', 'NGN', 'ops', jsonb_build_array(jsonb_build_object('rule', 'price', 'model',
             'flat', 'quantity', 1, 'unit_minor', net, 'result_minor', net))), end_on - 1 FROM bench_batch
    UNION ALL
    SELECT tax_line_id, invoice_id, 2, 'tax', plan_line_id, NULL, NULL, (SELECT min(id) FROM tax_rates), 'VAT', 1,
           tax, tax, start_on, end_on, jsonb_build_object('currency', 'NGN', 'ops',
             jsonb_build_array(jsonb_build_object('rule', 'tax', 'ppm', 75000, 'code', 'vat-ng', 'inclusive', false,
             'base_minor', net, 'out_of_ppm', 1000000, 'result_minor', tax))), NULL FROM bench_batch
    """,
    """
    INSERT INTO journal_entries (event, debit, credit, amount_minor, currency, posted_on, customer_id, document,
                                 line_id, created_at)
    SELECT 'invoice.issued', 'receivable', 'deferred_revenue', net, 'NGN', start_on, customer_id, inv, plan_line_id, :at
      FROM bench_batch
    UNION ALL
    SELECT 'invoice.issued', 'receivable', 'tax_payable', tax, 'NGN', start_on, customer_id, inv, tax_line_id, :at
      FROM bench_batch
    """,
    """
    INSERT INTO outbox (topic, customer_id, facts, created_at, next_action_at)
    SELECT 'invoice.issued', customer_id, jsonb_build_object('invoice', inv), :at, :at FROM bench_batch
    """,
    """
    INSERT INTO audit_entries (at, actor, deed, customer_id, subject, reason, cause, facts)
    SELECT :at, 'system:bench', 'invoice.issued', customer_id, inv, '', '',
           jsonb_build_object('currency', 'NGN', 'open_minor', net + tax, 'total_minor', net + tax) FROM bench_batch
    """,
)
_CHARGED = (
    """
    INSERT INTO attempts (id, reference, customer_id, invoice_id, gateway_account_id, method_id, kind, status, trigger,
                          amount_minor, currency, reason, sends, queries, misses, created_at, next_action_at)
    SELECT attempt_id, att, customer_id, invoice_id, (SELECT min(id) FROM gateway_accounts), method_id, 'charge',
           'waiting', 'schedule', net + tax, 'NGN', '', 0, 0, 0, :at, :at FROM bench_batch
    """,
    """
    UPDATE attempts a SET status = 'sending', sends = 1, sent_at = :at, next_action_at = :at + interval '2 minutes'
      FROM bench_batch b WHERE a.id = b.attempt_id
    """,
    """
    UPDATE attempts a SET status = 'succeeded', gateway_ref = att, closed_at = :at, next_action_at = NULL
      FROM bench_batch b WHERE a.id = b.attempt_id
    """,
    """
    INSERT INTO payments (id, ref, customer_id, attempt_id, gateway_account_id, gateway_ref, status, amount_minor,
                          currency, fee_minor, refunded_minor, received_on, created_at)
    SELECT payment_id, pay, customer_id, attempt_id, (SELECT min(id) FROM gateway_accounts), att, 'booked', net + tax,
           'NGN', 1, 0, start_on, :at FROM bench_batch
    """,
    """
    INSERT INTO payment_allocations (payment_id, invoice_id, amount_minor, created_at)
    SELECT payment_id, invoice_id, net + tax, :at FROM bench_batch
    """,
    """
    INSERT INTO journal_entries (event, debit, credit, amount_minor, currency, posted_on, customer_id, document,
                                 money_place, created_at)
    SELECT 'payment.fee_charged', 'gateway_fees', 'cash', 1, 'NGN', start_on, customer_id, pay, 'plain', :at
      FROM bench_batch
    UNION ALL
    SELECT 'payment.booked', 'cash', 'receivable', net + tax, 'NGN', start_on, customer_id, pay, 'plain', :at
      FROM bench_batch
    """,
)
_SETTLED = (
    """
    UPDATE invoices i SET status = 'paid', paid_minor = b.net + b.tax, closed_at = :at, next_action_at = NULL
      FROM bench_batch b WHERE i.id = b.invoice_id
    """,
    """
    INSERT INTO outbox (topic, customer_id, facts, created_at, next_action_at)
    SELECT 'invoice.paid', customer_id, jsonb_build_object('invoice', inv, 'payment', pay), :at, :at FROM bench_batch
    """,
    """
    INSERT INTO audit_entries (at, actor, deed, customer_id, subject, reason, cause, facts)
    SELECT :at, 'system:bench', 'payment.booked', customer_id, pay, '', '',
           jsonb_build_object('attempt', att, 'invoice', inv, 'currency', 'NGN', 'amount_minor', net + tax,
             'to_invoice_minor', net + tax) FROM bench_batch
    """,
    """
    INSERT INTO credit_entries (subscription_id, credit_type_id, units, units_after, reason, period_start_on, cause,
                                created_at)
    SELECT b.subscription_id, t.id, -c.units, 0, 'discard', b.start_on, 'invoice.paid', :at
      FROM bench_batch b JOIN credit_balances c ON c.subscription_id = b.subscription_id
      JOIN credit_types t ON t.id = c.credit_type_id AND t.turn = 'resets'
    UNION ALL
    SELECT b.subscription_id, t.id, k.units, k.units + CASE t.turn WHEN 'resets' THEN 0 ELSE c.units END, 'grant',
           b.start_on, 'invoice.paid', :at
      FROM bench_batch b JOIN prices r ON r.id = b.price_id JOIN plan_credits k ON k.plan_id = r.plan_id
      JOIN credit_types t ON t.id = k.credit_type_id
      JOIN credit_balances c ON c.subscription_id = b.subscription_id AND c.credit_type_id = t.id
    """,
    """
    UPDATE credit_balances c SET units = k.units + CASE t.turn WHEN 'resets' THEN 0 ELSE c.units END
      FROM bench_batch b JOIN prices r ON r.id = b.price_id JOIN plan_credits k ON k.plan_id = r.plan_id
      JOIN credit_types t ON t.id = k.credit_type_id
     WHERE c.subscription_id = b.subscription_id AND c.credit_type_id = k.credit_type_id
    """,
)
_SERIES = """
INSERT INTO number_series (code, next_number, pattern) VALUES ('plain/2027', 1 + :count, '')
    ON CONFLICT (code) DO UPDATE SET next_number = number_series.next_number + :count
"""


def renew(connection: Connection, at: datetime) -> int:
    """Renew, charge and settle all that is due at `at`, 500 in one transaction; how many."""
    renewed = 0
    while count := _renew_some(connection, at):
        renewed += count
    return renewed


def _renew_some(connection: Connection, at: datetime) -> int:
    with connection.begin():
        connection.execute(text(_BATCH))
        count = connection.execute(text(_TAKE), {"at": at}).rowcount
        if count:
            connection.execute(text("ANALYZE bench_batch"))
            connection.execute(text(_SERIES), {"count": count})
            for statement in (*_RENEWED, *_ISSUED, *_CHARGED, *_SETTLED):
                connection.execute(text(statement), {"at": at, "count": count} if ":count" in statement else {"at": at})
    return count
