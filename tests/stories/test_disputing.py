"""What becomes of a payment that its payer's bank wants back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.answer_dispute import NothingToAnswer, answer_dispute, note_on_dispute
from portal.actions.decide_approval import decide_approval
from portal.actions.resolve_disputes import hear_of_dispute
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.tasks import Task
from portal.dunning.states import CaseStatus, PauseKind
from portal.gateways.base import DisputeState
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import Attempt, Payment
from portal.payments.refund_models import Dispute
from portal.payments.states import PaymentStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.people import make_user
from tests.scripted import SOFT, give_card

RULE = Actor.system("story")
AMOUNT = Money(6_000_00, "NGN")


@pytest.fixture
def paid(world, make, gateway):
    """A subscription whose first invoice a card has paid."""
    customer = make.customer()
    give_card(world.session, customer, at=world.at)
    make.subscription(make.price(AMOUNT.minor), customer=customer)
    world.work()
    return make.one(Payment)


@pytest.fixture
def hear(world, paid, gateway):
    """hear(state): the gateway has this to say about the dispute, and news of it comes."""

    def listen(state=DisputeState.NEEDS_RESPONSE, amount=AMOUNT):
        reference = world.make.one(Attempt, Attempt.id == paid.attempt_id).reference
        gateway.back.disputed("77", state, reference, amount, due_at=world.at + timedelta(days=3))
        assert hear_of_dispute(gateway.account_id, "77", actor=RULE, at=world.at)
        world.work()
        return world.make.one(Dispute)

    return listen


def tasks(world):
    world.session.rollback()
    return list(world.session.scalars(select(Task.kind).where(Task.closed_at.is_(None)).order_by(Task.id)))


def test_a_dispute_is_a_task_with_its_day_and_changes_nothing_yet(world, paid, hear):
    dispute, again = hear(), hear()
    assert (dispute.id, dispute.status, dispute.due_at) == (again.id, DisputeStatus.NEEDS_RESPONSE, again.due_at)
    assert "dispute_open" in tasks(world)
    assert world.make.one(Payment).reversed_minor == 0
    assert world.make.one(Invoice).status is InvoiceStatus.PAID


def test_a_claim_is_contested_with_what_we_know_and_won(world, hear, gateway):
    dispute = hear()
    with pytest.raises(Invalid):
        answer_dispute(dispute.ref, accepts=False, text="They use it daily.", actor=RULE, at=world.at)
    note_on_dispute(dispute.ref, "service", "312 sign-ins in March", actor=RULE, at=world.at)
    note_on_dispute(dispute.ref, "phone", "+2348012345678", actor=RULE, at=world.at)
    assert answer_dispute(dispute.ref, accepts=False, text="They use it daily.", actor=RULE, at=world.at)
    with pytest.raises(NothingToAnswer):
        answer_dispute(dispute.ref, accepts=False, text="Again.", actor=RULE, at=world.at)
    world.days(0.6)
    (reply,) = gateway.back.replies
    assert (reply.accepts, reply.evidence["service_details"]) == (False, "312 sign-ins in March")
    assert reply.evidence["customer_phone"] == "+2348012345678"
    assert world.make.one(Dispute).status is DisputeStatus.UNDER_REVIEW
    assert "dispute_open" not in tasks(world)
    assert hear(DisputeState.WON).status is DisputeStatus.WON
    assert world.make.one(Payment).status is PaymentStatus.BOOKED
    assert world.make.one(Invoice).status is InvoiceStatus.PAID


def test_a_lost_dispute_reopens_the_invoice_and_its_card_is_not_charged_again(world, hear, gateway):
    hear()
    dispute = hear(DisputeState.LOST)
    assert dispute.status is DisputeStatus.LOST
    assert world.make.one(Payment).status is PaymentStatus.REVERSED
    assert world.make.one(Invoice).status is InvoiceStatus.ISSUED
    assert world.make.one(Subscription).status is SubscriptionStatus.PAST_DUE
    assert world.case().status is CaseStatus.OPEN
    charges = len(gateway.orders)
    world.days(5)
    assert len(gateway.orders) == charges
    assert "dunning_reminder" in world.mails()


def test_what_the_bank_gives_back_later_pays_what_it_had_paid(world, hear):
    hear()
    hear(DisputeState.LOST)
    world.days(2)
    assert hear(DisputeState.WON).status is DisputeStatus.WON
    payment = world.make.one(Payment)
    assert (payment.status, payment.reversed_minor) == (PaymentStatus.BOOKED, 0)
    assert world.make.one(Invoice).status is InvoiceStatus.PAID
    assert world.make.one(Subscription).status is SubscriptionStatus.ACTIVE
    assert world.case().status is CaseStatus.RECOVERED


def test_a_part_is_taken_back_as_a_part(world, hear):
    hear(amount=Money(1_500_00, "NGN"))
    hear(DisputeState.LOST, amount=Money(1_500_00, "NGN"))
    invoice = world.make.one(Invoice)
    assert (invoice.status, invoice.open_minor) == (InvoiceStatus.ISSUED, 1_500_00)


def test_dunning_rests_while_a_payment_is_disputed(world, hear, gateway):
    gateway.will(SOFT)
    world.days(31.2)
    case = world.case()
    assert case.status is CaseStatus.OPEN
    hear()
    mails, tries = world.mails().count("dunning_reminder"), len(gateway.orders)
    world.days(6)
    case = world.case()
    assert (case.status, case.paused_kind) == (CaseStatus.PAUSED, PauseKind.DISPUTE)
    assert (world.mails().count("dunning_reminder"), len(gateway.orders)) == (mails, tries)
    hear(DisputeState.WON)
    world.days(1)
    assert world.case().status is CaseStatus.RECOVERED
    assert len(gateway.orders) == tries + 1


def test_giving_in_needs_a_second_person_above_the_limit(world, hear, gateway):
    dispute = hear()
    clerk, boss = (Actor.staff(one.id, one.name) for one in (make_user(world.session, "billing") for _ in range(2)))
    assert not answer_dispute(dispute.ref, accepts=True, text="They are right.", actor=clerk, at=world.at)
    world.work()
    assert gateway.back.replies == []
    approval = world.make.one(Approval, Approval.subject == dispute.ref).ref
    decide_approval(approval, Decision.APPROVED, reason="", actor=boss, at=world.at)
    world.days(0.6)
    assert [reply.accepts for reply in gateway.back.replies] == [True]
    assert world.make.one(Dispute).status is DisputeStatus.LOST
    assert world.make.one(Invoice).status is InvoiceStatus.ISSUED
