-- invariant: differences_wait_for_a_person (25)
-- What differs from a gateway is somebody's open task until it is closed, and no longer.
SELECT d.id, d.ref, d.closed_at FROM differences d
 WHERE (d.customer_id IS NULL OR <<d.customer_id>>)
   AND (d.closed_at IS NULL) <> EXISTS (
       SELECT FROM tasks t WHERE t.kind = 'difference' AND t.subject = d.ref AND t.closed_at IS NULL);

-- invariant: differences_are_of_their_customer (24)
-- A difference about a payment of somebody is that customer's.
SELECT d.id, d.ref FROM differences d JOIN payments p ON p.id = d.payment_id
 WHERE d.customer_id <> p.customer_id AND <<d.customer_id>>;

-- invariant: looks_are_not_late (25)
-- A comparison that was asked for is begun in time.
SELECT r.id, r.ref, r.next_action_at FROM reconciliations r WHERE r.next_action_at < :late;
