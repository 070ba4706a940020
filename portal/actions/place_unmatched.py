"""The owner of money is known now: it pays their invoices, and what is left is theirs."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _recording, _wires
from portal.actions._recording import Hand
from portal.actions._wires import Part
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.payments import queries


def place_unmatched(payment_ref: str, customer_id: int, parts: Sequence[Part], *, actor: Actor, at: datetime) -> None:
    """Give it to the customer and pay the invoices of `parts`, the oldest due day first. Theirs already: nothing.

    Raises NotUnmatched where it belongs to somebody else or was taken back.
    """
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        payment = queries.payment_by_ref(session, payment_ref)
        if payment.customer_id == customer_id:
            return
        chosen = _wires.wanted(session, customer, parts, payment.currency)
        hand = Hand(actor, at, businesses.read(session))
        _recording.place(session, payment_ref, customer, chosen, hand=hand)
