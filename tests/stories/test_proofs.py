"""Customers show by a file that they paid by transfer; staff find it true or not, and the customer is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions._wires import NeedsALook
from portal.actions.accept_proof import Arrived, NotTheirMoney, accept_proof, accept_proof_as
from portal.actions.create_subscription import create_subscription
from portal.actions.decide_approval import decide_approval
from portal.actions.record_unmatched import record_unmatched
from portal.actions.reject_proof import reject_proof
from portal.actions.submit_proof import Claim, NothingToPay, TooManyProofs, submit_proof
from portal.banking.proof_files import proof_store
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.banking.proofs import ShownAlready, elsewhere
from portal.banking.receipts import Wire
from portal.banking.uploads import UploadRefused
from portal.core import crashes
from portal.core.actors import Actor
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.core.tasks import open_tasks
from portal.identity.approvals import Decision
from portal.identity.models import Approval, Role
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF
from tests.people import make_user
from tests.rules.polyglots import REFUSED, pdf, picture

PAYER = Actor.operator("payer")


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def invoice(world, make, bank):
    customer = make.customer()
    ref = create_subscription(
        customer.id, [(make.price(10_000_00).ref, 1)], beginning=Beginning.ACTIVE,
        asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=world.at,
    )  # fmt: skip
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


@pytest.fixture
def send(world, invoice):
    """send(file, …): the customer sends a proof; its reference."""

    def sent(content=None, minor=10_000_00, **said):
        claim = Claim(Money(minor, "NGN"), said.pop("paid_on", world.at.date()), **said)
        return submit_proof(invoice.ref, content or picture(), claim, actor=PAYER, at=world.at)

    return sent


@pytest.fixture
def seen(world, bank):
    """What staff saw in the bank."""

    def saw(minor=10_000_00):
        return Arrived(bank.ref, Money(minor, "NGN"), world.at.date())

    return saw


def proof_of(make):
    return make.one(TransferProof)


def stored(make):
    root = proof_store().root
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_a_proof_that_is_true_pays_the_invoice_and_the_customer_is_told(world, make, invoice, send, seen):
    ref = send(pdf())
    assert [task.kind for task in open_tasks(make.session)] == ["transfer_proof"]
    payment = accept_proof(ref, seen(), actor=STAFF, at=world.at)
    assert accept_proof(ref, seen(), actor=STAFF, at=world.at) == payment
    world.work()
    make.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    assert proof_of(make).status is ProofStatus.ACCEPTED
    assert not open_tasks(make.session)
    assert {"receipt", "proof_accepted"} <= set(world.mails())
    with pytest.raises(Refused):
        reject_proof(ref, reason="too late", actor=STAFF, at=world.at)


def test_a_proof_that_is_not_true_is_rejected_for_a_reason_and_may_be_sent_again(world, make, invoice, send, seen):
    ref = send()
    with pytest.raises(Invalid):
        reject_proof(ref, reason=" ", actor=STAFF, at=world.at)
    for _ in range(2):
        reject_proof(ref, reason="No such money arrived.", actor=STAFF, at=world.at)
    world.work()
    assert world.mails().count("proof_rejected") == 1
    assert not open_tasks(make.session)
    with pytest.raises(Refused):
        accept_proof(ref, seen(), actor=STAFF, at=world.at)
    assert send() != ref


def test_the_same_file_twice_is_one_proof_and_one_file(make, send):
    before = len(stored(make))
    assert send() == send()
    assert len(stored(make)) == before + 1
    assert elsewhere(make.session, proof_of(make)) == 0


def test_a_file_for_two_invoices_is_noticed(world, make, invoice, send):
    send()
    other = create_subscription(
        invoice.customer_id, [(make.price(10_000_00).ref, 1)], beginning=Beginning.ACTIVE,
        asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=world.at,
    )  # fmt: skip
    second = make.invoice(make.one(Subscription, Subscription.ref == other))
    ref = submit_proof(second.ref, picture(), Claim(second.open, world.at.date()), actor=PAYER, at=world.at)
    assert elsewhere(make.session, make.one(TransferProof, TransferProof.ref == ref)) == 1


def test_what_is_refused_leaves_no_file_behind(world, make, invoice, send):
    before = len(stored(make))
    for wrong in ({"minor": 0}, {"paid_on": world.at.date() + timedelta(days=1)}, {"note": "x" * 501}):
        with pytest.raises((Invalid, Refused)):
            send(**wrong)
    with pytest.raises(UploadRefused):
        send(REFUSED["pdf with a script"])
    for n in range(5):
        send(picture(size=(40, 30 + n)))
    with pytest.raises(TooManyProofs):
        send(picture(size=(99, 30)))
    crashes.load_plan("proof.submitting:1:raise")
    with pytest.raises(TooManyProofs):
        send(picture(size=(98, 30)))
    crashes.load_plan("")
    assert len(stored(make)) == before + 5
    assert make.session.query(TransferProof).count() == 5


def test_nothing_can_be_shown_for_what_is_paid(world, make, invoice, send, seen):
    accept_proof(send(), seen(), actor=STAFF, at=world.at)
    with pytest.raises(NothingToPay):
        send(pdf())


def test_less_or_more_than_was_said_is_booked_as_what_arrived(world, make, invoice, send, seen):
    accept_proof(send(), seen(4_000_00), actor=STAFF, at=world.at)
    make.session.refresh(invoice)
    assert invoice.open == Money(6_000_00, "NGN")
    world.work()
    assert "proof_accepted" in world.mails()
    accept_proof(send(pdf()), seen(7_000_00), actor=STAFF, at=world.at)
    make.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID


def test_what_may_be_booked_already_is_looked_at_first(world, make, invoice, send, seen):
    accept_proof(send(minor=4_000_00), seen(4_000_00), actor=STAFF, at=world.at)
    ref = send(pdf(), minor=4_000_00)
    with pytest.raises(NeedsALook) as look:
        accept_proof(ref, seen(4_000_00), actor=STAFF, at=world.at)
    names = [one.name for one in look.value.questions]
    accept_proof(ref, seen(4_000_00), looked_at=names, actor=STAFF, at=world.at)
    assert make.session.query(Payment).count() == 2


def test_a_proof_is_money_that_arrived_without_an_owner(world, make, invoice, bank, send):
    wire = Wire(bank.ref, invoice.open, world.at.date(), "no name")
    payment = record_unmatched(wire, actor=STAFF, at=world.at)
    ref = send()
    for _ in range(2):
        accept_proof_as(ref, payment, actor=STAFF, at=world.at)
    make.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    assert make.session.query(Payment).count() == 1
    assert not open_tasks(make.session)


def test_a_proof_is_no_money_of_others_and_none_that_was_shown(world, make, invoice, bank, send, seen):
    accept_proof(send(minor=1_00), seen(1_00), actor=STAFF, at=world.at)
    shown = make.one(Payment).ref
    ref = send(pdf())
    with pytest.raises(ShownAlready):
        accept_proof_as(ref, shown, actor=STAFF, at=world.at)
    stranger = make.subscription(make.price(5_00))
    others = make.one(Payment, Payment.customer_id == stranger.customer_id).ref
    with pytest.raises(NotTheirMoney):
        accept_proof_as(ref, others, actor=STAFF, at=world.at)
    assert make.one(TransferProof, TransferProof.ref == ref).status is ProofStatus.SUBMITTED


def test_above_a_limit_a_second_person_confirms(world, make, invoice, send, seen):
    asking, other = make_user(make.session, "billing"), make_user(make.session, "super_admin")
    make.session.scalars(select(Role).where(Role.name == "billing")).one().limits = {"NGN": 100_00}
    make.session.commit()
    ref = send()
    request = accept_proof(ref, seen(), actor=Actor.staff(asking.id, "Halima"), at=world.at)
    assert make.one(Approval).ref == request
    assert proof_of(make).status is ProofStatus.SUBMITTED
    boss = Actor.staff(other.id, "Bola")
    decide_approval(request, Decision.APPROVED, reason="seen in the bank", actor=boss, at=world.at)
    make.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    assert proof_of(make).status is ProofStatus.ACCEPTED
