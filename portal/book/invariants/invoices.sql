-- invariant: totals_add_up (5)
-- An invoice is the sum of its lines, taxes among them.
SELECT i.id, i.ref, i.net_minor, i.tax_minor, i.total_minor, l.net, l.tax
  FROM invoices i
  LEFT JOIN (SELECT l.invoice_id, coalesce(sum(l.amount_minor) FILTER (WHERE l.kind <> 'tax'), 0) AS net,
                    coalesce(sum(l.amount_minor) FILTER (WHERE l.kind = 'tax'), 0) AS tax
               FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND <<i.customer_id>>
              GROUP BY l.invoice_id) l ON l.invoice_id = i.id
 WHERE (i.total_minor <> i.net_minor + i.tax_minor OR i.net_minor <> coalesce(l.net, 0)
        OR i.tax_minor <> coalesce(l.tax, 0)) AND <<i.customer_id>>;

-- invariant: what_is_left_is_open (5)
-- Paid, credited, written off and open make up the total; what is paid or given up has nothing open.
SELECT i.id, i.ref, i.status, i.total_minor, i.paid_minor, i.open_minor FROM invoices i
 WHERE <<i.customer_id>> AND (
       i.open_minor < 0
    OR i.status NOT IN ('draft', 'void')
       AND i.paid_minor + i.credited_minor + i.written_off_minor + i.open_minor <> i.total_minor
    OR i.status IN ('paid', 'written_off') AND i.open_minor <> 0
    OR i.status = 'issued' AND i.open_minor = 0
    OR i.status = 'void' AND i.paid_minor <> 0);

-- invariant: credit_notes_stay_within_the_invoice (6)
-- Credit notes never give back more than was billed, and the invoice knows of all of them.
SELECT i.id, i.ref, i.total_minor, i.noted_minor, i.credited_minor, n.total
  FROM invoices i
  LEFT JOIN (SELECT n.invoice_id, sum(n.total_minor) AS total, sum(n.to_invoice_minor) AS to_invoice
               FROM credit_notes n WHERE n.status = 'issued' AND <<n.customer_id>> GROUP BY n.invoice_id) n
    ON n.invoice_id = i.id
 WHERE (i.noted_minor <> coalesce(n.total, 0) OR i.credited_minor <> coalesce(n.to_invoice, 0)
        OR i.noted_minor > greatest(i.total_minor, 0)) AND <<i.customer_id>>;

-- invariant: credit_notes_are_their_lines (6)
-- A credit note is the sum of its lines, and its three places sum up.
SELECT n.id, n.ref, n.total_minor, l.minor
  FROM credit_notes n
  LEFT JOIN (SELECT credit_note_id, sum(amount_minor) AS minor FROM credit_note_lines GROUP BY credit_note_id) l
    ON l.credit_note_id = n.id
 WHERE (n.total_minor <> coalesce(l.minor, 0) OR n.total_minor <> n.net_minor + n.tax_minor
        OR n.to_invoice_minor + n.to_balance_minor + n.to_refund_minor <> n.total_minor) AND <<n.customer_id>>;

-- invariant: no_line_is_given_back_twice (6)
-- Credit notes and switches together give back of a line at most what it was.
SELECT l.id, l.invoice_id, l.amount_minor, coalesce(noted.minor, 0) + coalesce(returned.minor, 0) AS given_back
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND <<i.customer_id>>
  LEFT JOIN (SELECT c.invoice_line_id, sum(c.amount_minor) AS minor
               FROM credit_note_lines c JOIN credit_notes n ON n.id = c.credit_note_id AND n.status = 'issued'
              GROUP BY c.invoice_line_id) noted ON noted.invoice_line_id = l.id
  LEFT JOIN (SELECT r.parent_id, sum(coalesce(k.minor, 0) - r.amount_minor) AS minor
               FROM invoice_lines r JOIN invoices o ON o.id = r.invoice_id AND o.status <> 'void'
               LEFT JOIN (SELECT c.invoice_line_id, sum(c.amount_minor) AS minor FROM credit_note_lines c
                            JOIN credit_notes n ON n.id = c.credit_note_id AND n.status = 'issued'
                           GROUP BY c.invoice_line_id) k ON k.invoice_line_id = r.id
              WHERE r.kind = 'unused_time' GROUP BY r.parent_id) returned ON returned.parent_id = l.id
 WHERE l.amount_minor > 0 AND coalesce(noted.minor, 0) + coalesce(returned.minor, 0) > l.amount_minor;

-- invariant: numbers_have_no_hole (15)
-- The numbers of a series are 1 to N, each once, and drafts carry none.
WITH given AS (
    SELECT series, number FROM invoices WHERE number IS NOT NULL
    UNION ALL SELECT series, number FROM credit_notes WHERE number IS NOT NULL),
