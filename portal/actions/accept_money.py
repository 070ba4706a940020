"""Staff say whose the money is that came to us: it pays invoices, and what is left is the customer's."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _proving, _recording, _wires
from portal.actions._recording import Hand
from portal.actions._wires import Part
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.payments import queries


def accept_money(payment_ref: str, customer_ref: str, parts: Sequence[Part], *, actor: Actor, at: datetime) -> None:
    """Give it to the customer and pay the invoices of `parts`; a proof of this transfer is accepted with it.

    Theirs already: nothing. Raises NotUnmatched where somebody else was quicker with another answer.
    """
    with transaction() as session:
        customer = customers.lock(session, customers.by_ref(session, customer_ref).id)
        payment = queries.payment_by_ref(session, payment_ref)
        if payment.customer_id == customer.id:
            return
        chosen = _wires.wanted(session, customer, parts, payment.currency)
        _recording.place(session, payment_ref, customer, chosen, hand=Hand(actor, at, businesses.read(session)))
        _proving.accept_what_is_shown(session, payment, [one.invoice for one in chosen], actor=actor, at=at)
        crash_point("money.accepting")
