"""What becomes of money that goes back."""

import pytest
from sqlalchemy import select

from portal.actions.cancel_refund import RefundSent, cancel_refund
from portal.actions.decide_approval import decide_approval
from portal.actions.give_bank_details import give_bank_details
from portal.actions.request_refund import request_refund
from portal.actions.resolve_refunds import ask_about_refunds
from portal.balance import ledger
from portal.core.actors import Actor
from portal.core.money import Money
from portal.core.tasks import Task
from portal.gateways.base import Outcome
from portal.identity.approvals import Decision, OwnRequest
from portal.identity.models import Approval
from portal.journal.models import JournalEntry
from portal.payments.models import Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundStatus
from portal.payments.refunds import RefundTooMuch, RefundUnderWay
from tests.people import make_user
from tests.scripted import give_card

NGN = "NGN"
RULE = Actor.system("story")


@pytest.fixture
def paid(world, make, gateway):
    """A payment of 10,000 with something of it on the balance: 4,000 that the customer paid too much."""

    def pay(surplus=4_000_00):
        customer = make.customer()
        give_card(world.session, customer, at=world.at)
        subscription = make.subscription(make.price(6_000_00), customer=customer)
        world.work()
        payment = make.one(Payment, Payment.customer_id == customer.id)
        make.balance(customer, surplus)
        assert subscription.customer_id == customer.id
        return payment

    return pay


@pytest.fixture
def send_back(world):
    def back(payment, minor=4_000_00, **more):
        return request_refund(payment.ref, Money(minor, NGN), reason="asked for it", actor=RULE, at=world.at, **more)

    return back


def row(world, ref):
    world.session.expire_all()
    return world.session.scalars(select(Refund).where(Refund.ref == ref)).one()


def payment_of(world, payment):
    return world.make.one(Payment, Payment.id == payment.id)


def cash_of(world, ref):
    """What of the refund has left the gateway's cash."""
    world.session.rollback()
    left = select(JournalEntry).where(JournalEntry.document == ref, JournalEntry.credit == "cash")
    return sum(entry.amount_minor for entry in world.session.scalars(left))


def person(world):
    user = make_user(world.session, "billing")
    return Actor.staff(user.id, user.name)


def balance(world, payment):
    world.session.rollback()
    return ledger.of_customer(world.session, payment.customer_id, NGN).minor


def open_tasks(world):
    world.session.rollback()
    return list(world.session.scalars(select(Task.kind).where(Task.closed_at.is_(None)).order_by(Task.id)))


def test_a_refund_takes_the_balance_is_sent_and_arrives(world, paid, send_back, gateway):
    payment = paid()
    ref = send_back(payment)
    assert balance(world, payment) == 0
    world.work()
    assert [(order.note, order.amount.minor) for order in gateway.back.orders] == [(ref, 4_000_00)]
    assert row(world, ref).status is RefundStatus.PENDING
    assert cash_of(world, ref) == 0
    gateway.back.becomes(ref, Outcome.SUCCEEDED)
    world.days(2)
    assert row(world, ref).status is RefundStatus.SUCCEEDED
    assert cash_of(world, ref) == 4_000_00
    assert payment_of(world, payment).refunded_minor == 4_000_00
    assert [name for name in world.mails() if "refund" in name] == ["refund_sent", "refund_succeeded"]
    world.days(30)
    assert len(gateway.back.orders) == 1


def test_above_the_limit_a_second_person_lets_it_go(world, paid, gateway):
    payment, clerk, boss = paid(), person(world), person(world)
    ref = request_refund(payment.ref, Money(1_000_00, NGN), reason="promised", actor=clerk, at=world.at)
    world.work()
    assert (row(world, ref).status, balance(world, payment), gateway.back.orders) == ("requested", 4_000_00, [])
    approval = world.make.one(Approval, Approval.subject == ref)
    with pytest.raises(OwnRequest):
        decide_approval(approval.ref, Decision.APPROVED, reason="", actor=clerk, at=world.at)
    decide_approval(approval.ref, Decision.APPROVED, reason="", actor=boss, at=world.at)
    world.work()
    assert (row(world, ref).status, balance(world, payment)) == ("pending", 3_000_00)


