"""For each invariant the SQL that breaks it in a lively world, guards of the schema taken away first where need be."""

PAID = "(SELECT id FROM invoices WHERE status = 'paid' AND kind = 'period' ORDER BY id LIMIT 1)"
CASE = "(SELECT id FROM dunning_cases WHERE status = 'open' ORDER BY id LIMIT 1)"
DEBT = """(SELECT d.id FROM dunning_debts d JOIN attempts a ON a.invoice_id = d.invoice_id
            WHERE d.closed_at IS NULL ORDER BY d.id LIMIT 1)"""
ACTIVE = "(SELECT id FROM subscriptions WHERE status = 'active' AND period_number > 0 ORDER BY id LIMIT 1)"
COPY_OF_ATTEMPT = """
    INSERT INTO attempts (reference, customer_id, invoice_id, gateway_account_id, method_id, kind, status, trigger,
                          amount_minor, currency, reason, sends, queries, misses, created_at, next_action_at)
    SELECT 'at-planted' || {nth}, a.customer_id, a.invoice_id, a.gateway_account_id, a.method_id, 'charge', '{status}',
           '{trigger}', a.amount_minor, a.currency, '', 0, 0, 0, {at}, {next_at}
      FROM attempts a JOIN invoices i ON i.id = a.invoice_id WHERE {where} ORDER BY a.id LIMIT 1
"""


REFUND = """
    INSERT INTO refunds (ref, customer_id, payment_id, gateway_account_id, way, source, status, amount_minor, currency,
                         reason, said, requested_by, sends, queries, misses, created_at, next_action_at)
    SELECT 'rfd_planted' || {nth}, p.customer_id, p.id, p.gateway_account_id, '{way}', '{source}', '{status}', 1,
           p.currency, '', '', '', 0, 0, 0, p.created_at, {next_at}
      FROM payments p WHERE p.gateway_account_id IS NOT NULL ORDER BY p.id LIMIT 1
"""


def refund(status="pending", way="gateway", source="balance", next_at="now() + interval '99 years'", nth=1):
    return REFUND.format(status=status, way=way, source=source, next_at=next_at, nth=nth)


DISPUTE = """
    INSERT INTO disputes (ref, customer_id, payment_id, gateway_account_id, gateway_ref, status, category, claim, said,
                          amount_minor, currency, answer_text, queries, opened_at, next_action_at)
    SELECT 'dsp_planted', p.customer_id, p.id, p.gateway_account_id, 'D1', '{status}', '', '', '', p.amount_minor,
           p.currency, '', 0, {at}, {next_at}
      FROM payments p WHERE p.gateway_account_id IS NOT NULL
       AND p.customer_id IN (SELECT k.customer_id FROM dunning_cases k) ORDER BY p.id LIMIT 1
"""


def dispute(status="needs_response", at="p.created_at", next_at="now() + interval '99 years'"):
    return DISPUTE.format(status=status, at=at, next_at=next_at)


DIFFERENCE = """
    INSERT INTO differences (ref, gateway_account_id, kind, subject, customer_id, payment_id, ours, theirs, digest,
                             happened_at, found_at, seen_at, note)
    SELECT 'dif_planted', p.gateway_account_id, 'fee_differs', 'charge:planted', p.customer_id, p.id, '{}', '{}', '',
           p.created_at, p.created_at, p.created_at, ''
      FROM payments p WHERE p.gateway_account_id IS NOT NULL ORDER BY p.id LIMIT 1
"""
LOOK = """
    INSERT INTO reconciliations (ref, gateway_account_id, status, requested_by, charges, refunds, disputes, opened,
                                 closed, said, tries, created_at, next_action_at)
    SELECT 'rec_planted', id, 'waiting', '', 0, 0, 0, 0, 0, '', 0, created_at, created_at - interval '1 day'
      FROM gateway_accounts LIMIT 1
"""


def attempt(status="declined", trigger="dunning", at="a.created_at", next_at="NULL", where="true", nth=1):
    return COPY_OF_ATTEMPT.format(status=status, trigger=trigger, at=at, next_at=next_at, where=where, nth=nth)


