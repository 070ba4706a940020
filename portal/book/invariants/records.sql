-- invariant: what_happened_cannot_be_changed (4)
-- The triggers that keep journal, audit, issued papers and histories as they are stand and are switched on.
SELECT wanted.name, t.tgenabled
  FROM unnest(ARRAY['journal_entries_stand', 'audit_entries_stand', 'audit_entries_sealed_once', 'audit_seals_stand',
                    'invoices_stand', 'invoices_keep_parties', 'invoices_kept', 'invoices_not_emptied',
                    'invoice_lines_stand', 'invoice_lines_not_emptied', 'credit_notes_stand',
                    'credit_notes_kept', 'credit_notes_not_emptied', 'credit_note_lines_stand',
                    'credit_note_lines_not_emptied', 'credit_entries_stand', 'payment_allocations_stand',
                    'subscription_changes_stand', 'prices_frozen_once_used', 'prices_kept_once_used']) AS wanted (name)
  LEFT JOIN pg_trigger t ON t.tgname = wanted.name
 WHERE t.tgenabled IS DISTINCT FROM 'O';

-- invariant: messages_belong_to_events (20)
-- A message comes from an event that was committed; its number says which. Events are kept for thirty days.
SELECT m.id, m.event, m.template FROM messages m
 WHERE m.event ~ '^[a-z_.]+:[0-9]+$' AND (m.customer_id IS NULL OR <<m.customer_id>>)
   AND m.created_at >= CAST(:at AS timestamptz) - interval '30 days'
   AND NOT EXISTS (SELECT FROM outbox o
        WHERE o.id = CAST(split_part(m.event, ':', 2) AS bigint) AND o.topic = split_part(m.event, ':', 1));

-- invariant: nobody_is_written_to_twice (20)
-- nightly
-- An event is told to a recipient by a template once.
SELECT m.event, m.recipient, m.template, count(*) FROM messages m
 GROUP BY m.event, m.recipient, m.template HAVING count(*) > 1;

-- invariant: deeds_are_in_the_audit (21)
-- Each bill, payment and step of a subscription has the entry of the deed that made it.
SELECT 'invoice' AS what, i.ref FROM invoices i
 WHERE i.number IS NOT NULL AND <<i.customer_id>>
   AND NOT EXISTS (SELECT FROM audit_entries a WHERE a.subject = i.ref AND a.deed = 'invoice.issued')
UNION ALL SELECT 'void', i.ref FROM invoices i
 WHERE i.status = 'void' AND <<i.customer_id>>
   AND NOT EXISTS (SELECT FROM audit_entries a WHERE a.subject = i.ref AND a.deed = 'invoice.voided')
UNION ALL SELECT 'payment', p.ref FROM payments p
 WHERE <<p.customer_id>>
   AND NOT EXISTS (SELECT FROM audit_entries a WHERE a.subject = p.ref AND a.deed = 'payment.booked')
UNION ALL
SELECT 'subscription', s.ref FROM subscriptions s
 WHERE <<s.customer_id>>
   AND (SELECT count(*) FROM subscription_changes h WHERE h.subscription_id = s.id)
    <> (SELECT count(*) FROM audit_entries a WHERE a.subject = s.ref AND a.deed LIKE 'subscription.%');

-- invariant: the_sealer_passes_over_nothing (21)
-- Every entry before the last seal is sealed by one that covers it.
SELECT a.id, a.deed, a.at FROM audit_entries a LEFT JOIN audit_seals s ON s.id = a.seal_id
 WHERE a.id <= (SELECT max(last_entry_id) FROM audit_seals)
   AND (s.id IS NULL OR a.id NOT BETWEEN s.first_entry_id AND s.last_entry_id)
   AND a.at < :late;

-- invariant: no_secret_lies_about (23)
-- nightly
-- No gateway key or card token stands in an event, a mail, a task or the audit.
SELECT 'event' AS what, o.id FROM outbox o WHERE CAST(o.facts AS text) ~ :secret
UNION ALL SELECT 'audit', a.id FROM audit_entries a WHERE a.reason ~ :secret OR CAST(a.facts AS text) ~ :secret
UNION ALL SELECT 'task', t.id FROM tasks t WHERE CAST(t.facts AS text) ~ :secret
UNION ALL SELECT 'message', m.id FROM messages m
 WHERE coalesce(m.subject, '') || coalesce(m.text, '') || CAST(m.facts AS text) ~ :secret
UNION ALL SELECT 'attempt', a.id FROM attempts a WHERE a.reason ~ :secret OR CAST(a.payable AS text) ~ :secret;