counted AS (
    SELECT series, count(*) AS papers, count(DISTINCT number) AS numbers, min(number) AS first, max(number) AS last
      FROM given GROUP BY series)
SELECT coalesce(c.series, s.code) AS series, c.papers, c.first, c.last, s.next_number
  FROM counted c FULL JOIN number_series s ON s.code = c.series
 WHERE coalesce(c.papers, 0) <> coalesce(c.numbers, 0) OR coalesce(c.first, 1) <> 1
    OR coalesce(c.papers, 0) <> coalesce(c.last, 0) OR coalesce(c.last, 0) IS DISTINCT FROM s.next_number - 1;

-- invariant: only_drafts_have_no_number (15)
-- What is issued has a number and its printed form, a draft has neither.
SELECT i.id, i.ref, i.status, i.number, i.label FROM invoices i
 WHERE ((i.number IS NULL) <> (i.status = 'draft') OR (i.label IS NULL) <> (i.number IS NULL)) AND <<i.customer_id>>
UNION ALL SELECT n.id, n.ref, n.status, n.number, n.label FROM credit_notes n
 WHERE ((n.number IS NULL) = (n.status IN ('issued', 'void')) OR (n.label IS NULL) <> (n.number IS NULL))
   AND <<n.customer_id>>;

-- invariant: one_bill_per_period (11)
-- A subscription has one live bill for the period that begins on a day.
SELECT i.subscription_id, i.period_start_on, count(*) FROM invoices i
 WHERE i.kind IN ('first', 'period') AND i.status <> 'void' AND <<i.customer_id>>
 GROUP BY i.subscription_id, i.period_start_on HAVING count(*) > 1 AND i.subscription_id IS NOT NULL;

-- invariant: one_line_per_item_and_period (11)
-- An item is charged once for a day in the bills of its periods.
SELECT l.id, l.item_id, l.from_on, l.until_on, o.id AS other
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id AND <<i.customer_id>>
  JOIN invoice_lines o ON o.item_id = l.item_id AND o.id > l.id
  JOIN invoices j ON j.id = o.invoice_id
 WHERE i.kind IN ('first', 'period') AND j.kind IN ('first', 'period') AND i.status <> 'void' AND j.status <> 'void'
   AND l.kind IN ('plan', 'addon') AND o.kind IN ('plan', 'addon')
   AND l.from_on < o.until_on AND o.from_on < l.until_on;

