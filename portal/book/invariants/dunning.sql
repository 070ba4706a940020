-- invariant: late_subscriptions_owe (26)
-- Who is past due or suspended owes an invoice that is overdue or failed: paid means restored.
SELECT s.id, s.ref, s.status FROM subscriptions s
 WHERE s.status IN ('past_due', 'suspended') AND <<s.customer_id>>
   AND NOT EXISTS (SELECT FROM dunning_debts d JOIN invoices i ON i.id = d.invoice_id
                    WHERE i.subscription_id = s.id AND d.closed_at IS NULL);

-- invariant: debts_are_owed (26)
-- Nothing is chased that is paid, void or written off.
SELECT d.id, i.ref, i.status, i.open_minor FROM dunning_debts d JOIN invoices i ON i.id = d.invoice_id
 WHERE d.closed_at IS NULL AND (i.status <> 'issued' OR i.open_minor = 0) AND <<i.customer_id>>;

-- invariant: cases_have_debts (26)
-- A case stands exactly as long as one of its invoices is chased.
SELECT k.id, k.ref, k.status FROM dunning_cases k
 WHERE (k.status IN ('open', 'paused', 'exhausted'))
       <> EXISTS (SELECT FROM dunning_debts d WHERE d.case_id = k.id AND d.closed_at IS NULL)
   AND <<k.customer_id>>;

-- invariant: one_case_per_customer (26)
-- A customer has one case of a currency that is not closed.
SELECT k.customer_id, k.currency, count(*) FROM dunning_cases k
 WHERE k.status IN ('open', 'paused', 'exhausted') AND <<k.customer_id>>
 GROUP BY k.customer_id, k.currency HAVING count(*) > 1;

-- invariant: failures_are_chased (26)
-- An open invoice whose last charge was declined is in a case, unless it lapses by itself or a person stopped that.
SELECT i.id, i.ref, a.reference FROM invoices i
  JOIN subscriptions s ON s.id = i.subscription_id AND s.collection = 'pull'
  JOIN LATERAL (SELECT a.reference, a.status FROM attempts a
                 WHERE a.invoice_id = i.id AND a.kind = 'charge' ORDER BY a.id DESC LIMIT 1) a ON a.status = 'declined'
 WHERE i.status = 'issued' AND i.kind NOT IN ('first', 'change') AND <<i.customer_id>>
   AND NOT EXISTS (SELECT FROM dunning_debts d JOIN dunning_cases k ON k.id = d.case_id
                    WHERE d.invoice_id = i.id AND (d.closed_at IS NULL OR k.status = 'stopped'));

-- invariant: tries_keep_to_the_ladder (26)
-- The nth try of the ladder comes no earlier than the nth day of it, and there are no more tries than days.
SELECT t.id, t.invoice_id, t.tried_on, t.began_on, t.nth
  FROM (SELECT a.id, a.invoice_id, d.began_on, p.pull_days,
               CAST(a.created_at AT TIME ZONE c.zone AS date) AS tried_on,
               row_number() OVER (PARTITION BY d.id ORDER BY a.id) AS nth
          FROM dunning_debts d JOIN dunning_cases k ON k.id = d.case_id AND <<k.customer_id>>
          JOIN dunning_policies p ON p.id = k.policy_id JOIN customers c ON c.id = k.customer_id
          JOIN attempts a ON a.invoice_id = d.invoice_id AND a.trigger = 'dunning' AND a.status <> 'canceled'
                         AND a.created_at <= coalesce(d.closed_at, a.created_at)
                         AND CAST(a.created_at AT TIME ZONE c.zone AS date) >= d.began_on) t
 WHERE t.nth > cardinality(t.pull_days) OR t.tried_on < t.began_on + t.pull_days[t.nth];

-- invariant: one_reminder_a_day (26)
-- A case sends one mail on a day.
SELECT r.case_id, CAST(r.at AT TIME ZONE c.zone AS date) AS day, count(*)
  FROM dunning_steps r JOIN dunning_cases k ON k.id = r.case_id AND <<k.customer_id>>
  JOIN customers c ON c.id = k.customer_id
 WHERE r.kind = 'reminded'
 GROUP BY r.case_id, CAST(r.at AT TIME ZONE c.zone AS date) HAVING count(*) > 1;

-- invariant: suspension_comes_after_notice (26)
-- The ladder suspends only who was reminded before.
SELECT s.id, s.case_id, s.at FROM dunning_steps s JOIN dunning_cases k ON k.id = s.case_id AND <<k.customer_id>>
 WHERE s.kind = 'suspended' AND s.actor = ''
   AND NOT EXISTS (SELECT FROM dunning_steps r WHERE r.case_id = s.case_id AND r.kind = 'reminded' AND r.at < s.at);

-- invariant: no_threat_after_payment (20)
-- No reminder leaves once its case is closed.
SELECT m.id, m.subject_ref, m.sent_at, k.closed_at FROM messages m JOIN dunning_cases k ON k.ref = m.subject_ref
 WHERE m.template = 'dunning_reminder' AND m.sent_at > k.closed_at AND <<k.customer_id>>;
