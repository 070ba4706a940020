"""Invoices with lines that explain themselves, the credit notes a rule issues, numbers, and rendered documents."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Choice, CurrencyCode, Day, Key, Minor, Moment, Ref, due_index, one_of, to
from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing.states import CreditNoteStatus, InvoiceStatus, NoteCause

INVOICE_KINDS = ("first", "period", "change", "final", "manual")
LINE_KINDS = ("plan", "addon", "usage", "unused_time", "discount", "manual", "tax")
UNISSUED_NOTES = "'draft', 'pending_approval', 'rejected'"
_OPEN = (
    "CASE WHEN status IN ('draft', 'void') THEN 0"
    " ELSE total_minor - paid_minor - credited_minor - written_off_minor END"
)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class NumberSeries(Base):
    """The next number of a series, taken last in the transaction that issues, so that no number is ever lost."""

    __tablename__ = "number_series"

    code: Mapped[str] = mapped_column(primary_key=True)
    next_number: Mapped[int]
    pattern: Mapped[str]


class Invoice(Base):
    """What a customer owes and why. Frozen once it has a number; what is open is computed by the database."""

    __tablename__ = "invoices"
    __table_args__ = (
        one_of("status", InvoiceStatus),
        CheckConstraint(f"kind IN ({_listed(INVOICE_KINDS)})", name="kind_known"),
        UniqueConstraint("series", "number"),
        CheckConstraint("(number IS NULL) = (status = 'draft')", name="numbered_when_issued"),
        CheckConstraint("total_minor = net_minor + tax_minor", name="total_adds_up"),
        CheckConstraint("open_minor >= 0", name="open_not_negative"),
        CheckConstraint("status <> 'paid' OR open_minor = 0", name="paid_means_nothing_open"),
        CheckConstraint("status <> 'void' OR paid_minor = 0", name="void_means_nothing_paid"),
        CheckConstraint("noted_minor BETWEEN 0 AND total_minor OR total_minor < 0", name="noted_at_most_total"),
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
        CheckConstraint("link_version > 0", name="link_version_counts"),
        Index(
            "ix_invoices_one_per_period",
            "subscription_id",
            "period_start_on",
            unique=True,
            postgresql_where=text("kind IN ('first', 'period') AND status <> 'void'"),
        ),
        Index("ix_invoices_customer", "customer_id", "id"),
        Index("ix_invoices_open", "customer_id", postgresql_where=text("status = 'issued'")),
        Index("ix_invoices_rare", "status", "id", postgresql_where=text("status IN ('draft', 'void', 'written_off')")),
        Index("ix_invoices_run", "run_id"),
        Index("ix_invoices_issued_on", "issued_on", "id"),
        Index(
            "ix_invoices_payment_reference",
            "payment_reference",
            unique=True,
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index("ix_invoices_listed", text("COALESCE(issued_on, '9999-12-31'::date)"), "id"),
        due_index("invoices"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers", index=False)
    subscription_id: Mapped[int | None] = to("subscriptions", nullable=True)
    quote_id: Mapped[int | None] = to("quotes", nullable=True)
    scheduled_change_id: Mapped[int | None] = to("scheduled_changes", nullable=True)
    run_id: Mapped[int | None] = to("billing_runs", index=False, nullable=True)
    kind: Mapped[str]
    status: Mapped[InvoiceStatus] = mapped_column(Choice(InvoiceStatus))
    series: Mapped[str]
    number: Mapped[int | None]
    label: Mapped[str | None]
    currency: Mapped[CurrencyCode]
    period_number: Mapped[int | None]
    period_start_on: Mapped[Day | None]
    period_end_on: Mapped[Day | None]
    issued_on: Mapped[Day | None]
    due_on: Mapped[Day | None]
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    total_minor: Mapped[Minor]
    paid_minor: Mapped[Minor]
    credited_minor: Mapped[Minor]
    noted_minor: Mapped[Minor]
    written_off_minor: Mapped[Minor]
    open_minor: Mapped[int] = mapped_column(BigInteger, Computed(_OPEN, persisted=True))
    parties: Mapped[dict[str, Any]]
    payment_reference: Mapped[str]
    link_version: Mapped[int] = mapped_column(server_default=text("1"))  # raised to make earlier pay links worthless
    memo: Mapped[str]
    created_at: Mapped[Moment]
    issued_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def open(self) -> Money:
        return Money(self.open_minor, self.currency)

    @property
    def collectable(self) -> Money:
        """What money may still come for: what is open, and what was written off."""
        return Money(self.open_minor + self.written_off_minor, self.currency)

    @property
    def period(self) -> Period | None:
        if self.period_start_on is None or self.period_end_on is None:
            return None
        return Period(self.period_start_on, self.period_end_on)


class InvoiceLine(Base):
    """One amount with its derivation. Taxes and discounts are lines that point at the line they belong to."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_listed(LINE_KINDS)})", name="kind_known"),
        UniqueConstraint("invoice_id", "position"),
        Index("ix_invoice_lines_unearned", "recognise_on", "id", postgresql_where=text("recognise_on IS NOT NULL")),
    )

    id: Mapped[Key]
    invoice_id: Mapped[int] = to("invoices", index=False)
    position: Mapped[int]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = to("invoice_lines", index=False, nullable=True)
    item_id: Mapped[int | None] = to("subscription_items", index=False, nullable=True)
    price_id: Mapped[int | None] = to("prices", index=False, nullable=True)
    tax_rate_id: Mapped[int | None] = to("tax_rates", index=False, nullable=True)
    text: Mapped[str]
    quantity: Mapped[int]
    unit_minor: Mapped[Minor]
    amount_minor: Mapped[Minor]
    from_on: Mapped[Day | None]
    until_on: Mapped[Day | None]
    derivation: Mapped[dict[str, Any]]
    recognise_on: Mapped[Day | None]  # the next day by whose evening a part of it is revenue; not of the content


