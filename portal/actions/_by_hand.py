"""An invoice in a person's own words: what may stand on it, and its draft. Steps; none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.days import day
from portal.core.errors import Invalid, Refused
from portal.core.money import CURRENCIES
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Draft, ManualLine

MOST_LINES = 100
LONGEST_TEXT = 300
MOST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written down: the lines, all in `currency`, days until it is due, and words to the customer."""

    lines: Sequence[ManualLine]
    currency: str
    due_days: int
    memo: str = ""


def drafted(session: Session, customer: Customer, written: Written, *, at: datetime) -> Draft:
    """With the taxes that the rules say today. Raises Invalid with the field, TaxMissing where no rule is there."""
    _require_sound(written)
    if customer.currency not in (None, written.currency):
        raise Refused("This customer is billed in %(currency)s. Nothing was issued.", currency=customer.currency)
    buyer = invoicing.buyer(customer, invoicing.tax_book(session))
    draft = drafting.by_hand(buyer, written.lines, written.currency, day(at, customer.zone), memo=written.memo)
    if not draft.total.is_positive:
        raise Invalid("The sum of an invoice is more than nothing.", field="lines")
    return draft


def _require_sound(written: Written) -> None:
    if written.currency not in CURRENCIES:
        raise Invalid("There is no such currency.", field="currency")
    if not 0 <= written.due_days <= MOST_DAYS:
        raise Invalid("An invoice is due within %(most)s days.", field="due_days", most=MOST_DAYS)
    if not 1 <= len(written.lines) <= MOST_LINES:
        raise Invalid("An invoice has between 1 and %(most)s lines.", field="lines", most=MOST_LINES)
    for line in written.lines:
        if not line.text.strip() or len(line.text) > LONGEST_TEXT:
            raise Invalid(
                "Each line says what it is for, in at most %(most)s characters.", field="text", most=LONGEST_TEXT
            )
        if not 1 <= line.quantity <= 1_000_000:
            raise Invalid("A quantity is between 1 and 1,000,000.", field="quantity")
        if line.unit.currency != written.currency:
            raise Invalid("Every line is in %(currency)s.", field="unit", currency=written.currency)
