"""Lines whose days of service have passed: what of them is revenue by now. Callers hold the customers' locks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, case, func, or_, select, text
from sqlalchemy.orm import Session

from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.states import InvoiceStatus
from portal.journal.accounts import Account, JournalEvent
from portal.journal.models import JournalEntry
from portal.journal.recognition import recognitions

# The claim's own snapshot may be older than its locks, so it returns customers only; their lines are read after it.
_CLAIM = text(
    """
    SELECT c.id FROM customers c
     WHERE c.id = ANY(ARRAY(
           SELECT i.customer_id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
            WHERE l.recognise_on < :today ORDER BY l.recognise_on, l.id LIMIT 500))
     ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    """
)
_ADVANCE = text(
    """
    UPDATE invoice_lines l SET recognise_on = n.next_on
      FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[])) AS n (id, next_on) WHERE l.id = n.id
    """
)


@dataclass(frozen=True, slots=True)
class Unearned:
    """A line that is due, and how much of it is revenue or was given back before it became revenue. Signed."""

    line_id: int
    customer_id: int
    invoice_ref: str
    issued_on: date
    amount: Money
    service: Period
    recognised: Money
    given_back: Money
    is_void: bool


@dataclass(frozen=True, slots=True)
class Earned:
    """`amount` of a line becomes revenue on `posted_on`."""

    line: Unearned
    posted_on: date
    amount: Money


def claim(session: Session, today: date) -> list[int]:
    """Lock customers with lines that are due and that nobody else has."""
    return list(session.scalars(_CLAIM, {"today": today}))


def due(session: Session, customer_ids: Sequence[int], today: date) -> list[Unearned]:
    """The lines of the locked customers of which something was earned before `today`."""
    rows = session.execute(
        select(InvoiceLine, Invoice)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.customer_id.in_(list(customer_ids)), InvoiceLine.recognise_on < today)
        .order_by(InvoiceLine.id)
    ).all()
    ids = [line.id for line, _ in rows]
    recognised = _recognised(session, ids)
    given_back = _given_back(session, ids)
    return [_unearned(line, invoice, recognised, given_back) for line, invoice in rows]


def earned(line: Unearned, today: date) -> list[Earned]:
    """What of the line became revenue before `today` and is not posted: by month, and no more than still waits."""
    left = Money.zero(line.amount.currency) if line.is_void else line.amount - line.given_back - line.recognised
    found: list[Earned] = []
    for posted_on, amount in _parts(line):
        if posted_on >= today:
            break
        part = _within(amount, left)
        left -= part
        if not part.is_zero:
            found.append(Earned(line, posted_on, part))
    return found


def next_on(line: Unearned, today: date) -> date | None:
    """When the line is due again; None when all of it is posted or was taken back."""
    return None if line.is_void else next((on for on, _ in _parts(line) if on >= today), None)


def advance(session: Session, lines: Sequence[Unearned], today: date) -> None:
    session.execute(
        _ADVANCE, {"ids": [line.line_id for line in lines], "days": [next_on(line, today) for line in lines]}
    )


def _parts(line: Unearned) -> Iterator[tuple[date, Money]]:
    """The parts not posted before, by the day they are posted on: none before the invoice was issued."""
    posted = line.recognised
    by_day: dict[date, Money] = {}
    for part in recognitions(line.amount, line.service):
        on = max(part.posted_on, line.issued_on)
        by_day[on] = by_day.get(on, Money.zero(line.amount.currency)) + part.amount
    for on, amount in sorted(by_day.items()):
        before = _within(amount, posted)
        posted -= before
        if not (amount - before).is_zero:
            yield on, amount - before


def _within(amount: Money, limit: Money) -> Money:
    """As much of `amount` as `limit` allows, both on the same side of zero."""
    if limit.is_zero or amount.is_negative != limit.is_negative:
        return Money.zero(amount.currency)
    return max(amount, limit) if amount.is_negative else min(amount, limit)


def _unearned(
    line: InvoiceLine, invoice: Invoice, recognised: Mapping[int, int], given_back: Mapping[int, int]
) -> Unearned:
    assert invoice.issued_on is not None  # only issued lines are ever due  # noqa: S101
    start, end = line.from_on, line.until_on
    if start is None or end is None:
        start, end = invoice.issued_on, invoice.issued_on + timedelta(days=1)
    return Unearned(
        line.id,
        invoice.customer_id,
        invoice.ref,
        invoice.issued_on,
        Money(line.amount_minor, invoice.currency),
        Period(start, end),
        Money(recognised.get(line.id, 0), invoice.currency),
        Money(given_back.get(line.id, 0), invoice.currency),
        invoice.status is InvoiceStatus.VOID,
    )


def _recognised(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(JournalEntry.line_id, JournalEntry.credit, func.sum(JournalEntry.amount_minor))
        .where(JournalEntry.line_id.in_(list(line_ids)), JournalEntry.event == JournalEvent.REVENUE_RECOGNISED)
        .group_by(JournalEntry.line_id, JournalEntry.credit)
    )
    sums: dict[int, int] = {}
    for line_id, credit, minor in rows:
        sums[line_id or 0] = sums.get(line_id or 0, 0) + (int(minor) if credit == Account.REVENUE else -int(minor))
    return sums


def _given_back(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    """What credit notes took out of what waited, by line; negative for what gave back itself."""
    deferred = Account.DEFERRED_REVENUE
    signed = case((JournalEntry.debit == deferred, JournalEntry.amount_minor), else_=-JournalEntry.amount_minor)
    rows = session.execute(
        select(JournalEntry.line_id, func.sum(signed))
        .join(CreditNote, CreditNote.ref == JournalEntry.document)
        .join(
            CreditNoteLine,
            and_(
                CreditNoteLine.credit_note_id == CreditNote.id, CreditNoteLine.invoice_line_id == JournalEntry.line_id
            ),
        )
        .where(
            JournalEntry.line_id.in_(list(line_ids)),
            JournalEntry.event.in_([JournalEvent.CREDIT_NOTE_ISSUED, JournalEvent.CREDIT_NOTE_VOIDED]),
            or_(JournalEntry.debit == deferred, JournalEntry.credit == deferred),
        )
        .group_by(JournalEntry.line_id)
    )
    return {line_id or 0: int(minor) for line_id, minor in rows}
