-- invariant: a_second_person_decides (22)
-- Nobody decides about what they asked for, and whoever decided is named.
SELECT a.id, a.ref, a.requested_by, a.decided_by, a.decision FROM approvals a
 WHERE (a.decided_by = a.requested_by OR (a.decision IS NULL) <> (a.decided_at IS NULL)
        OR a.decision IN ('approved', 'rejected') AND a.decided_by IS NULL)
   AND (a.customer_id IS NULL OR <<a.customer_id>>);

-- invariant: what_was_done_is_what_was_approved (22)
-- An approved deed was carried out once, with the content that was asked for, and nothing else ever was.
SELECT a.id, a.ref, a.deed, a.subject FROM approvals a
 WHERE (a.decision = 'approved' AND a.executed_digest IS DISTINCT FROM a.digest
        OR a.decision IS DISTINCT FROM 'approved' AND a.executed_at IS NOT NULL)
   AND (a.customer_id IS NULL OR <<a.customer_id>>)
UNION ALL
SELECT a.id, a.ref, a.deed, a.subject FROM credit_notes n JOIN approvals a ON a.id = n.approval_id
 WHERE (a.deed <> 'credit_note.issue' OR a.subject <> n.ref OR a.decision IS DISTINCT FROM 'approved'
        OR a.amount_minor <> n.total_minor OR a.currency <> n.currency
        OR CAST(a.facts ->> 'to_invoice' AS bigint) <> n.to_invoice_minor
        OR CAST(a.facts ->> 'to_balance' AS bigint) <> n.to_balance_minor
        OR CAST(a.facts ->> 'to_refund' AS bigint) <> n.to_refund_minor)
   AND <<n.customer_id>>
UNION ALL
SELECT a.id, a.ref, a.deed, a.subject FROM approvals a
  LEFT JOIN credit_notes n ON n.approval_id = a.id AND n.status IN ('issued', 'void')
 WHERE a.deed = 'credit_note.issue' AND a.decision = 'approved' AND n.id IS NULL
   AND (a.customer_id IS NULL OR <<a.customer_id>>)
UNION ALL
SELECT a.id, a.ref, a.deed, a.subject FROM approvals a JOIN invoices i ON i.ref = a.subject
 WHERE a.decision = 'approved' AND <<i.customer_id>>
   AND (a.deed = 'invoice.void' AND i.status <> 'void'
        OR a.deed = 'invoice.write_off' AND NOT EXISTS (SELECT FROM journal_entries e
             WHERE e.document = i.ref AND e.event = 'invoice.written_off' AND e.amount_minor = a.amount_minor));

-- invariant: one_request_per_deed (22)
-- Nobody is asked twice about the same deed at the same time.
SELECT a.deed, a.subject, count(*) FROM approvals a
 WHERE a.decision IS NULL AND (a.customer_id IS NULL OR <<a.customer_id>>)
 GROUP BY a.deed, a.subject HAVING count(*) > 1;
