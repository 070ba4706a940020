"""Money that goes back because of a credit note, and money that a person transfers back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.decide_approval import decide_approval
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.record_refund import NotByHand, ProofUsed, Transferred, record_refund
from portal.actions.request_refund import request_refund
from portal.banking.uploads import UploadRefused
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.tasks import Task
from portal.gateways.base import Outcome
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import InvoiceStatus, NoteCause
from portal.journal.models import JournalEntry
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundStatus, RefundWay
from tests.people import make_user
from tests.scripted import give_card

RULE = Actor.system("story")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def naira(minor):
    return Money(minor, "NGN")


@pytest.fixture
def invoice(world, make, gateway):
    """6,000, paid by card."""
    customer = make.customer()
    give_card(world.session, customer, at=world.at)
    make.subscription(make.price(6_000_00), customer=customer)
    world.work()
    return make.one(Invoice)


@pytest.fixture
def credited(world, invoice):
    """700 of the invoice credited and given back, drawn up by one person and approved by another."""
    clerk, boss = (Actor.staff(one.id, one.name) for one in (make_user(world.session, "billing") for _ in range(2)))
    places = Places(naira(0), naira(0), naira(700_00))
    wish = NoteWish({1: naira(700_00)}, places, NoteCause.NOT_SERVED, "Two days without service")
    propose_credit_note(invoice.ref, wish, submit=True, actor=clerk, at=world.at)
    decide_approval(world.make.one(Approval).ref, Decision.APPROVED, reason="", actor=boss, at=world.at)
    return world.make.one(Refund)


def balance_of(world, account):
    """What stands on an account of the journal."""
    world.session.rollback()
    entries = world.session.scalars(select(JournalEntry)).all()
    return sum(one.amount_minor * ((one.credit == account) - (one.debit == account)) for one in entries)


def test_a_credit_note_sends_its_part_back_and_the_invoice_stays_paid(world, credited, gateway):
    assert (credited.status, credited.source, credited.amount_minor) == ("approved", "credit_note", 700_00)
    assert credited.credit_note_id == world.make.one(CreditNote).id
    assert balance_of(world, "refunds_in_transit") == 700_00
    world.work()
    assert [order.amount.minor for order in gateway.back.orders] == [700_00]
    gateway.back.becomes(credited.ref, Outcome.SUCCEEDED)
    world.days(2)
    assert world.make.one(Refund).status is RefundStatus.SUCCEEDED
    assert balance_of(world, "refunds_in_transit") == 0
    assert world.make.one(Invoice).status is InvoiceStatus.PAID


def test_what_a_credit_note_could_not_send_back_is_on_the_balance(world, credited, gateway):
    world.work()
    gateway.back.becomes(credited.ref, Outcome.DECLINED)
    world.days(1)
    assert world.make.one(Refund).status is RefundStatus.FAILED
    assert (balance_of(world, "refunds_in_transit"), balance_of(world, "customer_balance")) == (0, 700_00)


@pytest.fixture
def by_hand(world, make, invoice):
    """1,500 of the balance, to be transferred by a person from our bank account."""
    account = make.bank()
    payment = make.one(Payment)
    make.balance(make.session.get_one(type(make.customer()), payment.customer_id), 1_500_00)
    ref = request_refund(
        payment.ref, naira(1_500_00), reason="card is gone", way=RefundWay.BY_HAND, actor=RULE, at=world.at
    )
    return ref, Transferred(account.ref, "TRF-1", world.at.date(), PDF)


def test_a_transfer_by_hand_waits_for_a_person_and_counts_with_its_proof(world, by_hand, gateway):
    ref, done = by_hand
    world.days(2)
    assert world.session.scalars(select(Task.kind).where(Task.subject == ref)).all() == ["refund_by_hand"]
    for wrong in (replace(done, reference=""), replace(done, on=world.at.date() + timedelta(days=1))):
        with pytest.raises(Invalid):
            record_refund(ref, wrong, actor=RULE, at=world.at)
    with pytest.raises(UploadRefused):
        record_refund(ref, replace(done, proof=b"<script>"), actor=RULE, at=world.at)
    record_refund(ref, done, actor=RULE, at=world.at)
    record_refund(ref, done, actor=RULE, at=world.at)
    refund = world.make.one(Refund)
    assert (refund.status, refund.evidence["reference"]) == (RefundStatus.SUCCEEDED, "TRF-1")
    assert gateway.back.orders == []
    assert world.session.scalars(select(Task.closed_at).where(Task.subject == ref)).one() is not None
    left = select(JournalEntry.money_place).where(JournalEntry.document == ref, JournalEntry.credit == "bank")
    assert world.session.scalars(left).all() == [done.account_ref]


def test_one_proof_is_of_one_refund_and_what_the_gateway_carries_needs_none(world, make, by_hand):
    ref, done = by_hand
    record_refund(ref, done, actor=RULE, at=world.at)
    payment = make.one(Payment)
    make.balance(make.session.get_one(type(make.customer()), payment.customer_id), 500_00)
    asked = {"reason": "again", "actor": RULE, "at": world.at}
    second = request_refund(payment.ref, naira(200_00), way=RefundWay.BY_HAND, **asked)
    with pytest.raises(ProofUsed):
        record_refund(second, done, actor=RULE, at=world.at)
    record_refund(second, replace(done, proof=PDF + b"\n"), actor=RULE, at=world.at)
    third = request_refund(payment.ref, naira(100_00), **asked)
    with pytest.raises(NotByHand):
        record_refund(third, done, actor=RULE, at=world.at)
