"""Give a refund that cannot go back to where it came from the payer's bank account."""

import re
from datetime import datetime

from portal.actions import _refund_asking, _refunding
from portal.core import tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.secrets import vault
from portal.payments import refunds
from portal.payments.refund_states import RefundEvent

_NUMBER = re.compile(r"[0-9]{6,20}")
_BANK = re.compile(r"[A-Za-z0-9]{1,20}")


def give_bank_details(refund_ref: str, *, number: str, bank: str, actor: Actor, at: datetime) -> None:
    """Keep them sealed until the gateway has taken them; a worker passes them on. Raises MoveRefused, Invalid."""
    number, bank = number.replace(" ", ""), bank.strip()
    if not _NUMBER.fullmatch(number):
        raise Invalid("An account number has 6 to 20 digits.", field="number")
    if not _BANK.fullmatch(bank):
        raise Invalid("Give the bank by its number at the gateway.", field="bank")
    with transaction() as session:
        refund = _refund_asking.locked(session, refunds.by_ref(session, refund_ref).id)
        refunds.move(refund, RefundEvent.ANSWERED, at=at, next_action_at=at)
        refund.bank_details = vault().seal(f"{number}\n{bank}", place=_refund_asking.details_place(refund))
        refund.queries = refund.misses = 0
        tasks.close_task(session, "refund_needs_details", refund.ref, by=actor.name, at=at)
        _refunding.record_deed(session, refund, "refund.details_given", actor=actor, at=at, last_digits=number[-2:])
