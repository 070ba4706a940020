"""Credit notes that people draw up: what they give back, who has to agree, and what undoes them."""

import pytest
from sqlalchemy import select, text

from portal.actions._crediting import GivenByRule, RefundBegan
from portal.actions.decide_approval import AlreadyDecided, Outcome, decide_approval, withdraw_approval
from portal.actions.propose_credit_note import (
    NoteWish,
    Outdated,
    edit_credit_note,
    propose_credit_note,
    submit_credit_note,
    version_of,
)
from portal.actions.void_credit_note import discard_credit_note, void_credit_note
from portal.balance import ledger
from portal.balance.ledger import BalanceOverspent
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.tasks import Task
from portal.identity.approvals import AboveLimit, Decision, OwnRequest
from portal.identity.models import Approval, Role
from portal.invoicing.crediting import TooMuch
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.note_drafts import Places, PlacesDiffer
from portal.invoicing.states import NoteCause
from portal.payments.refund_models import Refund
from tests.people import make_user


@pytest.fixture
def ngozi(session):
    user = make_user(session, "billing", name="Ngozi")
    return Actor.staff(user.id, "Ngozi")


@pytest.fixture
def bayo(session):
    user = make_user(session, "super_admin", name="Bayo")
    return Actor.staff(user.id, "Bayo")


def naira(minor):
    return Money(minor, "NGN")


def wish(amounts, *, to_invoice=0, to_balance=0, to_refund=0, reason="Two days without service"):
    places = Places(naira(to_invoice), naira(to_balance), naira(to_refund))
    return NoteWish({place: naira(minor) for place, minor in amounts.items()}, places, NoteCause.NOT_SERVED, reason)


def may_alone(make, minor, *, roles=("billing", "super_admin")):
    for role in make.session.scalars(select(Role).where(Role.name.in_(roles))):
        role.limits = {"NGN": minor}
    make.session.commit()


def the_note(make):
    return make.one(CreditNote)


def asked(make):
    return make.one(Approval, Approval.decision.is_(None))


