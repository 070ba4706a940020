"""Two people at the same bank statement, and the workers beside them: money is booked once, and never lost."""

import pytest

from portal.actions import _recording
from portal.actions._recording import NotUnmatched
from portal.actions._reversing import NothingToReverse
from portal.actions._wires import NeedsALook, Part
from portal.actions.begin_print_run import NothingToPost, begin_print_run
from portal.actions.create_subscription import create_subscription
from portal.actions.place_unmatched import place_unmatched
from portal.actions.record_payment import record_payment
from portal.actions.record_unmatched import record_unmatched
from portal.actions.reverse_payment import reverse_payment
from portal.actions.void_invoice import void_invoice
from portal.balance import ledger
from portal.banking.models import BankReceipt
from portal.banking.receipts import Wire
from portal.core.crashes import Crashed
from portal.core.errors import Busy, Refused
from portal.core.money import Money
from portal.core.tasks import Task
from portal.invoicing.models import PostLetter, PrintRun
from portal.payments.models import Attempt, Payment
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF


@pytest.fixture
def bank(rig):
    return rig.make.bank()


@pytest.fixture
def bill(rig, bank):
    """bill(amount): an invoice that its customer is to send the money for."""

    def billed(minor=10_000_00, **customer):
        ref = create_subscription(
            rig.make.customer(**customer).id, [(rig.make.price(minor).ref, 1)], beginning=Beginning.ACTIVE,
            asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=rig.at,
        )  # fmt: skip
        return rig.make.invoice(rig.make.one(Subscription, Subscription.ref == ref))

    return billed


@pytest.fixture
def record(rig, bank):
    """record(invoice, …): staff record 10,000 naira for it."""

    def recorded(invoice, *, seen=(), key="", reference="RF"):
        wire = Wire(bank.ref, Money(10_000_00, "NGN"), rig.at.date(), reference)
        parts = [Part(invoice.ref)]
        return record_payment(invoice.customer_id, wire, parts, seen=seen, form_key=key, actor=STAFF, at=rig.at).ref

    return recorded


def of(results, kind):
    return [one for one in results if isinstance(one, kind)]


def test_a_form_sent_eight_times_books_once(rig, bill, record):
    invoice = bill()
    results = rig.at_once(*[lambda: record(invoice, key="k" * 32)] * 8)
    assert len(set(of(results, str))) == 1
    assert not of(results, Exception)
    assert rig.all(Payment.amount_minor) == [10_000_00]


def test_two_people_who_record_the_same_wire_book_it_once(rig, bill, record):
    invoice = bill()
    results = rig.at_once(*[lambda: record(invoice)] * 4)
    assert len(of(results, str)) == 1
    assert len(of(results, NeedsALook)) == 3
    assert rig.count(BankReceipt) == 1


def test_two_people_who_take_one_wire_for_two_customers_are_told_of_each_other(rig, bill, record):
    mine, other = bill(), bill()
    results = rig.at_once(lambda: record(mine), lambda: record(other))
    assert len(of(results, str)) == 1
    assert len(of(results, NeedsALook)) == 1


def test_two_different_wires_for_one_invoice_are_both_booked(rig, bill, record):
    invoice = bill()
    results = rig.at_once(lambda: record(invoice, reference="A"), lambda: record(invoice, reference="B"))
    assert not of(results, Exception)
    rig.session.refresh(invoice)
    assert invoice.status == "paid"
    assert ledger.of_customer(rig.session, invoice.customer_id, "NGN").minor == 10_000_00


def test_a_wire_and_a_charge_at_once_are_both_booked_and_the_second_is_a_task(rig, bank, record):
    (attempt,) = rig.waiting(1)
    (invoice,) = rig.renewals()

    def by_hand():
        seen = [f"charge:{attempt.reference}"]
        return record(invoice, seen=seen)

    results = rig.at_once(rig.charge, by_hand)
    rig.charge()
    assert not of(results, Exception)
    rig.session.refresh(invoice)
    assert invoice.status == "paid"
    was_charged = bool(rig.charged())
    balance = ledger.of_customer(rig.session, invoice.customer_id, "NGN").minor
    assert balance == (10_000_00 if was_charged else 0)
    tasks = rig.all(Task.kind, Task.kind == "money_without_debt")
    live = rig.all(Attempt.status, Attempt.invoice_id == invoice.id)
    assert was_charged or [str(one) for one in live] == ["canceled"]
    assert not was_charged or tasks or rig.count(Payment, Payment.attempt_id.is_(None)) == 1


def test_a_wire_that_is_recorded_while_the_invoice_is_voided_is_never_lost(rig, bill, record):
    invoice = bill()
    results = rig.at_once(
        lambda: record(invoice), lambda: void_invoice(invoice.ref, reason="a slip", actor=STAFF, at=rig.at)
    )
    assert [one for one in of(results, str) if one.startswith("pay_")]
    assert all(isinstance(one, Refused | Busy) for one in of(results, Exception))
    rig.session.refresh(invoice)
    on_balance = ledger.of_customer(rig.session, invoice.customer_id, "NGN").minor
    assert (str(invoice.status), on_balance) in {("paid", 0), ("void", 10_000_00)}


def test_a_payment_taken_back_by_two_goes_once(rig, bill, record):
    invoice = bill()
    ref = record(invoice)
    results = rig.at_once(*[lambda: reverse_payment(ref, reason="bounced", actor=STAFF, at=rig.at)] * 4)
    assert all(isinstance(one, str | NothingToReverse) for one in results)
    rig.session.refresh(invoice)
    assert invoice.open_minor == 10_000_00


def test_money_of_nobody_known_finds_one_owner(rig, bill, bank):
    mine, other = bill(), bill()
    wire = Wire(bank.ref, Money(10_000_00, "NGN"), rig.at.date())
    ref = record_unmatched(wire, actor=STAFF, at=rig.at)

    def claim(invoice):
        return lambda: place_unmatched(ref, invoice.customer_id, [Part(invoice.ref)], actor=STAFF, at=rig.at)

    results = rig.at_once(
        claim(mine), claim(other), lambda: reverse_payment(ref, reason="a slip", actor=STAFF, at=rig.at)
    )
    assert all(isinstance(one, NotUnmatched | Busy) for one in of(results, Exception))
    assert rig.count(Payment) == 1
    assert rig.all(Task.closed_at, Task.kind == _recording.UNMATCHED) != [None]


def test_letters_are_printed_in_one_run_by_two_people_at_once(rig, bill):
    for _ in range(3):
        bill(delivery="post")
    results = rig.at_once(*[lambda: begin_print_run(actor=STAFF, at=rig.at)] * 3)
    assert len(of(results, str)) == 1
    assert len(of(results, NothingToPost)) == 2
    assert rig.all(PrintRun.letters) == [3]
    assert sorted(rig.all(PostLetter.position)) == [1, 2, 3]


@pytest.mark.parametrize("place", ["payment.recording", "payment.recorded"])
def test_a_recording_that_breaks_off_is_all_there_or_not_at_all(rig, bill, record, stumble, place):
    invoice = bill()
    stumble(f"{place}:1:raise")
    with pytest.raises(Crashed):
        record(invoice, key="k" * 32)
    assert rig.count(Payment) == (1 if place == "payment.recorded" else 0)
    ref = record(invoice, key="k" * 32)
    assert rig.all(Payment.ref) == [ref]
    rig.session.refresh(invoice)
    assert invoice.status == "paid"
