"""An invoice that staff write by hand: issued at once, with the taxes the rules say, and collected like any other."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _billing
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import day
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.money import CURRENCIES
from portal.customers import queries as customers
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import ManualLine
from portal.invoicing.lifecycle import Order
from portal.payments.states import AttemptTrigger

MOST_LINES = 100
LONGEST_TEXT = 300
MOST_DAYS = 365


def issue_invoice(
    customer_id: int,
    lines: Sequence[ManualLine],
    *,
    currency: str,
    due_days: int,
    memo: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Number and freeze it; the customer's balance is spent on it; its reference.

    It belongs to no subscription, so no stored card is charged for it: the customer pays by its due day. Raises
    Invalid with the field, TaxMissing where no rule says how to tax a line.
    """
    _require_sound(lines, currency, due_days)
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        if customer.currency not in (None, currency):
            raise Refused(f"This customer is billed in {customer.currency}. Nothing was issued.")
        customer.currency = currency
        buyer = invoicing.buyer(customer, invoicing.tax_book(session))
        draft = drafting.by_hand(buyer, lines, currency, day(at, customer.zone), memo=memo)
        if not draft.total.is_positive:
            raise Invalid("The sum of an invoice is more than nothing.", field="lines")
        issued = _billing.bill(
            session,
            [Order(draft, customer, due_days=due_days)],
            trigger=AttemptTrigger.STAFF,
            business=businesses.read(session),
            actor=actor,
            at=at,
        )
        return issued[0].ref


def _require_sound(lines: Sequence[ManualLine], currency: str, due_days: int) -> None:
    if currency not in CURRENCIES:
        raise Invalid("There is no such currency.", field="currency")
    if not 0 <= due_days <= MOST_DAYS:
        raise Invalid(f"An invoice is due within {MOST_DAYS} days.", field="due_days")
    if not 1 <= len(lines) <= MOST_LINES:
        raise Invalid(f"An invoice has between 1 and {MOST_LINES} lines.", field="lines")
    for line in lines:
        if not line.text.strip() or len(line.text) > LONGEST_TEXT:
            raise Invalid(f"Each line says what it is for, in at most {LONGEST_TEXT} characters.", field="text")
        if not 1 <= line.quantity <= 1_000_000:
            raise Invalid("A quantity is between 1 and 1,000,000.", field="quantity")
        if line.unit.currency != currency:
            raise Invalid(f"Every line is in {currency}.", field="unit")
