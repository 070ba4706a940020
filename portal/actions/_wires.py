"""What is looked at before money of a bank account is booked: the account, the invoices, and what may be the same.

Steps; the caller holds the customer's lock (where there is one), then takes the bank account's here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions._placing import Wanted
from portal.banking import accounts, receipts
from portal.banking.models import BankAccount
from portal.banking.receipts import Wire
from portal.banking.states import BankAccountStatus
from portal.core.business import Business
from portal.core.days import day
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import queries
from portal.payments.states import AttemptKind, AttemptStatus


class AccountNotOpen(Refused):
    """Money cannot have come to an account that is not open."""

    code = "bank_account_not_open"


@dataclass(frozen=True, slots=True)
class Part:
    """An invoice that the money is for: `most` of it at the most, what is open where nothing is said."""

    invoice_ref: str
    most: Money | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person should look at before money is booked: an `alike` payment, or a `charge` that is under way.

    `ref` is of the payment or the attempt.
    """

    kind: str
    ref: str
    amount: Money
    on: date | None = None
    invoice: str = ""

    @property
    def name(self) -> str:
        """As a form says that it was looked at."""
        return f"{self.kind}:{self.ref}"


class NeedsALook(Refused):
    """This may be booked already, or is being collected just now. Nothing was recorded."""

    code = "needs_a_look"

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("This may be recorded already, or is being collected just now. Nothing was recorded.")
        self.questions = tuple(questions)


def account_for(session: Session, wire: Wire, *, business: Business, at: datetime) -> BankAccount:
    """The wire's account, locked, and all that can be wrong with the wire looked at. Raises Invalid, AccountNotOpen."""
    account = accounts.lock(session, wire.account_ref)
    require_fit(wire, account, business=business, at=at)
    return account


def require_fit(wire: Wire, account: BankAccount, *, business: Business, at: datetime) -> None:
    receipts.require_sound(wire, today=day(at, business.zone))
    if account.status is not BankAccountStatus.OPEN:
        raise AccountNotOpen("This bank account is not open. Nothing was recorded.")
    if account.currency != wire.amount.currency:
        raise Invalid("This account holds %(currency)s.", field="amount", currency=account.currency)


def wanted(session: Session, customer: Customer, parts: Sequence[Part], currency: str) -> list[Wanted]:
    """The customer's own invoices that the money is for, as they are now, the oldest due day first."""
    if customer.currency not in (None, currency):
        raise Invalid("This customer is billed in %(currency)s.", field="account", currency=customer.currency)
    by_ref = {part.invoice_ref: part for part in parts}
    rows = session.scalars(
        select(Invoice)
        .where(Invoice.ref.in_(list(by_ref)), Invoice.customer_id == customer.id)
        .where(Invoice.status != InvoiceStatus.DRAFT)
        .order_by(Invoice.due_on, Invoice.id)
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) != len(by_ref):
        raise NotFound("There is no such invoice of this customer.")
    return [Wanted(invoice, by_ref[invoice.ref].most) for invoice in rows]


def questions(session: Session, account: BankAccount, wire: Wire, chosen: Sequence[Wanted]) -> list[Question]:
    """What somebody should look at first: the same credit again, a charge of the same invoice on its way."""
    found = [
        Question("alike", payment.ref, payment.amount, receipt.value_on)
        for payment, receipt in receipts.alike(session, account, wire)
    ]
    live = queries.live_attempts(session, [one.invoice.id for one in chosen])
    labels = {one.invoice.id: one.invoice.label or "" for one in chosen}
    found += [
        Question("charge", attempt.reference, attempt.amount, invoice=labels[invoice_id])
        for invoice_id, attempt in sorted(live.items())
        if attempt.kind == AttemptKind.CHARGE and attempt.status is not AttemptStatus.WAITING
    ]
    return found


def require_looked_at(found: Sequence[Question], seen: Collection[str]) -> None:
    """Raises NeedsALook with what is not among the names in `seen`."""
    left = [one for one in found if one.name not in seen]
    if left:
        raise NeedsALook(left)
