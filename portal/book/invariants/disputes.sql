-- invariant: lost_disputes_are_taken_back (3)
-- What banks took back of a payment is out of the books, or a person looks at what could not be.
SELECT p.id, p.ref, p.reversed_minor, sum(d.amount_minor) AS lost_minor
  FROM disputes d JOIN payments p ON p.id = d.payment_id
 WHERE d.status = 'lost' AND <<d.customer_id>>
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'dispute_not_covered' AND t.subject = d.ref)
 GROUP BY p.id, p.ref, p.reversed_minor HAVING sum(d.amount_minor) > p.reversed_minor;

-- invariant: disputes_wait_for_a_person (25)
-- A dispute that wants an answer is somebody's open task.
SELECT d.id, d.ref, d.due_at FROM disputes d
 WHERE d.status = 'needs_response' AND <<d.customer_id>>
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.kind = 'dispute_open' AND t.subject = d.ref AND t.closed_at IS NULL);

-- invariant: disputes_are_not_late (25)
-- An open dispute is asked about in time.
SELECT d.id, d.ref, d.next_action_at FROM disputes d WHERE d.next_action_at < :late;

-- invariant: disputed_customers_are_left_alone (26)
-- While a payment is disputed no case of its customer reminds by itself.
SELECT s.id, k.ref, d.ref AS dispute, s.at FROM disputes d
  JOIN dunning_cases k ON k.customer_id = d.customer_id AND k.currency = d.currency
  JOIN dunning_steps s ON s.case_id = k.id AND s.kind = 'reminded' AND s.actor = ''
 WHERE s.at > d.opened_at AND s.at < coalesce(d.closed_at, CAST(:at AS timestamptz)) AND <<d.customer_id>>;

-- invariant: disputes_are_of_their_customer (24)
-- A dispute and its payment belong to one customer, one currency and one gateway account.
SELECT d.id, d.ref FROM disputes d JOIN payments p ON p.id = d.payment_id
 WHERE (d.customer_id <> p.customer_id OR d.currency <> p.currency OR d.gateway_account_id <> p.gateway_account_id)
   AND <<d.customer_id>>;

-- invariant: disputes_are_in_the_audit (21)
-- Each dispute has the entry of its opening.
SELECT d.id, d.ref FROM disputes d
 WHERE <<d.customer_id>>
   AND NOT EXISTS (SELECT FROM audit_entries a WHERE a.subject = d.ref AND a.deed = 'dispute.opened');