def test_a_second_person_who_says_no_leaves_everything_as_it_was(world, paid, gateway):
    payment, clerk, boss = paid(), person(world), person(world)
    ref = request_refund(payment.ref, Money(1_000_00, NGN), reason="promised", actor=clerk, at=world.at)
    approval = world.make.one(Approval, Approval.subject == ref)
    decide_approval(approval.ref, Decision.REJECTED, reason="not agreed", actor=boss, at=world.at)
    world.work()
    assert (row(world, ref).status, balance(world, payment), gateway.back.orders) == ("canceled", 4_000_00, [])


def test_no_answer_though_it_was_done_is_found_in_the_list_and_never_sent_again(world, paid, send_back, gateway):
    gateway.back.will(Outcome.UNKNOWN, Outcome.PENDING)
    ref = send_back(paid())
    world.work()
    assert row(world, ref).status is RefundStatus.UNKNOWN
    world.days(0.1)
    assert row(world, ref).status is RefundStatus.PENDING
    assert len(gateway.back.orders) == 1


def test_no_answer_and_nothing_done_is_sent_again_once_three_lists_agree(world, paid, send_back, gateway):
    gateway.back.will(Outcome.UNKNOWN, None)
    ref = send_back(paid())
    world.days(0.005)
    assert (len(gateway.back.orders), row(world, ref).status) == (1, RefundStatus.UNKNOWN)
    world.days(0.1)
    assert [order.note for order in gateway.back.orders] == [ref, ref]
    assert row(world, ref).status is RefundStatus.PENDING


def test_while_the_list_is_silent_nothing_is_sent(world, paid, send_back, gateway):
    gateway.back.is_silent = True
    ref = send_back(paid())
    world.days(0.2)
    assert (gateway.back.orders, row(world, ref).status) == ([], RefundStatus.APPROVED)
    gateway.back.is_silent = False
    world.days(0.3)
    assert len(gateway.back.orders) == 1


def test_one_that_fails_at_the_gateway_leaves_the_money_on_the_balance_and_a_task(world, paid, send_back, gateway):
    payment = paid()
    ref = send_back(payment)
    world.work()
    gateway.back.becomes(ref, Outcome.DECLINED, "account closed")
    world.days(1)
    assert row(world, ref).status is RefundStatus.FAILED
    assert (balance(world, payment), payment_of(world, payment).refunded_minor) == (4_000_00, 0)
    assert "refund_failed" in open_tasks(world)
    again = send_back(payment)
    world.work()
    assert row(world, again).status is RefundStatus.PENDING


def test_one_that_lacks_bank_details_waits_for_them_and_goes_on(world, paid, send_back, gateway):
    payment = paid()
    gateway.back.will(Outcome.PENDING, Outcome.ACTION_REQUIRED)
    ref = send_back(payment)
    world.days(0.1)
    assert row(world, ref).status is RefundStatus.NEEDS_ATTENTION
    assert "refund_needs_details" in open_tasks(world)
    give_bank_details(ref, number="0123 456 789", bank="9", actor=RULE, at=world.at)
    assert b"0123456789" not in row(world, ref).bank_details
    world.work()
    assert [(one.number, one.bank) for one in gateway.back.details] == [("0123456789", "9")]
    assert (row(world, ref).status, row(world, ref).bank_details) == (RefundStatus.PENDING, None)
    gateway.back.becomes(ref, Outcome.SUCCEEDED)
    world.days(2)
    assert row(world, ref).status is RefundStatus.SUCCEEDED
    assert "refund_needs_details" not in open_tasks(world)


def test_never_more_than_came_in_and_one_at_a_time(world, paid, send_back, gateway):
    payment = paid(surplus=20_000_00)
    with pytest.raises(RefundTooMuch):
        send_back(payment, 6_000_01)
    ref = send_back(payment, 4_000_00)
    with pytest.raises(RefundUnderWay):
        send_back(payment, 1_000_00)
    gateway.back.will(Outcome.PENDING, Outcome.SUCCEEDED)
    world.days(2)
    assert row(world, ref).status is RefundStatus.SUCCEEDED
    with pytest.raises(RefundTooMuch):
        send_back(payment, 2_000_01)
    rest = send_back(payment, 2_000_00)
    world.days(2)
    assert row(world, rest).status is RefundStatus.PENDING
    assert payment_of(world, payment).refunded_minor == 6_000_00


