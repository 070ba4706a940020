-- invariant: open_invoices_wait_for_something (25)
-- An open invoice waits for a reminder, for its due day or to lapse, or a case chases it, or a person stopped that.
SELECT i.id, i.ref, i.kind FROM invoices i
 WHERE i.status = 'issued' AND i.next_action_at IS NULL
   AND NOT EXISTS (SELECT FROM dunning_debts d JOIN dunning_cases k ON k.id = d.case_id
                    WHERE d.invoice_id = i.id AND (d.closed_at IS NULL OR k.status = 'stopped'));

-- invariant: what_the_clock_moves_has_a_time (25)
-- Every row that waits for the clock says when.
SELECT 'subscription' AS what, s.id FROM subscriptions s
 WHERE s.status IN ('trialing', 'active', 'past_due') AND s.next_action_at IS NULL AND <<s.customer_id>>
UNION ALL SELECT 'subscription with a day', s.id FROM subscriptions s
 WHERE s.next_action_at IS NULL AND <<s.customer_id>>
   AND (s.status = 'paused' AND s.resume_on IS NOT NULL OR s.status = 'suspended' AND s.cancel_on IS NOT NULL)
UNION ALL SELECT 'attempt', a.id FROM attempts a
 WHERE a.status IN ('waiting', 'sending', 'pending', 'action_required', 'unknown') AND a.next_action_at IS NULL
   AND <<a.customer_id>>
UNION ALL SELECT 'case', k.id FROM dunning_cases k
 WHERE k.status IN ('open', 'paused') AND k.next_action_at IS NULL AND <<k.customer_id>>
UNION ALL SELECT 'run', r.id FROM billing_runs r WHERE r.status IN ('planned', 'running') AND r.next_action_at IS NULL
UNION ALL SELECT 'news', n.id FROM gateway_news n WHERE n.status = 'received' AND n.next_action_at IS NULL;

-- invariant: nothing_is_late (25)
-- What waits for the clock is done within minutes; parked customers and stopped accounts do not count.
SELECT 'invoice' AS what, i.id, i.next_action_at FROM invoices i JOIN customers c ON c.id = i.customer_id
 WHERE i.next_action_at < :late AND c.parked_at IS NULL
UNION ALL SELECT 'case', k.id, k.next_action_at FROM dunning_cases k JOIN customers c ON c.id = k.customer_id
 WHERE k.next_action_at < :late AND c.parked_at IS NULL
UNION ALL SELECT 'attempt', a.id, a.next_action_at FROM attempts a JOIN customers c ON c.id = a.customer_id
  JOIN gateway_accounts g ON g.id = a.gateway_account_id
 WHERE a.next_action_at < :late
   AND (a.status <> 'waiting' OR c.parked_at IS NULL AND g.is_enabled AND g.stopped_reason IS NULL
        AND NOT EXISTS (SELECT FROM switches w WHERE w.name = 'stop_charges' AND w.is_on))
UNION ALL SELECT 'news', n.id, n.next_action_at FROM gateway_news n WHERE n.next_action_at < :late
UNION ALL SELECT 'run', r.id, r.next_action_at FROM billing_runs r WHERE r.next_action_at < :late;

-- invariant: changed_keys_are_forgotten (25)
-- The keys that an account had before are believed until their overlap is over, and not longer.
SELECT g.id, g.ref, g.next_action_at FROM gateway_accounts g WHERE g.next_action_at < :late;

-- invariant: news_of_ours_is_told_in_time (25)
-- Events are relayed and mails leave within minutes, unless mails are stopped.
SELECT 'event' AS what, o.id, o.next_action_at FROM outbox o WHERE o.next_action_at < :late
UNION ALL SELECT 'message', m.id, m.next_action_at FROM messages m
 WHERE m.next_action_at < :late AND NOT EXISTS (SELECT FROM switches w WHERE w.name = 'stop_mails' AND w.is_on);

-- invariant: every_run_takes_what_is_due (25)
-- A subscription that was due when a run began was taken by it, or is set aside, or became due by what happened since.
SELECT s.id, s.ref, s.next_action_at, r.ref AS run
  FROM subscriptions s JOIN customers c ON c.id = s.customer_id AND c.parked_at IS NULL
  JOIN LATERAL (SELECT r.ref, r.as_of, r.finished_at FROM billing_runs r
                 WHERE r.status IN ('finished', 'finished_with_exceptions') ORDER BY r.as_of DESC LIMIT 1) r ON true
 WHERE s.next_action_at <= r.as_of AND s.created_at < r.as_of
   AND NOT EXISTS (SELECT FROM subscription_changes h WHERE h.subscription_id = s.id AND h.at > r.as_of)
   AND NOT EXISTS (SELECT FROM audit_entries a
        WHERE a.customer_id = s.customer_id AND a.deed = 'customer.released' AND a.at >= r.as_of);

-- invariant: what_waits_for_a_person_has_a_task (25)
-- Parked customers, held runs, stopped gateway accounts and what a second person is to approve are somebody's open task.
SELECT 'customer_parked' AS kind, c.ref FROM customers c
 WHERE c.parked_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'customer_parked' AND t.subject = c.ref AND t.closed_at IS NULL)
UNION ALL SELECT 'run_held', r.ref FROM billing_runs r
 WHERE r.status = 'held'
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'run_held' AND t.subject = r.ref AND t.closed_at IS NULL)
UNION ALL SELECT 'gateway_refused', g.ref FROM gateway_accounts g
 WHERE g.stopped_reason IS NOT NULL
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'gateway_refused' AND t.subject = g.ref AND t.closed_at IS NULL)
UNION ALL SELECT 'approval_waiting', a.ref FROM approvals a
 WHERE a.decision IS NULL
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'approval_waiting' AND t.subject = a.ref AND t.closed_at IS NULL)
UNION ALL SELECT 'credit_note', n.ref FROM credit_notes n
 WHERE n.status = 'pending_approval'
   AND NOT EXISTS (SELECT FROM approvals a
        WHERE a.deed = 'credit_note.issue' AND a.subject = n.ref AND a.decision IS NULL);
