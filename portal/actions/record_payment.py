"""Staff record money that came to a bank account: for one invoice or many, in part, or more than is owed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _recording, _recording_asked, _wires
from portal.actions._recording import Hand
from portal.actions._wires import Part
from portal.banking.receipts import Wire
from portal.core import business as businesses
from portal.core import once
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import transaction
from portal.customers import queries as customers
from portal.identity import approvals

SCOPE = "record_payment"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The reference of the payment, or of the request for a second person."""

    ref: str

    @property
    def waits(self) -> bool:
        return self.ref.startswith("apr_")


def recorded_before(session: Session, customer_id: int, form_key: str) -> Recorded | None:
    """What came of the form when it was sent first."""
    done = once.answered(session, SCOPE, _key(customer_id, form_key))
    return Recorded(done) if done is not None else None


def record_payment(
    customer_id: int,
    wire: Wire,
    parts: Sequence[Part],
    *,
    seen: Collection[str] = (),
    form_key: str = "",
    actor: Actor,
    at: datetime,
) -> Recorded:
    """Book it, pay the invoices of `parts` (the oldest due day first), and put what is left on the balance.

    The same form sent twice books once. Raises NeedsALook with what is not among the names `seen`, Invalid with the
    field, AccountNotOpen, NotFound. Above a limit that a role of the actor sets, a second person is asked.
    """
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        key = _key(customer_id, form_key)
        done = once.answered(session, SCOPE, key)
        if done is not None:
            return Recorded(done)
        hand = Hand(actor, at, businesses.read(session), key)
        account = _wires.account_for(session, wire, business=hand.business, at=at)
        chosen = _wires.wanted(session, customer, parts, wire.amount.currency)
        found = _wires.questions(session, account, wire, chosen)
        _wires.require_looked_at(found, seen)
        if approvals.is_above_set_limit(session, actor, wire.amount):
            ref = _recording_asked.ask(session, customer, wire, parts, hand=hand)
        else:
            ref = _recording.book(session, account, wire, customer, chosen, hand=hand)
        once.keep(session, SCOPE, key, answer=ref, at=at)
        crash_point("payment.recording")
    crash_point("payment.recorded")
    return Recorded(ref)


def _key(customer_id: int, form_key: str) -> str:
    """A form is of one customer, whatever key it was sent with."""
    return f"{customer_id}:{form_key}" if form_key else ""
