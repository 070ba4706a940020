"""Whoever approves is killed in the middle: nothing was done, or all of it once, and it can be approved again."""

import multiprocessing
import os
import signal
from datetime import datetime

import pytest

from jobs.app import installed
from portal.actions.decide_approval import AlreadyDecided, decide_approval
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.core.actors import Actor
from portal.core.money import Money
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.models import CreditNote
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.payments.refund_models import Refund
from tests.jobs.conftest import environment
from tests.people import make_user

NURSERY = multiprocessing.get_context("forkserver")


def decide(environ: dict[str, str], ref: str, user_id: int, at: datetime) -> None:
    os.environ.update(environ)
    with installed():
        decide_approval(ref, Decision.APPROVED, reason="", actor=Actor.staff(user_id, "Bayo"), at=at)


@pytest.mark.parametrize("place", ["C-26", "C-27"])
def test_killed_between_the_decision_and_the_deed_nothing_was_done_and_it_is_done_once(house, session, place):
    rig = house.rig
    ada, bayo = (make_user(session, "billing").id for _ in range(2))
    invoice = rig.make.invoice(rig.subscription())
    zero, amount = Money.zero("NGN"), Money(1_000_00, "NGN")
    wish = NoteWish({1: amount}, Places(zero, zero, amount), NoteCause.AGREED, "As agreed")
    propose_credit_note(invoice.ref, wish, submit=True, actor=Actor.staff(ada, "Ada"), at=rig.at)
    (approval,) = rig.all(Approval)
    killed = NURSERY.Process(
        target=decide,
        args=(environment(house.settings) | {"CRASH_PLAN": f"{place}:1:kill"}, approval.ref, bayo, rig.at),
    )
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert rig.all(CreditNote.status) == ["pending_approval"]
    assert rig.all(Approval.decision) == [None]
    assert rig.count(Refund) == 0
    me = Actor.staff(bayo, "Bayo")
    decide_approval(approval.ref, Decision.APPROVED, reason="", actor=me, at=rig.at)
    with pytest.raises(AlreadyDecided):
        decide_approval(approval.ref, Decision.APPROVED, reason="", actor=me, at=rig.at)
    assert rig.all(CreditNote.number) == [1]
    assert rig.all(Refund.status) == ["approved"]
    (approval,) = rig.all(Approval)
    assert approval.executed_digest == approval.digest