def unguarded(table, *constraints):
    return [f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}" for name in constraints]


PLANTS: dict[str, list[str]] = {
    # approvals.sql
    "a_second_person_decides": [
        *unguarded("approvals", "decided_by_another"),
        "UPDATE approvals SET decided_by = requested_by WHERE decision = 'approved'",
    ],
    "what_was_done_is_what_was_approved": [
        "UPDATE credit_notes SET to_balance_minor = to_balance_minor - 1, to_refund_minor = to_refund_minor + 1",
    ],
    "one_request_per_deed": [
        "DROP INDEX ix_approvals_one_open",
        """INSERT INTO approvals (ref, deed, subject, customer_id, digest, amount_minor, currency, facts, reason,
                                  requested_by, requested_at, decision_reason)
           SELECT 'apr_planted', deed, subject, customer_id, digest, amount_minor, currency, facts, reason,
                  requested_by, requested_at, '' FROM approvals WHERE decision IS NULL""",
    ],
    # statements.sql
    "a_line_is_one_payment": ["UPDATE bank_lines SET amount_minor = amount_minor + 1 WHERE status = 'booked'"],
    "statements_are_taken_once": ["UPDATE statement_imports SET taken = taken - 1, known = known + 1"],
    "statements_do_not_lie": [
        *unguarded("bank_lines", "read_waits"),
        "UPDATE bank_lines SET status = 'read', payment_id = NULL WHERE status = 'ignored'",
    ],
    "proofs_wait_for_a_person": ["UPDATE tasks SET closed_at = now() WHERE kind = 'transfer_proof'"],
    "proofs_are_of_their_customer": [
        """UPDATE transfer_proofs SET payment_id = (SELECT min(id) FROM payments
            WHERE customer_id <> transfer_proofs.customer_id) WHERE status = 'accepted'""",
    ],
    # bank.sql
    "bank_is_what_was_received": [
        "UPDATE journal_entries SET amount_minor = amount_minor + 1 WHERE event = 'payment.unmatched'",
    ],
    "transfers_have_their_receipt": [
        "DELETE FROM bank_receipts WHERE payment_id = (SELECT min(payment_id) FROM bank_receipts)",
    ],
    "gateways_have_no_receipt": [
        """UPDATE bank_receipts SET payment_id = (SELECT min(id) FROM payments WHERE gateway_account_id IS NOT NULL)
            WHERE payment_id = (SELECT min(payment_id) FROM bank_receipts)""",
    ],
    "unmatched_money_waits_for_its_owner": ["UPDATE tasks SET closed_at = now() WHERE kind = 'money_unmatched'"],
    "letters_lie_in_order": [
        """INSERT INTO print_runs (ref, status, made_by, letters, pages, digest, created_at)
           VALUES ('prn_planted', 'printed', '', 1, 1, 'x', now())""",
    ],
    # clock.sql
    "open_invoices_wait_for_something": [
        f"UPDATE dunning_debts SET closed_at = now() WHERE id = {DEBT}",
    ],
    "what_the_clock_moves_has_a_time": [
        *unguarded("subscriptions", "clock_moves"),
        f"UPDATE subscriptions SET next_action_at = NULL WHERE id = {ACTIVE}",
    ],
    "nothing_is_late": [
        f"UPDATE dunning_cases SET next_action_at = opened_at WHERE id = {CASE}",
    ],
    "changed_keys_are_forgotten": [
        "UPDATE gateway_accounts SET former_secrets = 'x', next_action_at = created_at - interval '1 year'",
    ],
    "news_of_ours_is_told_in_time": [
        "UPDATE outbox SET posted_at = NULL, next_action_at = created_at WHERE id = (SELECT min(id) FROM outbox)",
    ],
    "every_run_takes_what_is_due": [
        f"UPDATE subscriptions SET next_action_at = created_at WHERE id = {ACTIVE}",
    ],
    "what_waits_for_a_person_has_a_task": [
        "UPDATE customers SET parked_at = now(), parked_reason = 'x' WHERE id = (SELECT min(id) FROM customers)",
    ],
    # dunning.sql
    "late_subscriptions_owe": [f"UPDATE subscriptions SET status = 'past_due' WHERE id = {ACTIVE}"],
    "debts_are_owed": [
        f"UPDATE dunning_debts SET invoice_id = {PAID} WHERE id = {DEBT}",
    ],
    "cases_have_debts": [
        "UPDATE dunning_debts SET closed_at = now()",
    ],
    "one_case_per_customer": [
        "DROP INDEX ix_dunning_cases_one_live",
        f"""INSERT INTO dunning_cases (ref, customer_id, currency, policy_id, status, paused_reason, opened_at,
                                       next_action_at)
            SELECT 'dc_planted', customer_id, currency, policy_id, status, '', opened_at, next_action_at
              FROM dunning_cases WHERE id = {CASE}""",
    ],
    "failures_are_chased": [f"DELETE FROM dunning_debts WHERE id = {DEBT}"],
    "tries_keep_to_the_ladder": [
        attempt(where=f"a.invoice_id = (SELECT invoice_id FROM dunning_debts WHERE id = {DEBT})"),
        "UPDATE attempts SET created_at = (SELECT max(created_at) FROM attempts) WHERE reference LIKE 'at-planted%'",
        f"UPDATE dunning_debts SET began_on = began_on - 1 WHERE id = {DEBT}",
        "UPDATE dunning_policies SET pull_days = '{1}'",
    ],
    "one_reminder_a_day": [
        """INSERT INTO dunning_steps (case_id, at, kind, step, actor, text)
           SELECT case_id, at, kind, step, actor, text FROM dunning_steps WHERE kind = 'reminded' LIMIT 1""",
    ],
    "suspension_comes_after_notice": [
        f"""INSERT INTO dunning_steps (case_id, at, kind, step, actor, text)
            SELECT id, opened_at, 'suspended', 6, '', '' FROM dunning_cases WHERE id = {CASE}""",
    ],
    "no_threat_after_payment": [
        """UPDATE messages m SET sent_at = k.closed_at + interval '1 minute', status = 'sent', subject_ref = k.ref,
                  template = 'dunning_reminder', next_action_at = NULL
             FROM dunning_cases k WHERE k.closed_at IS NOT NULL AND m.id = (SELECT min(id) FROM messages)""",
    ],
    # invoices.sql
    "totals_add_up": [f"UPDATE invoice_lines SET amount_minor = amount_minor + 1 WHERE invoice_id = {PAID}"],
    "what_is_left_is_open": [
        *unguarded("invoices", "paid_means_nothing_open"),
        f"UPDATE invoices SET paid_minor = paid_minor - 1 WHERE id = {PAID}",
    ],
    "credit_notes_stay_within_the_invoice": [
        f"UPDATE invoices SET noted_minor = 1 WHERE id = {PAID}",
    ],
    "credit_notes_are_their_lines": ["UPDATE credit_note_lines SET amount_minor = amount_minor + 1"],
    "no_line_is_given_back_twice": [
        """UPDATE credit_note_lines c SET amount_minor = l.amount_minor + 1
             FROM invoice_lines l WHERE l.id = c.invoice_line_id""",
    ],
    "numbers_have_no_hole": ["UPDATE invoices SET number = 1000 WHERE number = 2"],
    "only_drafts_have_no_number": [f"UPDATE invoices SET label = NULL WHERE id = {PAID}"],
    "one_bill_per_period": [
        "DROP INDEX ix_invoices_one_per_period",
        f"""UPDATE invoices SET period_start_on = (SELECT min(p.period_start_on) FROM invoices p
             WHERE p.subscription_id = {ACTIVE}) WHERE subscription_id = {ACTIVE}""",
    ],
    "runs_know_what_they_billed": [
        "UPDATE run_batches SET done = done + 1 WHERE id = (SELECT min(id) FROM run_batches)",
    ],
    "one_line_per_item_and_period": [
        f"""UPDATE invoice_lines SET from_on = from_on - 5 WHERE kind = 'plan' AND invoice_id = (
            SELECT max(id) FROM invoices WHERE subscription_id = {ACTIVE})""",
    ],
    "periods_tile": [
        f"""UPDATE invoices SET period_start_on = period_start_on + 3 WHERE id = (
            SELECT max(id) FROM invoices WHERE subscription_id = {ACTIVE})""",
    ],
    "periods_come_from_the_anchor": [f"UPDATE subscriptions SET anchor_on = anchor_on + 1 WHERE id = {ACTIVE}"],
    "periods_only_move_forward": [
        """INSERT INTO subscription_changes (subscription_id, at, event, from_status, to_status, actor, reason, facts)
           SELECT subscription_id, at, event, from_status, to_status, actor, reason, facts
             FROM subscription_changes WHERE event = 'renewed' LIMIT 1""",
    ],
    "histories_are_unbroken": [
        f"UPDATE subscriptions SET status = 'past_due' WHERE id = {ACTIVE}",
    ],
    "histories_follow_the_graph": [
        """UPDATE subscription_changes SET to_status = 'paused', from_status = 'canceled' WHERE event = 'renewed'""",
    ],
    "quotes_bind": ["UPDATE quotes SET total_minor = total_minor + 1"],
    # money.sql
    "entries_move_one_amount": [
        *unguarded("journal_entries", "two_accounts"),
        "UPDATE journal_entries SET credit = debit WHERE id = (SELECT min(id) FROM journal_entries)",
    ],
    "balances_are_their_entries": ["UPDATE customer_balances SET amount_minor = amount_minor + 1"],
    "units_are_their_entries": ["UPDATE credit_balances SET units = units + 1"],
    "units_after_each_entry_add_up": ["UPDATE credit_entries SET units_after = units_after + 1"],
    "paid_is_what_was_allocated": [
        "UPDATE payment_allocations SET amount_minor = amount_minor - 1",
    ],
    "payments_are_placed_whole": ["UPDATE payments SET fee_minor = fee_minor + 1"],
    "cash_is_what_was_collected": [
        "UPDATE journal_entries SET money_place = 'elsewhere' WHERE money_place IS NOT NULL",
    ],
    "receivable_is_what_is_open": [
        "DELETE FROM journal_entries WHERE event = 'invoice.issued' AND credit = 'tax_payable'",
    ],
    "deferred_is_within_its_line": [
        """UPDATE journal_entries SET amount_minor = amount_minor * 3 WHERE event = 'revenue.recognised'""",
    ],
    "revenue_is_posted_in_time": [
        f"UPDATE invoice_lines SET recognise_on = '2026-01-01' WHERE invoice_id = {PAID}",
    ],
    "one_currency_along_the_way": [f"UPDATE subscriptions SET currency = 'GHS' WHERE id = {ACTIVE}"],
    "settled_periods_are_granted": ["DELETE FROM credit_entries WHERE reason = 'grant'"],
    "units_are_granted_once": [
        "UPDATE credit_entries SET period_start_on = period_start_on - 3000 WHERE reason = 'grant'"
    ],
    # payments.sql
    "one_live_attempt": [
        "DROP INDEX ix_attempts_one_live",
        *(attempt("waiting", next_at="a.created_at", where=f"i.id = {PAID}", nth=nth) for nth in (1, 2)),
    ],
    "one_transaction_settles_one_attempt": [
        "ALTER TABLE payments DROP CONSTRAINT uq_payments_gateway_account_id_gateway_ref",
        "UPDATE payments SET gateway_ref = 'T1'",
    ],
    "references_are_unique": [
        "ALTER TABLE attempts DROP CONSTRAINT uq_attempts_reference",
        "UPDATE attempts SET reference = 'at-same'",
    ],
    "payments_had_an_attempt_before": ["UPDATE attempts SET created_at = created_at + interval '1 year'"],
    "successes_are_booked": ["DELETE FROM payments WHERE id = (SELECT min(id) FROM payments)"],
    "money_out_within_money_in": [
        *unguarded("payments", "refunded_at_most_amount", "reversed_at_most_rest"),
        "UPDATE payments SET refunded_minor = amount_minor + 1",
    ],
    "unexpected_money_has_a_task": ["DELETE FROM payment_allocations"],
    "everything_of_a_customer_is_theirs": [
        f"UPDATE invoices SET customer_id = (SELECT max(id) FROM customers) WHERE id = {PAID}",
    ],
    "no_charge_by_itself_after_the_end": [
        attempt("waiting", next_at="a.created_at", where=f"i.id = {PAID}"),
        f"""UPDATE customers SET parked_at = now(), parked_reason = 'x'
             WHERE id = (SELECT customer_id FROM invoices WHERE id = {PAID})""",
    ],
    "doubt_reaches_a_person": [
        attempt("unknown", next_at="now()", where=f"i.id = {PAID}"),
    ],
    # records.sql
    "what_happened_cannot_be_changed": ["ALTER TABLE journal_entries DISABLE TRIGGER journal_entries_stand"],
    "messages_belong_to_events": ["UPDATE messages SET event = 'invoice.paid:' || (99999999 + id)"],
    "nobody_is_written_to_twice": [
        "ALTER TABLE messages DROP CONSTRAINT uq_messages_event_recipient_template",
        "UPDATE messages SET event = 'a', recipient = 'b', template = 'c'",
    ],
    "deeds_are_in_the_audit": ["DELETE FROM audit_entries WHERE deed = 'payment.booked'"],
    "the_sealer_passes_over_nothing": [
        "UPDATE audit_entries SET seal_id = NULL WHERE id = (SELECT min(id) FROM audit_entries)",
    ],
    "no_secret_lies_about": ['UPDATE outbox SET facts = \'{"k": "sk_live_0123456789abcdef"}\''],
    # replayed.py
    "derivations_replay": ["UPDATE invoice_lines SET amount_minor = amount_minor + 1"],
    "credit_derivations_replay": ["UPDATE credit_note_lines SET amount_minor = amount_minor + 1"],
    "seals_verify": ["UPDATE audit_entries SET reason = 'another' WHERE id = (SELECT min(id) FROM audit_entries)"],
    # refunds.sql
    "refunded_is_what_goes_back": [refund()],
    "money_out_and_taken_back_within_money_in": [
        *unguarded("payments", "reversed_at_most_rest"),
        """UPDATE payments SET refunded_minor = amount_minor, reversed_minor = 1
            WHERE id = (SELECT min(id) FROM payments)""",
    ],
    "one_refund_at_a_time": ["DROP INDEX ix_refunds_one_live", refund(nth=1), refund(nth=2)],
    "transit_is_what_is_under_way": [refund()],
    "refunds_have_left_once": [refund(status="succeeded", next_at="NULL")],
    "credit_notes_give_back_by_refunds": [
        "UPDATE credit_notes SET to_refund_minor = to_balance_minor, to_balance_minor = 0 WHERE to_balance_minor > 0",
    ],
    "refunds_that_wait_for_a_person_have_a_task": [refund(status="approved", way="by_hand", next_at="NULL")],
    "refunds_are_of_their_customer": [
        refund(),
        "UPDATE refunds SET customer_id = (SELECT max(id) FROM customers)",
    ],
    "refunds_are_not_late": [refund(next_at="p.created_at - interval '1 day'")],
    "refunds_are_in_the_audit": [refund()],
    # disputes.sql
    "lost_disputes_are_taken_back": [dispute(status="lost", next_at="NULL")],
    # reconciling.sql
    "differences_wait_for_a_person": [DIFFERENCE],
    "differences_are_of_their_customer": [DIFFERENCE, "UPDATE differences SET customer_id = customer_id + 1"],
    "looks_are_not_late": [LOOK],
    "disputes_wait_for_a_person": [dispute()],
    "disputes_are_not_late": [dispute(next_at="p.created_at - interval '1 day'")],
    "disputed_customers_are_left_alone": [dispute(at="timestamptz '2000-01-01'")],
    "disputes_are_of_their_customer": [
        dispute(),
        "UPDATE disputes SET customer_id = (SELECT max(id) FROM customers)",
    ],
    "disputes_are_in_the_audit": [dispute()],
}