-- invariant: periods_tile (11)
-- Billed periods follow each other without overlap, and without gap but for a pause, a suspension or a new interval.
WITH billed AS (
    SELECT i.id, i.subscription_id, i.status, i.period_start_on, i.period_end_on, i.issued_at,
           lag(i.issued_at) OVER earlier AS former_issued_at,
           max(i.period_end_on) FILTER (WHERE i.status <> 'void') OVER before AS billed_until,
           max(i.period_end_on) OVER before AS written_until
      FROM invoices i
     WHERE i.kind IN ('first', 'period') AND i.period_start_on IS NOT NULL AND i.status <> 'draft' AND <<i.customer_id>>
    WINDOW earlier AS (PARTITION BY i.subscription_id ORDER BY i.period_start_on, i.id),
           before AS (earlier ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
SELECT b.id, b.subscription_id, b.period_start_on, b.billed_until, b.written_until
  FROM billed b
 WHERE b.status <> 'void' AND (b.period_start_on < b.billed_until OR b.period_start_on > b.written_until)
   AND NOT EXISTS (
       SELECT FROM subscription_changes h
        WHERE h.subscription_id = b.subscription_id AND h.event = 'changed'
          AND h.at BETWEEN b.former_issued_at AND b.issued_at
          AND (SELECT count(DISTINCT (p.interval_unit, p.interval_count)) > 1
                 FROM jsonb_array_elements((h.facts -> 'before') || (h.facts -> 'after')) x
                 JOIN prices p ON p.id = CAST(x ->> 'price_id' AS bigint)))
   AND (b.period_start_on < b.billed_until OR NOT EXISTS (
       SELECT FROM subscription_changes h
        WHERE h.subscription_id = b.subscription_id AND h.from_status IN ('suspended', 'paused')
          AND h.to_status = 'active' AND h.at >= b.former_issued_at AND h.at < b.period_end_on + 1));

-- invariant: periods_come_from_the_anchor (16)
-- Period n is the anchor plus n intervals, on the subscription and on its bills.
WITH anchored AS (
    SELECT s.id, s.anchor_on, s.period_number, s.period_start_on, s.period_end_on,
           make_interval(days => CASE s.interval_unit WHEN 'day' THEN 1 WHEN 'week' THEN 7 ELSE 0 END
                                 * CAST(s.interval_count AS int),
                         months => CASE s.interval_unit WHEN 'month' THEN 1 WHEN 'year' THEN 12 ELSE 0 END
                                 * CAST(s.interval_count AS int)) AS step,
           (SELECT max(h.at) FROM subscription_changes h
             WHERE h.subscription_id = s.id AND h.event = 'changed') AS changed_at
      FROM subscriptions s WHERE s.anchor_on IS NOT NULL AND <<s.customer_id>>)
SELECT 'subscription' AS what, a.id, a.anchor_on, a.period_number, a.period_start_on, a.period_end_on
  FROM anchored a
 WHERE a.period_end_on <> CAST(a.anchor_on + a.step * (a.period_number + 1) AS date)
    OR a.period_number >= 0 AND a.period_start_on <> CAST(a.anchor_on + a.step * a.period_number AS date)
UNION ALL
SELECT 'invoice', i.id, a.anchor_on, i.period_number, i.period_start_on, i.period_end_on
  FROM invoices i JOIN anchored a ON a.id = i.subscription_id
 WHERE i.kind IN ('first', 'period') AND i.period_start_on >= a.anchor_on
   AND (a.changed_at IS NULL OR i.issued_at > a.changed_at)
   AND (i.period_start_on <> CAST(a.anchor_on + a.step * i.period_number AS date)
        OR i.period_end_on <> CAST(a.anchor_on + a.step * (i.period_number + 1) AS date));

-- invariant: periods_only_move_forward (16)
-- Each renewal begins a later period than the one before.
SELECT * FROM (
    SELECT h.id, h.subscription_id, h.facts ->> 'start' AS start_on,
           lag(h.facts ->> 'start') OVER (PARTITION BY h.subscription_id ORDER BY h.id) AS former
      FROM subscription_changes h JOIN subscriptions s ON s.id = h.subscription_id AND <<s.customer_id>>
     WHERE h.event = 'renewed') renewed
 WHERE start_on <= former;

-- invariant: histories_are_unbroken (17)
-- Each step of a history begins where the one before ended, and the last is where the subscription is.
SELECT * FROM (
    SELECT h.id, h.subscription_id, h.event, h.from_status, h.to_status, s.status,
           lag(h.to_status) OVER line AS former, lead(h.id) OVER line AS next_id
      FROM subscription_changes h JOIN subscriptions s ON s.id = h.subscription_id AND <<s.customer_id>>
    WINDOW line AS (PARTITION BY h.subscription_id ORDER BY h.id)) each
 WHERE former IS NOT NULL AND from_status <> former OR next_id IS NULL AND to_status <> status
    OR former IS NULL AND event <> 'created';

-- invariant: histories_follow_the_graph (17)
-- Every step of a history is an edge of the declared states.
SELECT h.id, h.subscription_id, h.event, h.from_status, h.to_status
  FROM subscription_changes h JOIN subscriptions s ON s.id = h.subscription_id AND <<s.customer_id>>
 WHERE h.event NOT IN ('created', 'edited')
   AND NOT CAST(:edges AS jsonb) @> jsonb_build_array(jsonb_build_array(h.event, h.from_status, h.to_status))
    OR h.event = 'edited' AND h.from_status <> h.to_status OR h.event = 'created' AND h.from_status <> '';

-- invariant: quotes_bind (27)
-- What was accepted is what was billed.
SELECT q.id, q.ref, q.total_minor, i.ref AS invoice, i.total_minor AS billed_minor
  FROM quotes q JOIN invoices i ON i.quote_id = q.id
 WHERE q.total_minor > 0 AND i.total_minor <> q.total_minor AND i.kind <> 'final' AND <<q.customer_id>>
UNION ALL
SELECT q.id, q.ref, q.total_minor, NULL, NULL FROM quotes q
 WHERE q.status <> 'accepted' AND EXISTS (SELECT FROM invoices i WHERE i.quote_id = q.id) AND <<q.customer_id>>;

-- invariant: runs_know_what_they_billed (11)
-- nightly
-- The batches that a run wrote down count and sum the bills that came from it.
SELECT run_id, currency, b.done, i.bills, b.minor, i.minor AS billed_minor
  FROM (SELECT run_id, currency, sum(done) AS done, sum(total_minor) AS minor FROM run_batches GROUP BY 1, 2) b
  FULL JOIN (SELECT run_id, currency, count(*) AS bills, sum(total_minor) AS minor
               FROM invoices WHERE run_id IS NOT NULL GROUP BY 1, 2) i USING (run_id, currency)
 WHERE b.done IS DISTINCT FROM i.bills OR b.minor IS DISTINCT FROM i.minor;