class CreditNote(Base):
    """What is taken back of an invoice, with its own number once it is issued. The three places it goes to sum up.

    A rule issues its notes at once; what a person draws up is a draft first and may wait for a second person.
    """

    __tablename__ = "credit_notes"
    __table_args__ = (
        one_of("status", CreditNoteStatus),
        one_of("cause", NoteCause),
        UniqueConstraint("series", "number"),
        CheckConstraint(f"(number IS NULL) = (status IN ({UNISSUED_NOTES}))", name="numbered_when_issued"),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="issued_on_a_day"),
        CheckConstraint("number IS NOT NULL OR drafted_by IS NOT NULL", name="drafted_by_somebody"),
        CheckConstraint(
            "to_invoice_minor >= 0 AND to_balance_minor >= 0 AND to_refund_minor >= 0", name="places_known"
        ),
        CheckConstraint("total_minor > 0", name="total_positive"),
        CheckConstraint("to_invoice_minor + to_balance_minor + to_refund_minor = total_minor", name="places_sum_up"),
        Index("ix_credit_notes_customer", "customer_id", "id"),
        Index("ix_credit_notes_waiting", "status", "id", postgresql_where=text(f"status IN ({UNISSUED_NOTES})")),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    customer_id: Mapped[int] = to("customers", index=False)
    invoice_id: Mapped[int] = to("invoices")
    status: Mapped[CreditNoteStatus] = mapped_column(Choice(CreditNoteStatus))
    series: Mapped[str]
    number: Mapped[int | None]
    label: Mapped[str | None]
    cause: Mapped[NoteCause] = mapped_column(Choice(NoteCause))
    reason: Mapped[str]  # stands on the paper
    remark: Mapped[str]  # for staff only
    drafted_by: Mapped[int | None] = to("users", index=False, nullable=True)
    approval_id: Mapped[int | None] = to("approvals", nullable=True)
    currency: Mapped[CurrencyCode]
    issued_on: Mapped[Day | None]
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    total_minor: Mapped[Minor]
    to_invoice_minor: Mapped[Minor]
    to_balance_minor: Mapped[Minor]
    to_refund_minor: Mapped[Minor]
    parties: Mapped[dict[str, Any]]
    created_at: Mapped[Moment]

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


class CreditNoteLine(Base):
    """A part of one invoice line that is taken back."""

    __tablename__ = "credit_note_lines"
    __table_args__ = (UniqueConstraint("credit_note_id", "position"),)

    id: Mapped[Key]
    credit_note_id: Mapped[int] = to("credit_notes", index=False)
    position: Mapped[int]
    invoice_line_id: Mapped[int] = to("invoice_lines")
    amount_minor: Mapped[Minor]
    derivation: Mapped[dict[str, Any]]


class Document(Base):
    """A rendered paper. Its bytes are a file named by its digest, made again from the frozen row when missing."""

    __tablename__ = "documents"

    subject: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    renderer: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str | None]
    size: Mapped[int]
    created_at: Mapped[Moment]
    next_action_at: Mapped[Moment | None] = mapped_column(index=True)


class PrintRun(Base):
    """Letters that were printed together, in postal order. Its file can be made again at any time."""

    __tablename__ = "print_runs"
    __table_args__ = (
        CheckConstraint("status IN ('printing', 'printed')", name="status_known"),
        CheckConstraint("(status = 'printing') = (next_action_at IS NOT NULL)", name="printing_waits"),
        CheckConstraint("(status = 'printed') = (digest IS NOT NULL)", name="printed_has_a_file"),
        due_index("print_runs"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    status: Mapped[str]
    made_by: Mapped[str]
    letters: Mapped[int]
    pages: Mapped[int]
    digest: Mapped[str | None]
    created_at: Mapped[Moment]
    printed_at: Mapped[Moment | None]
    next_action_at: Mapped[Moment | None]


class PostLetter(Base):
    """An invoice that goes by post. It waits for a run, and belongs to one for ever."""

    __tablename__ = "post_letters"
    __table_args__ = (
        CheckConstraint("(print_run_id IS NULL) = (position IS NULL)", name="placed_in_a_run"),
        UniqueConstraint("print_run_id", "position"),
        Index("ix_post_letters_waiting", "invoice_id", postgresql_where=text("print_run_id IS NULL")),
    )

    invoice_id: Mapped[int] = to("invoices", index=False, key=True)
    print_run_id: Mapped[int | None] = to("print_runs", index=False, nullable=True)
    position: Mapped[int | None]
