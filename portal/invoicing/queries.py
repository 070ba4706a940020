"""Finding invoices, and what drafting needs to know."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from portal.catalogue import models as catalogue
from portal.catalogue.queries import terms_of
from portal.core.bulk import among
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.periods import Period
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing.drafts import Buyer, ChargedLine, PricedItem, TaxBook
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from portal.invoicing.states import CreditNoteStatus, InvoiceKind, InvoiceStatus, LineKind
from portal.invoicing.taxes import TaxRate, TaxRule, Treatment
from portal.subscriptions.models import SubscriptionItem
from portal.subscriptions.queries import Item

_RULES = select(
    catalogue.TaxRule.country,
    catalogue.TaxRule.rate_codes,
    catalogue.TaxRule.from_on,
    catalogue.TaxRule.customer_class,
    catalogue.TaxRule.product_class,
    catalogue.TaxRule.treatment,
)
_RATES = select(
    catalogue.TaxRate.code,
    catalogue.TaxRate.ppm,
    catalogue.TaxRate.from_on,
    catalogue.TaxRate.id,
    catalogue.TaxRate.name,
)


def by_ref(session: Session, ref: str) -> Invoice:
    return _found(session.scalar(select(Invoice).where(Invoice.ref == ref)))


def with_id(session: Session, invoice_id: int) -> Invoice:
    """For reading what another row of the same customer points at."""
    return session.get_one(Invoice, invoice_id)


def with_customer(session: Session, ref: str) -> tuple[Invoice, Customer]:
    """For reading an invoice in the language and zone of whom it is for."""
    wanted = select(Invoice, Customer).join(Customer, Customer.id == Invoice.customer_id).where(Invoice.ref == ref)
    row = session.execute(wanted).first()
    if row is None:
        raise NotFound("There is no such invoice.")
    return row[0], row[1]


def of_customer(session: Session, customer_id: int, ref: str) -> Invoice:
    """The customer's own issued invoice; another's, or a draft, is not found."""
    mine = select(Invoice).where(
        Invoice.ref == ref, Invoice.customer_id == customer_id, Invoice.status != InvoiceStatus.DRAFT
    )
    return _found(session.scalar(mine))


def lock(session: Session, ref: str) -> tuple[Customer, Invoice]:
    """The invoice's customer, locked, and the invoice as it is after that."""
    customer_id = session.scalar(select(Invoice.customer_id).where(Invoice.ref == ref))
    if customer_id is None:
        raise NotFound("There is no such invoice.")
    customer = customers.lock(session, customer_id)
    invoice = session.scalars(select(Invoice).where(Invoice.ref == ref).execution_options(populate_existing=True)).one()
    return customer, invoice


def lines_of(session: Session, invoice_ids: Iterable[int]) -> list[InvoiceLine]:
    """The lines in the order in which they are printed."""
    wanted = select(InvoiceLine).where(InvoiceLine.invoice_id.in_(list(invoice_ids)))
    return list(session.scalars(wanted.order_by(InvoiceLine.invoice_id, InvoiceLine.position)))


def open_of_customer(session: Session, customer_id: int, *, currency: str | None = None) -> list[Invoice]:
    """What the customer has to pay, the oldest due day first."""
    wanted = select(Invoice).where(Invoice.customer_id == customer_id, Invoice.status == InvoiceStatus.ISSUED)
    if currency is not None:
        wanted = wanted.where(Invoice.currency == currency)
    return list(session.scalars(wanted.order_by(Invoice.due_on, Invoice.id)))


def issued_alike(session: Session, customer_id: int, total: Money, *, since: date) -> Invoice | None:
    """The latest invoice that the customer got since a day over just this sum and that stands."""
    return session.scalar(
        select(Invoice)
        .where(
            Invoice.customer_id == customer_id,
            Invoice.currency == total.currency,
            Invoice.total_minor == total.minor,
            Invoice.issued_on >= since,
            Invoice.status != InvoiceStatus.VOID,
        )
        .order_by(Invoice.id.desc())
        .limit(1)
    )


def of_change(session: Session, change_id: int) -> Invoice | None:
    """The invoice that a scheduled change waits for, as it is now."""
    wanted = select(Invoice).where(Invoice.scheduled_change_id == change_id, Invoice.status != InvoiceStatus.VOID)
    return session.scalar(wanted.order_by(Invoice.id.desc()).limit(1).execution_options(populate_existing=True))


def of_quote(session: Session, quote_id: int) -> Invoice | None:
    """The invoice that followed from an accepted quote, if it cost anything."""
    return session.scalar(select(Invoice).where(Invoice.quote_id == quote_id).order_by(Invoice.id.desc()).limit(1))


def open_of_subscription(session: Session, subscription_id: int) -> list[Invoice]:
    """What is open of one subscription, the oldest first, as it is now."""
    wanted = select(Invoice).where(Invoice.subscription_id == subscription_id, Invoice.status == InvoiceStatus.ISSUED)
    return list(session.scalars(wanted.order_by(Invoice.id).execution_options(populate_existing=True)))


def credit_notes_of(session: Session, invoice_id: int) -> list[CreditNote]:
    """Those that are issued, the oldest first."""
    wanted = select(CreditNote).where(CreditNote.invoice_id == invoice_id, CreditNote.status == CreditNoteStatus.ISSUED)
    return list(session.scalars(wanted.order_by(CreditNote.id)))


