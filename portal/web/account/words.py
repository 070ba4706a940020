"""How plans, intervals, methods and tries are said to customers."""

from datetime import date

from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.gateways.base import DECLINE_SENTENCES, DeclineKind
from portal.invoicing.models import CreditNote
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.receipts import method_words
from portal.payments.states import IN_DOUBT, AttemptKind, AttemptStatus
from portal.reporting.forecast import Part
from portal.web.filters import written
from portal.web.wording import gettext as _
from portal.web.wording import language


def paid_every(interval: Interval) -> str:
    """How often it is paid, after a plan's name: "paid monthly", "paid every 3 months"."""
    number = interval.count
    if number == 1:
        return {
            Unit.DAY: _("paid daily"),
            Unit.WEEK: _("paid weekly"),
            Unit.MONTH: _("paid monthly"),
            Unit.YEAR: _("paid yearly"),
        }[interval.unit]
    return {
        Unit.DAY: _("paid every %(n)s days", n=number),
        Unit.WEEK: _("paid every %(n)s weeks", n=number),
        Unit.MONTH: _("paid every %(n)s months", n=number),
        Unit.YEAR: _("paid every %(n)s years", n=number),
    }[interval.unit]


def each(interval: Interval) -> str:
    """For which time an amount is, after it: "a month", "every 3 months"."""
    number = interval.count
    if number == 1:
        return {
            Unit.DAY: _("a day"),
            Unit.WEEK: _("a week"),
            Unit.MONTH: _("a month"),
            Unit.YEAR: _("a year"),
        }[interval.unit]
    return {
        Unit.DAY: _("every %(n)s days", n=number),
        Unit.WEEK: _("every %(n)s weeks", n=number),
        Unit.MONTH: _("every %(n)s months", n=number),
        Unit.YEAR: _("every %(n)s years", n=number),
    }[interval.unit]


def plan_said(part: Part) -> str:
    """A plan with its quantity, if there is more than one of it: "Team", "Team × 5"."""
    return part.plan.name if part.quantity == 1 else f"{part.plan.name} × {written().count(part.quantity)}"


def method_said(method: PaymentMethod) -> str:
    """ "Visa ending 4081"."""
    return method_words(method.kind, method.brand, method.last4, language())


def note_said(note: CreditNote) -> str:
    """Where a credit note's money went: "₦2,375.00 to your balance, ₦3,000.00 back to you"."""
    places = [
        (note.to_invoice_minor, _("%(sum)s off this invoice")),
        (note.to_balance_minor, _("%(sum)s to your balance")),
        (note.to_refund_minor, _("%(sum)s back to you")),
    ]
    said = [text % {"sum": written().money(Money(minor, note.currency))} for minor, text in places if minor]
    return ", ".join(said)


def sign_of(method: PaymentMethod) -> str:
    """What stands on the little sign beside it: VISA, MC, CARD."""
    brand = method.brand.upper()
    return {"MASTERCARD": "MC", "AMERICAN EXPRESS": "AMEX"}.get(brand, brand[:5]) or method.kind.upper()[:5]


def expires_said(expires_on: date | None) -> str:
    return _("Expires %(month)s", month=f"{expires_on:%m/%Y}") if expires_on else ""


def condition(method: PaymentMethod, today: date, notice_days: int = 30) -> str:
    """A key of the looks of methods: valid, expiring, expired, failing."""
    if method.is_refused:
        return "failing"
    if method.expires_on is None or (method.expires_on - today).days > notice_days:
        return "valid"
    return "expired" if method.expires_on < today else "expiring"


def decline_said(kind: str | None) -> str:
    """Why the bank refused, in plain words; empty when it did not say."""
    return _(DECLINE_SENTENCES[DeclineKind(kind)]) if kind in set(DeclineKind) else ""


def is_checking(attempt: Attempt | None) -> bool:
    """Is a charge on its way whose outcome nobody knows yet? A page that waits for the customer is none."""
    if attempt is None:
        return False
    is_charge = attempt.kind == AttemptKind.CHARGE
    return attempt.status in IN_DOUBT or (is_charge and attempt.status is AttemptStatus.WAITING)


def mid_sentence(name: str) -> str:
    """A name as it stands within a sentence: "interaction credits", but "API calls"."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
