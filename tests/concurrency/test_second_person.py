"""Several people decide, edit, withdraw and pay at the same instant: one of them wins, and the books hold."""

import pytest

from portal.actions.decide_approval import AlreadyDecided, Outcome, decide_approval, withdraw_approval
from portal.actions.propose_credit_note import NoteWish, edit_credit_note, propose_credit_note, version_of
from portal.actions.void_invoice import void_invoice
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.errors import PortalError
from portal.core.money import Money
from portal.identity.approvals import Decision
from portal.identity.models import Approval, Role
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.payments.models import Attempt
from portal.subscriptions.states import SubscriptionStatus
from tests.people import make_user


@pytest.fixture
def people(session):
    """Three who may approve."""
    made = [make_user(session, "billing", name=name) for name in ("Ada", "Bayo", "Chi")]
    return [Actor.staff(user.id, user.name) for user in made]


@pytest.fixture
def paid(rig):
    return rig.make.invoice(rig.subscription())


def wish(minor, *, to_invoice=0, to_balance=0):
    places = Places(*(Money(part, "NGN") for part in (to_invoice, to_balance, 0)))
    return NoteWish({1: Money(minor, "NGN")}, places, NoteCause.AGREED, "As agreed")


def asked(rig, invoice, asker, content):
    propose_credit_note(invoice.ref, content, submit=True, actor=asker, at=rig.at)
    return rig.all(Approval.ref, Approval.decision.is_(None))[0]


def approve(rig, ref, person):
    return lambda: decide_approval(ref, Decision.APPROVED, reason="", actor=person, at=rig.at)


def of(results, kind):
    return [one for one in results if isinstance(one, kind)]


def held(rig, invoice):
    rig.session.rollback()
    return ledger.of_customer(rig.session, invoice.customer_id, "NGN").minor


def test_two_people_who_approve_at_once_issue_one_note(rig, paid, people):
    ada, bayo, chi = people
    ref = asked(rig, paid, ada, wish(1_000_00, to_balance=1_000_00))
    results = rig.at_once(*[approve(rig, ref, person) for person in (bayo, chi) * 3])
    assert of(results, Outcome) == [Outcome.CARRIED_OUT]
    assert len(of(results, AlreadyDecided)) == 5
    assert (rig.all(CreditNote.number), held(rig, paid)) == ([1], 1_000_00)
    assert rig.broken() == {}


def test_approved_and_rejected_at_once_is_one_of_them(rig, paid, people):
    ada, bayo, chi = people
    ref = asked(rig, paid, ada, wish(1_000_00, to_balance=1_000_00))

    def reject():
        return decide_approval(ref, Decision.REJECTED, reason="No", actor=chi, at=rig.at)

    (won,) = of(rig.at_once(approve(rig, ref, bayo), reject, lambda: _withdraw(rig, ref, ada)), Outcome | str)
    (note,) = rig.all(CreditNote)
    assert note.status == {"carried_out": "issued", "rejected": "rejected", "withdrawn": "draft"}[won]
    assert rig.broken() == {}


def test_approved_while_it_is_edited_is_either_what_was_approved_or_asked_for_again(rig, paid, people):
    ada, bayo, _ = people
    ref = asked(rig, paid, ada, wish(1_000_00, to_balance=1_000_00))
    (note,) = rig.all(CreditNote)
    seen = version_of(rig.session, note, rig.session.get(Invoice, note.invoice_id))
    rig.session.rollback()

    def edit():
        raised = wish(9_000_00, to_balance=9_000_00)
        edit_credit_note(note.ref, raised, seen=seen, submit=True, actor=ada, at=rig.at)
        return "edited"

    results = rig.at_once(approve(rig, ref, bayo), edit)
    assert len(of(results, Outcome | str)) == 1, results
    (note,) = rig.all(CreditNote)
    if Outcome.CARRIED_OUT in results:
        assert (note.status, note.total_minor, held(rig, paid)) == ("issued", 1_000_00, 1_000_00)
    else:
        assert (note.status, note.total_minor, held(rig, paid)) == ("pending_approval", 9_000_00, 0)
        assert rig.all(Approval.amount_minor, Approval.decision.is_(None)) == [9_000_00]
    assert rig.broken() == {}


@pytest.mark.parametrize("deed", ["credit", "void"])
def test_approved_while_the_customer_pays_leaves_no_money_without_a_place(rig, people, deed):
    ada, bayo, _ = people
    customer = rig.make.customer()
    rig.card(customer)
    owed = rig.make.invoice(rig.make.subscription(customer=customer, status=SubscriptionStatus.PAST_DUE))
    if deed == "credit":
        ref = asked(rig, owed, ada, wish(owed.total_minor, to_invoice=owed.total_minor))
    else:
        ref = void_invoice(owed.ref, reason="Billed twice", actor=ada, at=rig.at)
    results = rig.at_once(approve(rig, ref, bayo), lambda: rig.make.pay(owed))
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, PortalError)], results
    rig.session.expire_all()
    assert rig.all(Invoice.open_minor, Invoice.id == owed.id) == [0]
    assert rig.count(Attempt, Attempt.status == "succeeded", Attempt.invoice_id == owed.id) <= 1
    assert rig.broken() == {}


def test_two_notes_over_the_whole_line_at_once_credit_it_once(rig, paid, people):
    for role in rig.session.query(Role).filter(Role.name == "billing"):
        role.limits = {"NGN": 10**12}
    rig.session.commit()
    whole = wish(paid.total_minor, to_balance=paid.total_minor)

    def credit(person):
        return lambda: propose_credit_note(paid.ref, whole, submit=True, actor=person, at=rig.at)

    results = rig.at_once(*[credit(person) for person in people])
    assert len(of(results, str)) == 1
    assert len(of(results, PortalError)) == 2
    assert held(rig, paid) == paid.total_minor
    assert rig.broken() == {}


def _withdraw(rig, ref, person):
    withdraw_approval(ref, actor=person, at=rig.at)
    return "withdrawn"
