"""A charge in doubt that people settle by what they can show, and what the gateway says afterwards."""

import pytest
from sqlalchemy import select

from portal.actions.decide_approval import decide_approval
from portal.actions.resolve_attempts import ask_about
from portal.actions.settle_attempt import Evidence, NotInDoubt, settle_attempt
from portal.core.actors import Actor
from portal.core.tasks import Task
from portal.gateways.base import Outcome
from portal.identity.approvals import Decision, OwnRequest
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus
from tests.people import make_user
from tests.scripted import give_card

RULE = Actor.system("story")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def doubted(world, make, gateway):
    """A charge of 6,000 that was sent and never answered."""
    customer = make.customer()
    give_card(world.session, customer, at=world.at)
    gateway.will(Outcome.UNKNOWN)
    make.subscription(make.price(6_000_00), customer=customer, status="pending")
    world.work()
    return make.one(Attempt)


@pytest.fixture
def people(world):
    """Who asks, and who decides."""
    return [Actor.staff(user.id, user.name) for user in (make_user(world.session, "super_admin") for _ in range(2))]


@pytest.fixture
def settle(world, doubted, people):
    def agreed(verdict, gateway_ref=""):
        asker, decider = people
        evidence = Evidence(verdict, "their dashboard", PDF, gateway_ref=gateway_ref)
        ref = settle_attempt(doubted.reference, evidence, actor=asker, at=world.at)
        with pytest.raises(OwnRequest):
            decide_approval(ref, Decision.APPROVED, reason="", actor=asker, at=world.at)
        decide_approval(ref, Decision.APPROVED, reason="seen", actor=decider, at=world.at)
        return world.make.one(Attempt, Attempt.id == doubted.id)

    return agreed


def tasks(world):
    world.session.rollback()
    return list(world.session.scalars(select(Task.kind).where(Task.closed_at.is_(None)).order_by(Task.id)))


def test_nothing_changes_before_a_second_person_agrees(world, doubted, people):
    evidence = Evidence("paid", "their dashboard", PDF, gateway_ref="T77")
    settle_attempt(doubted.reference, evidence, actor=people[0], at=world.at)
    assert world.make.one(Attempt).status is AttemptStatus.UNKNOWN
    assert world.make.one(Invoice).status is InvoiceStatus.ISSUED


def test_shown_to_be_paid_it_is_booked_and_the_gateway_saying_so_too_changes_nothing(world, doubted, settle, gateway):
    assert settle("paid", "T77").status is AttemptStatus.SUCCEEDED
    assert world.make.one(Invoice).status is InvoiceStatus.PAID
    gateway.becomes(doubted.reference, {"outcome": Outcome.SUCCEEDED, "gateway_ref": "T77"})
    ask_about(doubted.reference, actor=RULE, at=world.at)
    assert world.make.one(Payment).gateway_ref == "T77"
    assert "settlement_contradicted" not in tasks(world)


@pytest.mark.parametrize(
    "later", [Outcome.DECLINED, {"outcome": Outcome.SUCCEEDED, "gateway_ref": "T99"}], ids=["declined", "other number"]
)
def test_a_gateway_that_says_otherwise_later_is_a_task_and_no_second_payment(world, doubted, settle, gateway, later):
    settle("paid", "T77")
    gateway.becomes(doubted.reference, later)
    ask_about(doubted.reference, actor=RULE, at=world.at)
    assert world.make.one(Payment).gateway_ref == "T77"
    assert world.make.one(Invoice).status is InvoiceStatus.PAID
    assert "settlement_contradicted" in tasks(world)


def test_shown_to_be_never_sent_it_is_called_off_and_money_that_comes_all_the_same_is_booked(
    world, doubted, settle, gateway
):
    assert settle("never_sent").status is AttemptStatus.CANCELED
    gateway.becomes(doubted.reference, Outcome.SUCCEEDED)
    ask_about(doubted.reference, actor=RULE, at=world.at)
    assert world.make.one(Invoice).status is InvoiceStatus.PAID
    assert world.make.one(Payment).attempt_id == doubted.id
    assert "settlement_contradicted" in tasks(world)


def test_shown_to_be_declined_it_is_a_decline(world, settle):
    attempt = settle("declined")
    assert (attempt.status, attempt.decline_code) == (AttemptStatus.DECLINED, "settled_by_evidence")


def test_what_the_gateway_answered_in_the_meantime_needs_no_evidence(world, doubted, people, gateway):
    gateway.becomes(doubted.reference, Outcome.SUCCEEDED)
    ask_about(doubted.reference, actor=RULE, at=world.at)
    with pytest.raises(NotInDoubt):
        settle_attempt(doubted.reference, Evidence("declined", "x", PDF), actor=people[0], at=world.at)