def noted(session: Session, line_ids: Sequence[int]) -> dict[int, int]:
    """What issued credit notes took back of each line; negative for lines that had given back themselves."""
    rows = session.execute(
        select(CreditNoteLine.invoice_line_id, func.sum(CreditNoteLine.amount_minor))
        .join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        .where(CreditNoteLine.invoice_line_id.in_(list(line_ids)), CreditNote.status == CreditNoteStatus.ISSUED)
        .group_by(CreditNoteLine.invoice_line_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def tax_book(session: Session) -> TaxBook:
    """Every rule and rate there is: a few dozen rows, read once per deed or batch."""
    rules, rates = session.execute(_RULES), session.execute(_RATES)
    return TaxBook(
        [TaxRule(row[0], tuple(row[1]), row[2], row[3], row[4], Treatment(row[5])) for row in rules],
        [TaxRate(row[0], row[1], row[2], row[3], row[4]) for row in rates],
    )


def priced(rows: Iterable[Item]) -> list[PricedItem]:
    """The live items of a subscription as drafting takes them."""
    return [
        PricedItem(
            item_id=row.item.id,
            price_id=row.price.id,
            plan_id=row.plan.id,
            plan_name=row.plan.name,
            kind=row.plan.kind,
            product_class=row.plan.product_class,
            terms=terms_of(row.price),
            tax_inclusive=row.price.tax_inclusive,
            quantity=row.item.quantity,
        )
        for row in rows
    ]


def buyer(customer: Customer, book: TaxBook) -> Buyer:
    return Buyer(customer.id, customer.country, customer.class_, customer.is_tax_exempt, book)


def charged_lines(
    session: Session, subscription_id: int, on: date, *, price_ids: Sequence[int] | None = None
) -> list[ChargedLine]:
    """The lines whose service reaches beyond `on` and that no switch has given back yet, with their taxes.

    `price_ids` restricts them to what is being left. Voided invoices do not count.
    """
    wanted = (
        select(InvoiceLine)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            Invoice.subscription_id == subscription_id,
            Invoice.status.in_([InvoiceStatus.ISSUED, InvoiceStatus.PAID]),
            InvoiceLine.kind.in_([LineKind.PLAN, LineKind.ADDON]),
            InvoiceLine.until_on > on,
            ~_is_given_back(),
        )
        .order_by(InvoiceLine.id)
    )
    if price_ids is not None:
        wanted = wanted.where(InvoiceLine.price_id.in_(list(price_ids)))
    lines = list(session.scalars(wanted))
    taxes = session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.parent_id.in_([line.id for line in lines]), InvoiceLine.kind == LineKind.TAX)
        .order_by(InvoiceLine.id)
    ).all()
    noted = _credited_by_notes(session, [line.id for line in lines])
    currency = _currency(session, subscription_id) if lines else ""
    return [
        _charged(line, [tax for tax in taxes if tax.parent_id == line.id], currency)
        for line in lines
        if line.id not in noted
    ]


def _is_given_back() -> ColumnElement[bool]:
    """Has a switch given the line back, on an invoice that was not voided?"""
    returned, returning = aliased(InvoiceLine), aliased(Invoice)
    return (
        exists()
        .where(returned.parent_id == InvoiceLine.id, returned.kind == LineKind.UNUSED_TIME)
        .where(returning.id == returned.invoice_id, returning.status != InvoiceStatus.VOID)
    )


def usual_totals(session: Session, subscription_ids: Sequence[int]) -> dict[int, int]:
    """The median of each subscription's period invoices, in minor units: what a stop line measures against.

    Only since it has the items it has now: after a change that somebody accepted, other amounts are usual.
    """
    median = func.percentile_disc(0.5).within_group(Invoice.total_minor)
    has_since = (
        select(func.max(SubscriptionItem.from_on))
        .where(SubscriptionItem.subscription_id == Invoice.subscription_id, SubscriptionItem.until_on.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Invoice.subscription_id, median)
        .where(
            among(Invoice.subscription_id, subscription_ids),
            Invoice.kind.in_([InvoiceKind.FIRST, InvoiceKind.PERIOD]),
            Invoice.status.in_([InvoiceStatus.ISSUED, InvoiceStatus.PAID]),
            Invoice.period_start_on >= has_since,
        )
        .group_by(Invoice.subscription_id)
    )
    return {subscription_id: total for subscription_id, total in rows if subscription_id is not None}


def _charged(line: InvoiceLine, taxes: Sequence[InvoiceLine], currency: str) -> ChargedLine:
    assert line.from_on is not None  # noqa: S101  (a plan's or add-on's line has all three)
    assert line.until_on is not None  # noqa: S101
    assert line.price_id is not None  # noqa: S101
    return ChargedLine(
        line.id,
        line.price_id,
        line.text,
        line.quantity,
        Money(line.amount_minor, currency),
        Period(line.from_on, line.until_on),
        tuple((tax.id, tax.tax_rate_id, tax.text, Money(tax.amount_minor, currency)) for tax in taxes),
    )


def _credited_by_notes(session: Session, line_ids: Sequence[int]) -> set[int]:
    from_notes = (
        select(CreditNoteLine.invoice_line_id)
        .join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        .where(CreditNoteLine.invoice_line_id.in_(list(line_ids)), CreditNote.status == CreditNoteStatus.ISSUED)
    )
    return set(session.scalars(from_notes))


def _currency(session: Session, subscription_id: int) -> str:
    found = session.scalar(select(Invoice.currency).where(Invoice.subscription_id == subscription_id).limit(1))
    return str(found)


def _found(invoice: Invoice | None) -> Invoice:
    if invoice is None:
        raise NotFound("There is no such invoice.")
    return invoice
