"""A worker killed with -9 while our answer to a bank is on its way: the bank hears it once."""

import pytest

from portal.actions.answer_dispute import answer_dispute, note_on_dispute
from portal.actions.resolve_disputes import hear_of_dispute
from portal.core.actors import Actor
from portal.payments.models import Payment
from portal.payments.refund_models import Dispute

RULE = Actor.system("story")


@pytest.fixture
def disputed(house):
    """A payment that the gateway truly took, and that its payer's bank wants back."""
    rig = house.rig
    (attempt,) = rig.waiting(1)
    rig.charge()
    told = rig.twin.web.post(f"{rig.twin.url}/_twin/disputes", json={"reference": attempt.reference}).json()
    hear_of_dispute(rig.account.id, str(told["id"]), actor=RULE, at=rig.at)
    house.forget_the_past()
    return rig.make.one(Dispute)


@pytest.mark.parametrize("place", ["dispute.answering", "dispute.answered"])
def test_killed_while_contesting(house, disputed, place):
    rig = house.rig
    note_on_dispute(disputed.ref, "service", "312 sign-ins", actor=RULE, at=rig.at)
    answer_dispute(disputed.ref, accepts=False, text="They use it daily.", actor=RULE, at=rig.at)
    house.dies("news", place)
    assert len(rig.twin.deeds("dispute_contested")) == (0 if place == "dispute.answering" else 1)
    house.live(minutes=10)
    assert len(rig.twin.deeds("dispute_contested")) == 1
    assert str(rig.make.one(Dispute).status) == "under_review"
    assert rig.count(Payment, Payment.reversed_minor > 0) == 0
