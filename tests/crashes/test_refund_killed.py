"""A worker killed with -9 while it gives money back: the payer gets it once, and the books say so."""

import pytest
from sqlalchemy import func, select

from portal.actions.decide_approval import decide_approval
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.request_refund import request_refund
from portal.core.actors import Actor
from portal.core.money import Money
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.models import CreditNote
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.journal.models import JournalEntry
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundStatus
from tests.people import make_user

RULE = Actor.system("story")
NGN = "NGN"
GIVEN = Money(2_500_00, NGN)


@pytest.fixture
def going_back(house):
    """A payment that the gateway truly took, and a refund of a part of it that waits to be sent."""
    rig = house.rig
    (attempt,) = rig.waiting(1)
    rig.charge()
    payment = rig.make.one(Payment, Payment.attempt_id == attempt.id)
    rig.make.balance(rig.session.get_one(type(rig.make.customer()), payment.customer_id), GIVEN.minor)
    house.forget_the_past()
    return request_refund(payment.ref, GIVEN, reason="asked for", actor=RULE, at=rig.at)


def sent(house, ref):
    """How often the gateway was really asked for it."""
    return [deed["amount"] for deed in house.rig.twin.deeds("refund_begun") if deed["note"] == ref]


def in_transit(house):
    entries = JournalEntry
    raised = select(func.sum(entries.amount_minor)).where(entries.credit == "refunds_in_transit")
    lowered = select(func.sum(entries.amount_minor)).where(entries.debit == "refunds_in_transit")
    session = house.rig.session
    session.rollback()
    return (session.scalar(raised) or 0) - (session.scalar(lowered) or 0)


def refund_of(house, ref):
    return house.rig.make.one(Refund, Refund.ref == ref)


@pytest.mark.parametrize("place", ["C-25-08", "C-25-09", "C-25-10", "C-25-12", "C-25-15"])
def test_killed_while_sending_a_refund(house, going_back, place):
    house.dies("money", place)
    assert len(sent(house, going_back)) == (1 if place in ("C-25-12", "C-25-15") else 0)
    assert in_transit(house) == GIVEN.minor
    house.live(hours=2)
    assert sent(house, going_back) == [GIVEN.minor]
    assert refund_of(house, going_back).status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def test_killed_with_the_answer_on_its_way(house, going_back):
    """The second answer is that to the refund; the first was the list before it."""
    house.dies("money", "C-11", nth=2)
    assert sent(house, going_back) == [GIVEN.minor]
    house.live(hours=2)
    assert sent(house, going_back) == [GIVEN.minor]
    assert refund_of(house, going_back).status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def test_killed_with_a_refusal_in_hand(house, going_back):
    """Somebody gave it all back at the gateway meanwhile, so that nothing is left there."""
    rig = house.rig
    payment = rig.session.get_one(Payment, refund_of(house, going_back).payment_id)
    whole = {"transaction": payment.gateway_ref, "amount": payment.amount_minor, "currency": NGN}
    assert rig.twin.ask("POST", "/refund", key=rig.key, json=whole).status_code == 200
    house.dies("money", "C-25-13")
    house.live(hours=2)
    assert refund_of(house, going_back).status is RefundStatus.FAILED
    assert sent(house, going_back) == []


def test_killed_between_the_journal_and_the_refund(house, going_back):
    """The gateway has given it back, and nothing of that is recorded: until it is, the books show it in transit."""
    rig = house.rig
    house.live(seconds=0)
    finish(house)
    rig.go(refund_of(house, going_back).next_action_at)
    house.dies("news", "C-25-14")
    assert refund_of(house, going_back).status is RefundStatus.PENDING
    assert in_transit(house) == GIVEN.minor
    house.live(hours=2)
    assert refund_of(house, going_back).status is RefundStatus.SUCCEEDED
    assert in_transit(house) == 0
    assert rig.count(JournalEntry, JournalEntry.event == "refund.succeeded") == 1


@pytest.fixture
def credited(house, session):
    """A part of a paid invoice that is credited and goes back, drawn up by one person and approved by another."""
    rig = house.rig
    rig.waiting(1)
    rig.charge()
    clerk, boss = (Actor.staff(one.id, one.name) for one in (make_user(session, "billing") for _ in range(2)))
    zero, (invoice,) = Money.zero(NGN), rig.renewals()
    wish = NoteWish({1: GIVEN}, Places(zero, zero, GIVEN), NoteCause.AGREED, "As agreed")
    propose_credit_note(invoice.ref, wish, submit=True, actor=clerk, at=rig.at)
    (approval,) = rig.all(Approval)
    decide_approval(approval.ref, Decision.APPROVED, reason="", actor=boss, at=rig.at)
    house.forget_the_past()
    return rig.make.one(Refund).ref


@pytest.mark.parametrize("place", ["C-25-10", "C-25-12"])
def test_killed_while_what_was_credited_goes_back(house, credited, place):
    """The note was issued with its refund, so that the gateway never gives back what is not credited."""
    rig = house.rig
    house.dies("money", place)
    assert [(str(one.status), one.number) for one in rig.all(CreditNote)] == [("issued", 1)]
    assert in_transit(house) == GIVEN.minor
    house.live(hours=1)
    assert sent(house, credited) == [GIVEN.minor]
    finish(house)
    house.live(hours=12)
    assert refund_of(house, credited).status is RefundStatus.SUCCEEDED
    assert in_transit(house) == 0
    assert rig.count(JournalEntry, JournalEntry.event == "refund.succeeded") == 1
    assert rig.count(CreditNote) == 1


def finish(house):
    """Paystack has given back all that it had on its way."""
    till = house.rig.twin.twin.till
    for row in list(till.ledger.refunds.values()):
        while row.status in ("pending", "processing"):
            till._go_on(row.id)