def test_what_the_gateway_will_not_take_fails_at_once(world, paid, send_back, gateway):
    payment = paid()
    gateway.back.will(Outcome.DECLINED, None)
    ref = send_back(payment)
    world.work()
    assert (row(world, ref).status, balance(world, payment)) == (RefundStatus.FAILED, 4_000_00)


def test_what_was_given_back_without_us_is_booked_once_and_looked_at(world, paid, gateway):
    payment = paid()
    gateway.back.beside(payment.gateway_ref, Money(2_500_00, NGN), Outcome.PENDING)
    for _ in range(3):
        assert ask_about_refunds(payment.ref, actor=RULE, at=world.at)
    found = world.make.one(Refund)
    assert (found.source, found.status, found.amount_minor) == ("outside", RefundStatus.PENDING, 2_500_00)
    gateway.back.becomes("by hand there", Outcome.SUCCEEDED)
    world.days(2)
    assert row(world, found.ref).status is RefundStatus.SUCCEEDED
    assert (cash_of(world, found.ref), balance(world, payment)) == (2_500_00, 4_000_00)
    assert payment_of(world, payment).refunded_minor == 2_500_00
    assert "refund_found" in open_tasks(world)


def test_one_that_was_certainly_not_sent_can_be_called_off(world, paid, send_back, gateway):
    payment = paid()
    ref = send_back(payment)
    cancel_refund(ref, reason="the customer stays", actor=RULE, at=world.at)
    cancel_refund(ref, reason="the customer stays", actor=RULE, at=world.at)
    world.days(1)
    assert (row(world, ref).status, balance(world, payment), gateway.back.orders) == ("canceled", 4_000_00, [])
    sent = send_back(payment)
    world.work()
    with pytest.raises(RefundSent):
        cancel_refund(sent, reason="too late", actor=RULE, at=world.at)


def test_doubt_of_a_day_is_a_persons_task(world, paid, send_back, gateway):
    gateway.back.will(Outcome.UNKNOWN, None)
    ref = send_back(paid())
    world.work()
    gateway.back.is_silent = True
    world.days(2)
    assert row(world, ref).status is RefundStatus.UNKNOWN
    assert "refund_in_doubt" in open_tasks(world)
    gateway.back.is_silent = False
    world.days(4)  # once a day, and three lists have to agree
    assert row(world, ref).status is RefundStatus.PENDING
    assert "refund_in_doubt" not in open_tasks(world)


def test_a_gateway_that_says_the_opposite_later_is_looked_at_and_books_nothing_twice(world, paid, send_back, gateway):
    payment = paid()
    ref = send_back(payment)
    world.work()
    for said in (Outcome.DECLINED, Outcome.SUCCEEDED, Outcome.DECLINED):
        gateway.back.becomes(ref, said)
        assert ask_about_refunds(payment.ref, actor=RULE, at=world.at)
    assert row(world, ref).status is RefundStatus.FAILED
    assert (balance(world, payment), cash_of(world, ref)) == (4_000_00, 0)
    assert "refund_differs" in open_tasks(world)


def test_one_on_its_way_for_longer_than_banks_take_is_a_persons_task(world, paid, send_back, gateway):
    ref = send_back(paid())
    world.work()
    world.sleep(16)
    assert row(world, ref).status is RefundStatus.PENDING
    assert "refund_in_doubt" in open_tasks(world)


def test_one_that_stays_on_its_way_is_asked_about_ever_less_often(world, paid, send_back, gateway):
    ref = send_back(paid())
    world.days(4)
    assert row(world, ref).status is RefundStatus.PENDING
    assert row(world, ref).queries <= 9
    gateway.back.becomes(ref, Outcome.SUCCEEDED)
    world.days(1)
    assert row(world, ref).status is RefundStatus.SUCCEEDED


def test_a_form_sent_twice_asks_once(world, paid, send_back, gateway):
    payment = paid()
    first, second = (send_back(payment, form_key="k1") for _ in range(2))
    assert first == second
