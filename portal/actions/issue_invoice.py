"""An invoice that staff write by hand: issued at once, with the taxes the rules say, and collected like any other."""

from datetime import datetime

from portal.actions import _billing, _by_hand
from portal.actions._by_hand import Written
from portal.core import business as businesses
from portal.core import once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.invoicing.lifecycle import Order
from portal.payments.states import AttemptTrigger


def issue_invoice(customer_id: int, written: Written, *, form_key: str = "", actor: Actor, at: datetime) -> str:
    """Number and freeze it; the customer's balance is spent on it; its reference.

    It belongs to no subscription, so no stored card is charged for it: the customer pays by its due day. A form that
    is sent twice gets the same answer. Raises Invalid with the field, TaxMissing where no rule says how to tax a line.
    """
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        before = once.answered(session, "issue_invoice", form_key)
        if before is not None:
            return before
        draft = _by_hand.drafted(session, customer, written, at=at)
        customer.currency = written.currency
        issued = _billing.bill(
            session,
            [Order(draft, customer, due_days=written.due_days)],
            trigger=AttemptTrigger.STAFF,
            business=businesses.read(session),
            actor=actor,
            at=at,
        )
        once.keep(session, "issue_invoice", form_key, answer=issued[0].ref, at=at)
        return issued[0].ref
