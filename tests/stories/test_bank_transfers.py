"""Money that customers send to the company's bank account, as staff record it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions._wires import NeedsALook, Part
from portal.actions.create_subscription import create_subscription
from portal.actions.place_unmatched import place_unmatched
from portal.actions.record_payment import record_payment
from portal.actions.record_unmatched import record_unmatched
from portal.actions.reverse_payment import reverse_payment
from portal.actions.settle_payments import Heard, settle_payments
from portal.balance import ledger
from portal.banking.instructions import instructions_for
from portal.banking.models import BankReceipt
from portal.banking.receipts import Wire
from portal.core.actors import Actor
from portal.core.errors import Invalid, NotFound
from portal.core.money import Money
from portal.core.tasks import open_tasks
from portal.customers.models import Customer
from portal.dunning.models import DunningDebt
from portal.gateways.base import ChargeOutcome, Outcome
from portal.invoicing import references
from portal.invoicing.states import InvoiceStatus
from portal.journal.models import JournalEntry
from portal.payments import attempts
from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus, PaymentStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def bill(world, make, bank):
    """bill(amount, customer=…): an invoice of a new subscription that is active already."""

    def billed(minor=10_000_00, *, customer=None, collection=Collection.PUSH):
        customer = customer or make.customer()
        if collection is Collection.PULL:
            make.method(customer)
        asked = StartTerms(collection=collection)
        ref = create_subscription(
            customer.id, [(make.price(minor).ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=world.at
        )
        return make.invoice(make.one(Subscription, Subscription.ref == ref))

    return billed


@pytest.fixture
def owed(bill):
    """An invoice that its customer is to send 10,000 naira for."""
    return bill()


@pytest.fixture
def record(world, make, bank):
    """record(invoice, minor, …): staff record money for it; the payment."""

    def recorded(invoice, minor=None, *, parts=None, seen=(), key="", reference="RF", **said):
        amount = Money(invoice.open_minor if minor is None else minor, "NGN")
        wire = Wire(bank.ref, amount, world.at.date(), reference, **said)
        parts = [Part(invoice.ref)] if parts is None else parts
        done = record_payment(invoice.customer_id, wire, parts, seen=seen, form_key=key, actor=STAFF, at=world.at)
        world.work()
        return make.one(Payment, Payment.ref == done.ref)

    return recorded


@pytest.fixture
def in_the_bank(session, bank):
    """What the books say lies in the account."""

    def lies():
        place = JournalEntry.money_place == bank.ref
        came = session.scalar(select(func.sum(JournalEntry.amount_minor)).where(place, JournalEntry.debit == "bank"))
        went = session.scalar(select(func.sum(JournalEntry.amount_minor)).where(place, JournalEntry.credit == "bank"))
        return int(came or 0) - int(went or 0)

    return lies


def standing(session):
    """Where each debt is on its ladder."""
    columns = (DunningDebt.invoice_id, DunningDebt.began_on, DunningDebt.step, DunningDebt.stepped_on)
    rows = session.execute(select(*columns).where(DunningDebt.closed_at.is_(None)).order_by(DunningDebt.id))
    return [tuple(row) for row in rows]


def balance(session, invoice):
    return ledger.of_customer(session, invoice.customer_id, "NGN").minor


def test_an_invoice_says_where_to_send_money_and_under_which_reference(session, world, owed, bank):
    told = instructions_for(session, owed)
    assert (told.number, told.amount, told.is_changed) == (bank.number, owed.open, False)
    assert references.is_creditor_reference(told.reference)
    assert owed.parties["bank"]["ref"] == bank.ref


def test_a_transfer_settles_its_invoice_like_any_payment(session, world, owed, record, in_the_bank):
    payment = record(owed)
    session.refresh(owed)
    assert owed.status is InvoiceStatus.PAID
    assert in_the_bank() == owed.total_minor
    assert payment.received_on == world.at.date()
    assert world.make.posted()[-1] == "invoice.paid"


def test_a_part_leaves_the_rest_open_and_the_customer_is_told(session, make, owed, record):
    record(owed, 4_000_00)
    session.refresh(owed)
    assert (owed.status, owed.open_minor) == (InvoiceStatus.ISSUED, 6_000_00)
    assert make.posted()[-1] == "payment.received"


def test_one_transfer_pays_many_invoices_and_what_is_left_is_on_the_balance(session, bill, owed, record):
    second = bill(2_000_00, customer=session.get_one(Customer, owed.customer_id))
    record(owed, 13_000_00, parts=[Part(second.ref), Part(owed.ref)])
    session.expire_all()
    assert {owed.status, second.status} == {InvoiceStatus.PAID}
    assert balance(session, owed) == 1_000_00


def test_a_share_can_be_set_for_each_invoice(session, bill, owed, record):
    second = bill(2_000_00, customer=session.get_one(Customer, owed.customer_id))
    record(owed, 3_000_00, parts=[Part(owed.ref, Money(2_500_00, "NGN")), Part(second.ref)])
    session.expire_all()
    assert (owed.open_minor, second.open_minor) == (7_500_00, 1_500_00)


def test_money_that_is_for_no_invoice_is_on_the_balance(session, owed, record):
    record(owed, 500_00, parts=[])
    session.refresh(owed)
    assert (owed.open_minor, balance(session, owed)) == (10_000_00, 500_00)


def test_a_debt_that_was_chased_is_recovered_and_its_subscription_served_again(session, world, make, owed, record):
    world.days(20)
    subscription = make.one(Subscription, Subscription.id == owed.subscription_id)
    assert (world.case().status, subscription.status) == ("open", "past_due")
    record(owed)
    session.refresh(subscription)
    assert (world.case().status, subscription.status) == ("recovered", "active")


def test_the_same_credit_again_is_asked_about(session, owed, record):
    first = record(owed, 1_000_00, reference="INV 1")
    with pytest.raises(NeedsALook) as asked:
        record(owed, 1_000_00, reference="INV 1")
    assert [one.name for one in asked.value.questions] == [f"alike:{first.ref}"]
    record(owed, 1_000_00, reference="INV 1", seen=[f"alike:{first.ref}"])
    session.refresh(owed)
    assert owed.open_minor == 8_000_00


def test_a_form_sent_twice_books_once(session, owed, record):
    first = record(owed, 500_00, key="k" * 32)
    assert record(owed, 500_00, key="k" * 32).ref == first.ref
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_charge_that_waits_is_ordered_anew_for_the_rest(session, bill, record):
    invoice = bill(collection=Collection.PULL)
    record(invoice, 4_000_00)
    session.refresh(invoice)
    tries = select(Attempt.status, Attempt.amount_minor).where(Attempt.invoice_id == invoice.id).order_by(Attempt.id)
    assert [tuple(row) for row in session.execute(tries)] == [
        (AttemptStatus.CANCELED, 10_000_00), (AttemptStatus.SUCCEEDED, 6_000_00),
    ]  # fmt: skip
    assert invoice.status is InvoiceStatus.PAID


def test_a_charge_on_its_way_is_asked_about_and_its_money_goes_to_the_balance(session, world, make, bill, bank):
    invoice = bill(collection=Collection.PULL)
    attempt = make.one(Attempt, Attempt.invoice_id == invoice.id)
    attempts.lease(session, attempt.gateway_account_id, at=world.at)
    session.commit()
    wire, parts = Wire(bank.ref, invoice.open, world.at.date(), "RF"), [Part(invoice.ref)]
    with pytest.raises(NeedsALook) as asked:
        record_payment(invoice.customer_id, wire, parts, actor=STAFF, at=world.at)
    assert [one.name for one in asked.value.questions] == [f"charge:{attempt.reference}"]
    seen = [f"charge:{attempt.reference}"]
    record_payment(invoice.customer_id, wire, parts, seen=seen, actor=STAFF, at=world.at)
    said = ChargeOutcome(Outcome.SUCCEEDED, attempt.reference, gateway_ref="tx-late", amount=wire.amount, mode="test")
    settle_payments([Heard(attempt.id, said)], actor=Actor.gateway("paystack"), at=world.at)
    session.expire_all()
    assert (invoice.status, balance(session, invoice)) == (InvoiceStatus.PAID, 10_000_00)
    assert [task.kind for task in open_tasks(session)] == ["money_without_debt"]


def test_a_wrong_wire_is_taken_back_and_recorded_again(session, world, make, owed, record, in_the_bank, proved):
    world.days(20)
    before = standing(session)
    wrong = record(owed)
    assert reverse_payment(wrong.ref, reason="the other customer's", actor=STAFF, at=world.at) == ""
    assert reverse_payment(wrong.ref, reason="again", actor=STAFF, at=world.at) == ""
    session.expire_all()
    subscription = make.one(Subscription, Subscription.id == owed.subscription_id)
    assert (owed.status, wrong.status, in_the_bank()) == (InvoiceStatus.ISSUED, PaymentStatus.REVERSED, 0)
    assert (world.case().status, subscription.status) == ("open", "past_due")
    assert standing(session) == before
    proved()
    right = record(owed)
    session.expire_all()
    assert (owed.status, right.status) == (InvoiceStatus.PAID, PaymentStatus.BOOKED)
    assert (world.case().status, subscription.status) == ("recovered", "active")
    assert in_the_bank() == owed.total_minor


def test_what_is_chased_again_after_months_is_due_now_and_not_late(session, world, owed, record, proved):
    world.days(20)
    wrong = record(owed)
    world.days(60)
    reverse_payment(wrong.ref, reason="bounced", actor=STAFF, at=world.at)
    assert world.case().next_action_at == world.at
    proved()


def test_a_wire_taken_back_before_the_due_day_leaves_nothing_overdue(session, world, make, owed, record):
    wrong = record(owed)
    reverse_payment(wrong.ref, reason="a slip", actor=STAFF, at=world.at)
    subscription = make.one(Subscription, Subscription.id == owed.subscription_id)
    assert (owed.status, subscription.status, standing(session)) == (InvoiceStatus.ISSUED, "active", [])
    world.days(20)
    session.refresh(subscription)
    assert (world.case().status, subscription.status) == ("open", "past_due")


def test_a_surplus_goes_back_with_its_payment(session, world, owed, record):
    payment = record(owed, 12_000_00)
    reverse_payment(payment.ref, reason="bounced", actor=STAFF, at=world.at)
    assert balance(session, owed) == 0


def test_money_of_an_unknown_owner_waits_for_a_person_and_then_pays(session, world, owed, bank, proved):
    wire = Wire(bank.ref, Money(11_000_00, "NGN"), world.at.date(), "thanks", payer="ZUMA LTD")
    ref = record_unmatched(wire, form_key="u" * 32, actor=STAFF, at=world.at)
    assert record_unmatched(wire, form_key="u" * 32, actor=STAFF, at=world.at) == ref
    with pytest.raises(NeedsALook):
        record_unmatched(wire, actor=STAFF, at=world.at)
    assert [(task.kind, task.subject) for task in open_tasks(session)] == [("money_unmatched", ref)]
    proved()
    for _ in range(2):
        place_unmatched(ref, owed.customer_id, [Part(owed.ref)], actor=STAFF, at=world.at)
    session.expire_all()
    assert (owed.status, balance(session, owed)) == (InvoiceStatus.PAID, 1_000_00)
    assert open_tasks(session) == []
    proved()
    reverse_payment(ref, reason="theirs after all", actor=STAFF, at=world.at)
    session.refresh(owed)
    assert owed.status is InvoiceStatus.ISSUED


def test_unmatched_money_can_be_taken_back(session, world, bank, in_the_bank):
    wire = Wire(bank.ref, Money(1_000_00, "NGN"), world.at.date())
    ref = record_unmatched(wire, actor=STAFF, at=world.at)
    reverse_payment(ref, reason="a slip", actor=STAFF, at=world.at)
    assert (in_the_bank(), open_tasks(session)) == (0, [])


def test_what_cannot_be_is_refused_with_its_field(session, world, bill, owed, bank):
    tomorrow = Wire(bank.ref, Money(1, "NGN"), world.at.date() + timedelta(days=2))
    dollars = Wire(bank.ref, Money(1, "USD"), world.at.date())
    for wire, field in ((tomorrow, "value_on"), (dollars, "amount")):
        with pytest.raises(Invalid) as wrong:
            record_payment(owed.customer_id, wire, [], actor=STAFF, at=world.at)
        assert wrong.value.field == field
    wire = Wire(bank.ref, Money(1, "NGN"), world.at.date())
    with pytest.raises(NotFound):
        record_payment(owed.customer_id, wire, [Part(bill().ref)], actor=STAFF, at=world.at)
    assert session.scalar(select(func.count()).select_from(BankReceipt)) == 0
