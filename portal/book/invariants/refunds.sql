-- invariant: refunded_is_what_goes_back (6)
-- What a payment says was refunded is what is set aside of it and what has left.
WITH back AS (
    SELECT r.payment_id, sum(r.amount_minor) AS minor FROM refunds r
     WHERE r.status IN ('approved', 'sending', 'pending', 'needs_attention', 'unknown', 'succeeded')
       AND <<r.customer_id>> GROUP BY r.payment_id)
SELECT p.id, p.ref, p.refunded_minor, back.minor AS back_minor
  FROM payments p LEFT JOIN back ON back.payment_id = p.id
 WHERE p.refunded_minor <> coalesce(back.minor, 0) AND <<p.customer_id>>;

-- invariant: money_out_and_taken_back_within_money_in (6)
-- No more goes back of a payment, to the payer or to their bank, than came in.
SELECT p.id, p.ref, p.amount_minor, p.refunded_minor, p.reversed_minor FROM payments p
 WHERE p.refunded_minor + p.reversed_minor > p.amount_minor AND <<p.customer_id>>;

-- invariant: one_refund_at_a_time (6)
-- One refund of a payment is under way, so that the gateway's list tells them apart.
SELECT r.payment_id, count(*) FROM refunds r
 WHERE r.status IN ('requested', 'approved', 'sending', 'pending', 'needs_attention', 'unknown') AND <<r.customer_id>>
 GROUP BY r.payment_id HAVING count(*) > 1;

-- invariant: transit_is_what_is_under_way (2, 3)
-- What is in transit back to a customer is what their refunds under way will take.
WITH posted AS (
    SELECT e.customer_id, e.currency,
           sum(CASE WHEN e.credit = 'refunds_in_transit' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
      FROM journal_entries e WHERE 'refunds_in_transit' IN (e.debit, e.credit) AND <<e.customer_id>>
     GROUP BY e.customer_id, e.currency),
under_way AS (
    SELECT r.customer_id, r.currency, sum(r.amount_minor) AS minor FROM refunds r
     WHERE <<r.customer_id>> AND (r.status IN ('approved', 'sending', 'pending', 'needs_attention', 'unknown')
                                  OR r.status = 'requested' AND r.source = 'credit_note')
     GROUP BY r.customer_id, r.currency)
SELECT customer_id, currency, under_way.minor AS under_way_minor, posted.minor AS posted_minor
  FROM under_way FULL JOIN posted USING (customer_id, currency)
 WHERE coalesce(under_way.minor, 0) <> coalesce(posted.minor, 0);

-- invariant: refunds_have_left_once (3)
-- A refund that arrived has left its cash or bank account once, with its amount; no other has.
WITH posted AS (
    SELECT e.document, sum(e.amount_minor) AS minor, count(*) AS times, min(e.money_place) AS place
      FROM journal_entries e WHERE e.event = 'refund.succeeded' AND <<e.customer_id>> GROUP BY e.document)
SELECT r.id, r.ref, r.status, r.amount_minor, posted.minor AS posted_minor, posted.place
  FROM refunds r LEFT JOIN posted ON posted.document = r.ref
  LEFT JOIN gateway_accounts g ON g.id = r.gateway_account_id
 WHERE <<r.customer_id>>
   AND CASE WHEN r.status = 'succeeded' THEN posted.minor IS DISTINCT FROM r.amount_minor OR posted.times <> 1
            OR posted.place IS DISTINCT FROM CASE r.way WHEN 'by_hand' THEN r.evidence->>'account' ELSE g.ref END
            ELSE posted.minor IS NOT NULL END;

-- invariant: credit_notes_give_back_by_refunds (6)
-- What a credit note gives back is one refund or several that hang on it.
WITH back AS (
    SELECT r.credit_note_id, sum(r.amount_minor) AS minor FROM refunds r
     WHERE r.source = 'credit_note' AND <<r.customer_id>> GROUP BY r.credit_note_id)
SELECT n.id, n.ref, n.to_refund_minor, back.minor AS back_minor
  FROM credit_notes n LEFT JOIN back ON back.credit_note_id = n.id
 WHERE n.status = 'issued' AND n.to_refund_minor <> coalesce(back.minor, 0) AND <<n.customer_id>>;

-- invariant: refunds_that_wait_for_a_person_have_a_task (25)
-- A refund to be transferred by hand, or without bank details, is somebody's open task; one asked for is decided on.
SELECT r.id, r.ref, r.status FROM refunds r
 WHERE (r.way = 'by_hand' AND r.status = 'approved' OR r.status = 'needs_attention') AND <<r.customer_id>>
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.subject = r.ref AND t.closed_at IS NULL
                      AND t.kind IN ('refund_by_hand', 'refund_needs_details', 'refund_differs'))
UNION ALL
SELECT r.id, r.ref, r.status FROM refunds r
 WHERE r.status = 'requested' AND <<r.customer_id>>
   AND NOT EXISTS (SELECT FROM approvals a WHERE a.subject = r.ref AND a.decision IS NULL);

-- invariant: refunds_are_of_their_customer (24)
-- A refund, its payment and its credit note belong to one customer, in one currency.
SELECT r.id, r.ref FROM refunds r JOIN payments p ON p.id = r.payment_id
  LEFT JOIN credit_notes n ON n.id = r.credit_note_id
 WHERE (r.customer_id <> p.customer_id OR r.currency <> p.currency OR n.customer_id <> r.customer_id
        OR n.currency <> r.currency) AND <<r.customer_id>>;

-- invariant: refunds_are_not_late (25)
-- A refund that waits for the clock is sent or asked about within minutes; stopped accounts do not count.
SELECT r.id, r.ref, r.status, r.next_action_at FROM refunds r
  JOIN customers c ON c.id = r.customer_id JOIN gateway_accounts g ON g.id = r.gateway_account_id
 WHERE r.next_action_at < :late
   AND (r.status <> 'approved' OR c.parked_at IS NULL AND g.stopped_reason IS NULL);

-- invariant: refunds_are_in_the_audit (21)
-- Each refund has the entries of the deeds that made it: asked for and approved, or found.
SELECT r.id, r.ref, r.status FROM refunds r
 WHERE <<r.customer_id>>
   AND (r.source <> 'outside' AND NOT EXISTS (
            SELECT FROM audit_entries a WHERE a.subject = r.ref AND a.deed = 'refund.requested')
        OR r.source = 'outside' AND NOT EXISTS (
            SELECT FROM audit_entries a WHERE a.subject = r.ref AND a.deed = 'refund.found')
        OR r.status = 'succeeded' AND NOT EXISTS (
            SELECT FROM audit_entries a WHERE a.subject = r.ref AND a.deed = 'refund.succeeded'));
