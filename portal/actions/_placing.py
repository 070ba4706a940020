"""Money that arrived finds its place: invoices first, the customer's balance for the rest. The one place where a
payment pays an invoice, whoever says that it arrived.

Steps; the caller holds the customers' locks and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.balance import ledger
from portal.core import audit, outbox
from portal.core.bulk import insert_rows, write_changes
from portal.core.money import Money
from portal.invoicing import lifecycle
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.journal import posting
from portal.journal.accounts import Entry, JournalEvent, MoneyPlace, entries
from portal.payments.models import Payment, PaymentAllocation

COLLECTABLE = frozenset({InvoiceStatus.ISSUED, InvoiceStatus.WRITTEN_OFF})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A payment of one customer. `place` is where its money came to; None for what lay with us, its owner unknown."""

    payment_id: int
    ref: str
    customer_id: int
    place: MoneyPlace | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice that a payment is for: as much as is open on it, `most` at the most."""

    invoice: Invoice
    most: Money | None = None


@dataclass(slots=True)
class Booked:
    """What is written in lists at the end, and what the money settled."""

    payments: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    deeds: list[dict[str, Any]] = field(default_factory=list)
    balances: dict[tuple[int, str], int] = field(default_factory=dict)
    settled: list[int] = field(default_factory=list)
    invoices: dict[int, Invoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """What each invoice got, never nothing, and what is left for the balance."""

    shares: tuple[tuple[Invoice, Money], ...]
    rest: Money

    @property
    def placed(self) -> Money:
        return Money.total((share for _, share in self.shares), self.rest.currency)


def plan(paid: Money, wanted: Sequence[Wanted]) -> Spread:
    """How `paid` would be spread over the invoices, in their order. Changes nothing."""
    left, shares = paid, []
    for one in wanted:
        share = min(_share(one.invoice, left), left if one.most is None else one.most)
        if share.is_positive:
            shares.append((one.invoice, share))
            left -= share
    return Spread(tuple(shares), left)


def spread(booked: Booked, arrival: Arrival, paid: Money, wanted: Sequence[Wanted], *, on: date) -> Spread:
    """Spread `paid` as planned: allocations, journal (of the business's day `on`), balance, and what is told.

    A customer is told what arrived where an invoice stays open or something goes to the balance; what is settled
    has its receipt.
    """
    planned = plan(paid, wanted)
    moved: list[Entry] = []
    settled: list[Invoice] = []
    for invoice, share in planned.shares:
        moved += _pay(booked, arrival, invoice, share)
        if invoice.id in booked.settled[-1:]:
            settled.append(invoice)
    if planned.rest.is_positive:
        moved += _to_balance(booked, arrival, planned.rest)
    if planned.rest.is_positive or len(settled) < len(planned.shares):
        booked.told.append(
            outbox.entry("payment.received", at=arrival.at, customer_id=arrival.customer_id, payment=arrival.ref)
        )
    booked.journal += posting.rows(moved, on=on, at=arrival.at, customer_id=arrival.customer_id, document=arrival.ref)
    for invoice in settled:
        facts = {"invoice": invoice.ref, "payment": arrival.ref}
        booked.told.append(outbox.entry("invoice.paid", at=arrival.at, customer_id=arrival.customer_id, **facts))
    return planned


def write(session: Session, booked: Booked) -> None:
    """Everything that was booked, in lists."""
    write_changes(session, list(booked.invoices.values()), lifecycle.WRITTEN)
    insert_rows(session, Payment, booked.payments)
    insert_rows(session, PaymentAllocation, booked.allocations)
    posting.post_rows(session, booked.journal)
    ledger.add_all(session, booked.balances)
    outbox.post_all(session, booked.told)
    audit.record_all(session, booked.deeds)


def _share(invoice: Invoice, paid: Money) -> Money:
    """What of the money its invoice takes: as much as is open, or was written off, in the same currency."""
    if invoice.status not in COLLECTABLE or invoice.currency != paid.currency:
        return Money.zero(paid.currency)
    owed = invoice.total_minor - invoice.paid_minor - invoice.credited_minor
    return min(paid, Money(owed, paid.currency))


def _pay(booked: Booked, arrival: Arrival, invoice: Invoice, share: Money) -> list[Entry]:
    """Late money takes a write-off back, as far as it goes."""
    recovered = Money(min(share.minor, invoice.written_off_minor), share.currency)
    invoice.written_off_minor -= recovered.minor
    booked.allocations.append(
        {
            "payment_id": arrival.payment_id,
            "invoice_id": invoice.id,
            "amount_minor": share.minor,
            "created_at": arrival.at,
        }
    )
    if lifecycle.mark_paid(invoice, share, at=arrival.at):
        booked.settled.append(invoice.id)
    booked.invoices[invoice.id] = invoice
    event = JournalEvent.PAYMENT_MATCHED if arrival.place is None else JournalEvent.PAYMENT_BOOKED
    return entries(JournalEvent.INVOICE_RECOVERED, recovered) + entries(event, share, arrival.place)


def _to_balance(booked: Booked, arrival: Arrival, rest: Money) -> list[Entry]:
    key = (arrival.customer_id, rest.currency)
    booked.balances[key] = booked.balances.get(key, 0) + rest.minor
    event = JournalEvent.PAYMENT_MATCHED_TO_BALANCE if arrival.place is None else JournalEvent.PAYMENT_OVERPAID
    return entries(event, rest, arrival.place)
