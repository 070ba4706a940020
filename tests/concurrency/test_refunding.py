"""Refunds that are asked for, sent, asked about and announced at the same instant: each goes back once."""

import pytest

from portal.actions.cancel_refund import cancel_refund
from portal.actions.decide_approval import decide_approval
from portal.actions.refund_payments import refund_payments
from portal.actions.request_refund import request_refund
from portal.actions.resolve_refunds import ask_about_refunds, resolve_refunds
from portal.core.actors import Actor
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.journal.models import JournalEntry
from portal.payments.models import GatewayNews, Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundStatus
from tests.concurrency.rig import RULE
from tests.people import make_user

NGN = "NGN"


@pytest.fixture
def paid(rig):
    """A payment of 10,000 that the gateway truly took, and as much on the balance."""
    (attempt,) = rig.waiting(1)
    rig.charge()
    payment = rig.make.one(Payment, Payment.attempt_id == attempt.id)
    rig.make.balance(rig.session.get_one(Customer, payment.customer_id), 30_000_00)
    return payment


def ask(rig, payment, minor, actor=RULE):
    return request_refund(payment.ref, Money(minor, NGN), reason="asked for", actor=actor, at=rig.at)


def begun(rig):
    return [deed["amount"] for deed in rig.twin.deeds("refund_begun")]


def finish(rig):
    """Paystack has given back all that it had on its way."""
    till = rig.twin.twin.till
    for row in list(till.ledger.refunds.values()):
        while row.status in ("pending", "processing"):
            till._go_on(row.id)


def test_eight_ask_for_the_whole_and_one_gets_it(rig, paid):
    answers = rig.at_once(*[lambda: ask(rig, paid, 10_000_00)] * 8)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert rig.all(Payment.refunded_minor, Payment.id == paid.id) == [10_000_00]
    rig.at_once(*[lambda: refund_payments(limit=10, actor=RULE, at=rig.at)] * 8)
    assert begun(rig) == [10_000_00]


def test_worker_resolver_and_news_book_one_refund_once(rig, paid):
    ref = ask(rig, paid, 4_000_00)
    refund_payments(limit=10, actor=RULE, at=rig.at)
    finish(rig)
    rig.go(rig.all(Refund.next_action_at, Refund.ref == ref)[0])

    def resolve():
        return resolve_refunds(limit=10, actor=RULE, at=rig.at)

    def hear():
        return ask_about_refunds(paid.ref, actor=RULE, at=rig.at)

    answers = rig.at_once(resolve, resolve, hear, hear, hear, resolve)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert rig.all(Refund.status) == [RefundStatus.SUCCEEDED]
    assert rig.count(JournalEntry, JournalEntry.event == "refund.succeeded") == 1


def test_calling_off_and_sending_at_once_is_one_or_the_other(rig, paid):
    ref = ask(rig, paid, 4_000_00)
    rig.at_once(
        lambda: cancel_refund(ref, reason="no", actor=RULE, at=rig.at),
        lambda: refund_payments(limit=10, actor=RULE, at=rig.at),
    )
    status = rig.all(Refund.status)[0]
    assert (status, begun(rig)) in ((RefundStatus.CANCELED, []), (RefundStatus.PENDING, [4_000_00]))


def test_two_who_approve_at_once_let_it_go_once(rig, paid):
    clerk, *bosses = [Actor.staff(user.id, user.name) for user in (make_user(rig.session, "billing") for _ in range(3))]
    ref = ask(rig, paid, 4_000_00, clerk)
    approval = rig.make.one(Approval, Approval.subject == ref).ref

    def approve(boss):
        return lambda: decide_approval(approval, Decision.APPROVED, reason="", actor=boss, at=rig.at)

    answers = rig.at_once(*[approve(boss) for boss in bosses])
    assert sum(isinstance(answer, Exception) for answer in answers) == 1
    refund_payments(limit=10, actor=RULE, at=rig.at)
    assert begun(rig) == [4_000_00]


def test_the_silence_of_a_timeout_is_resolved_from_the_list(rig, paid):
    rig.twin.behave("reset_after", call="refund", times=1)
    ask(rig, paid, 4_000_00)
    refund_payments(limit=10, actor=RULE, at=rig.at)
    assert rig.all(Refund.status) == [RefundStatus.UNKNOWN]
    rig.live(hours=2)
    assert begun(rig) == [4_000_00]
    assert rig.all(Refund.status)[0] in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


@pytest.mark.parametrize("lost", ["error_before", "reset_before"])
def test_what_never_arrived_is_sent_again_once(rig, paid, lost):
    rig.twin.behave(lost, call="refund", times=1)
    ask(rig, paid, 4_000_00)
    rig.live(hours=8)
    assert begun(rig) == [4_000_00]


def test_news_of_a_refund_is_worked_off_whatever_their_order(rig, news, paid):
    rig.twin.behave("news_twice", call="news", code="3")
    ask(rig, paid, 4_000_00)
    refund_payments(limit=10, actor=RULE, at=rig.at)
    finish(rig)
    news.wait()
    rig.hear()
    assert set(rig.all(GatewayNews.status)) == {"processed"}
    assert rig.all(Refund.status) == [RefundStatus.SUCCEEDED]
    assert rig.count(JournalEntry, JournalEntry.event == "refund.succeeded") == 1


def test_a_refund_made_at_the_gateway_is_heard_of_and_booked_once(rig, news, paid):
    told = {"transaction": paid.gateway_ref, "amount": 2_000_00, "currency": NGN}
    assert rig.twin.ask("POST", "/refund", key=rig.key, json=told).status_code == 200
    finish(rig)
    news.wait()
    rig.hear()
    assert [(one.source, one.amount_minor) for one in rig.all(Refund)] == [("outside", 2_000_00)]
    assert rig.all(Refund.status) == [RefundStatus.SUCCEEDED]
    assert rig.all(Payment.refunded_minor, Payment.id == paid.id) == [2_000_00]
