"""Money came to a bank account and nobody knows yet whose it is: it is in the books all the same."""

from collections.abc import Collection
from datetime import datetime

from portal.actions import _recording, _wires
from portal.actions._recording import Hand
from portal.banking.receipts import Wire
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import transaction


def record_unmatched(wire: Wire, *, seen: Collection[str] = (), form_key: str = "", actor: Actor, at: datetime) -> str:
    """Book it and ask a person whose it is; the payment's reference. The same form sent twice books once.

    Raises NeedsALook with what is not among the names `seen`, Invalid with the field, AccountNotOpen.
    """
    with transaction() as session:
        hand = Hand(actor, at, businesses.read(session), form_key)
        account = _wires.account_for(session, wire, business=hand.business, at=at)
        done = _recording.recorded_under(session, form_key)
        if done is not None:
            return done
        _wires.require_looked_at(_wires.questions(session, account, wire, []), seen)
        return _recording.book_unmatched(session, account, wire, hand=hand)