def test_a_note_above_the_limit_waits_and_a_second_person_issues_it(world, make, ngozi, bayo):
    make.tax(75_000)
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 1_000_00}, to_balance=1_075_00), submit=True, actor=ngozi, at=world.at)
    note = the_note(make)
    assert (note.status, note.number, note.total_minor, note.tax_minor) == ("pending_approval", None, 1_075_00, 75_00)
    assert ledger.of_customer(make.session, invoice.customer_id, "NGN").is_zero
    assert make.one(Task, Task.kind == "approval_waiting").closed_at is None
    outcome = decide_approval(asked(make).ref, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert outcome is Outcome.CARRIED_OUT
    note = the_note(make)
    assert (note.status, note.label) == ("issued", "CN-2026-000001")
    assert ledger.of_customer(make.session, invoice.customer_id, "NGN").minor == 1_075_00
    assert make.one(Task, Task.kind == "approval_waiting").closed_by == "Bayo"
    assert "credit_note.issued" in make.posted()
    with pytest.raises(AlreadyDecided):
        decide_approval(make.one(Approval).ref, Decision.REJECTED, reason="x", actor=bayo, at=world.at)


def test_a_note_within_the_limit_is_issued_at_once(world, make, ngozi):
    may_alone(make, 500_00)
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    assert the_note(make).status == "issued"
    assert make.session.query(Approval).count() == 0


def test_nobody_approves_their_own_request_not_even_a_super_admin(world, make, bayo):
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=bayo, at=world.at)
    with pytest.raises(OwnRequest):
        decide_approval(asked(make).ref, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    make.session.rollback()
    with pytest.raises(Exception, match="decided_by_another"):
        make.session.execute(
            text("UPDATE approvals SET decision = 'approved', decided_at = now(), decided_by = requested_by")
        )
    make.session.rollback()


def test_an_amount_above_what_the_second_person_may_approve_is_refused(world, make, ngozi, bayo):
    for role in make.session.query(Role).filter(Role.name == "super_admin"):
        role.approval_limits = {"NGN": 100_00}
    make.session.commit()
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    with pytest.raises(AboveLimit):
        decide_approval(asked(make).ref, Decision.APPROVED, reason="", actor=bayo, at=world.at)


def test_an_edit_voids_what_was_asked_and_asks_again(world, make, ngozi, bayo):
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    first, seen = asked(make).ref, seen_of(make)
    raised = wish({1: 9_000_00}, to_balance=9_000_00)
    edit_credit_note(the_note(make).ref, raised, seen=seen, submit=True, actor=ngozi, at=world.at)
    with pytest.raises(AlreadyDecided):
        decide_approval(first, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert (the_note(make).status, asked(make).amount_minor) == ("pending_approval", 9_000_00)
    with pytest.raises(Outdated):
        edit_credit_note(the_note(make).ref, raised, seen=seen, submit=True, actor=ngozi, at=world.at)


def test_content_that_changed_behind_the_approval_is_asked_for_again(world, make, ngozi, bayo):
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    first = asked(make)
    make.session.execute(text("UPDATE credit_notes SET reason = 'Another'"))
    make.session.commit()
    outcome = decide_approval(first.ref, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert outcome is Outcome.CHANGED
    assert (the_note(make).status, asked(make).ref != first.ref) == ("pending_approval", True)
    assert decide_approval(asked(make).ref, Decision.APPROVED, reason="", actor=bayo, at=world.at) == "carried_out"


def test_a_rejected_note_can_be_changed_and_asked_for_again(world, make, ngozi, bayo):
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    with pytest.raises(Invalid):
        decide_approval(asked(make).ref, Decision.REJECTED, reason=" ", actor=bayo, at=world.at)
    decide_approval(asked(make).ref, Decision.REJECTED, reason="Too much", actor=bayo, at=world.at)
    assert the_note(make).status == "rejected"
    less = wish({1: 100_00}, to_balance=100_00)
    edit_credit_note(the_note(make).ref, less, seen=seen_of(make), submit=False, actor=ngozi, at=world.at)
    assert the_note(make).status == "draft"
    submit_credit_note(the_note(make).ref, actor=ngozi, at=world.at)
    withdraw_approval(asked(make).ref, actor=ngozi, at=world.at)
    assert the_note(make).status == "draft"
    discard_credit_note(the_note(make).ref, actor=ngozi, at=world.at)
    assert make.session.query(CreditNote).count() == 0


def test_a_note_off_an_open_invoice_settles_it_and_ends_its_case(world, make, ngozi):
    may_alone(make, 100_000_00)
    subscription = make.subscription(status="past_due")
    invoice = make.invoice(subscription)
    whole = wish({1: invoice.total_minor}, to_invoice=invoice.total_minor)
    propose_credit_note(invoice.ref, whole, submit=True, actor=ngozi, at=world.at)
    make.session.expire_all()
    assert (invoice.status, subscription.status, world.case().status) == ("paid", "active", "recovered")


def test_a_payment_that_comes_first_sends_the_note_back(world, make, ngozi, bayo):
    invoice = make.invoice(make.subscription(status="past_due"))
    off = wish({1: 500_00}, to_invoice=500_00)
    propose_credit_note(invoice.ref, off, submit=True, actor=ngozi, at=world.at)
    make.pay(invoice)
    outcome = decide_approval(asked(make).ref, Decision.APPROVED, reason="", actor=bayo, at=world.at)
    assert (outcome, the_note(make).status) == (Outcome.GONE, "draft")


def test_a_refund_hangs_on_the_note(world, make, ngozi):
    may_alone(make, 100_000_00)
    invoice = make.invoice(make.subscription())
    propose_credit_note(invoice.ref, wish({1: 700_00}, to_refund=700_00), submit=True, actor=ngozi, at=world.at)
    refund = make.one(Refund)
    assert (refund.credit_note_id, refund.amount_minor, refund.status) == (the_note(make).id, 700_00, "approved")
    with pytest.raises(RefundBegan):
        void_credit_note(the_note(make).ref, reason="x", actor=ngozi, at=world.at)


@pytest.mark.parametrize(
    ("asked_for", "complaint", "field"),
    [
        (wish({1: 20_000_00}, to_balance=20_000_00), TooMuch, "amount_1"),
        (wish({7: 1_00}, to_balance=1_00), Invalid, "amount_7"),
        (wish({}, to_balance=0), Invalid, ""),
        (wish({1: 500_00}, to_balance=400_00), PlacesDiffer, "to_invoice"),
        (wish({1: 500_00}, to_invoice=500_00), PlacesDiffer, "to_invoice"),
        (wish({1: 500_00}, to_invoice=-500_00, to_balance=1_000_00), PlacesDiffer, "to_invoice"),
        (wish({1: 500_00}, to_balance=500_00, reason=" "), Invalid, "reason"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(world, make, ngozi, asked_for, complaint, field):
    invoice = make.invoice(make.subscription())
    with pytest.raises(complaint) as refused:
        propose_credit_note(invoice.ref, asked_for, submit=True, actor=ngozi, at=world.at)
    assert refused.value.field == field
    assert make.session.query(CreditNote).count() == 0


def test_a_void_note_takes_its_part_from_the_balance_if_it_is_still_there(world, make, ngozi):
    may_alone(make, 100_000_00)
    subscription = make.subscription()
    invoice = make.invoice(subscription)
    for _ in range(2):
        propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    first, second = make.session.scalars(select(CreditNote).order_by(CreditNote.id)).all()
    void_credit_note(first.ref, reason="By mistake", actor=ngozi, at=world.at)
    void_credit_note(first.ref, reason="By mistake", actor=ngozi, at=world.at)
    make.session.expire_all()
    assert (first.status, invoice.noted_minor) == ("void", 500_00)
    assert ledger.of_customer(make.session, invoice.customer_id, "NGN").minor == 500_00
    world.days(31)
    with pytest.raises(BalanceOverspent):
        void_credit_note(second.ref, reason="By mistake", actor=ngozi, at=world.at)


def test_a_void_note_opens_the_invoice_that_it_had_settled_and_its_lines_are_earned_again(world, make, ngozi, proved):
    may_alone(make, 100_000_00)
    invoice = make.invoice(make.subscription(status="past_due"))
    whole = wish({1: invoice.total_minor}, to_invoice=invoice.total_minor)
    propose_credit_note(invoice.ref, whole, submit=True, actor=ngozi, at=world.at)
    world.days(40)
    void_credit_note(the_note(make).ref, reason="By mistake", actor=ngozi, at=world.at)
    proved()
    make.session.expire_all()
    assert (make.one(Invoice, Invoice.id == invoice.id).status, world.case().status) == ("issued", "open")
    world.days(2)


def test_what_a_rule_gave_is_not_voided_by_hand(world, make, ngozi):
    may_alone(make, 100_000_00)
    plan = make.plan()
    subscription = make.subscription(make.price(plan=plan))
    invoice = make.invoice(subscription)
    propose_credit_note(invoice.ref, wish({1: 500_00}, to_balance=500_00), submit=True, actor=ngozi, at=world.at)
    make.session.execute(text("ALTER TABLE credit_notes DISABLE TRIGGER credit_notes_stand"))
    make.session.execute(text("UPDATE credit_notes SET cause = 'rule'"))
    make.session.execute(text("ALTER TABLE credit_notes ENABLE TRIGGER credit_notes_stand"))
    make.session.commit()
    with pytest.raises(GivenByRule):
        void_credit_note(the_note(make).ref, reason="x", actor=ngozi, at=world.at)


def seen_of(make):
    note = the_note(make)
    seen = version_of(make.session, note, make.one(Invoice, Invoice.id == note.invoice_id))
    make.session.rollback()
    return seen
