"""News early, twice, late, out of order or about nobody: the gateway is asked, and the end is the same."""

import hashlib
import hmac
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import requests

from portal.actions.receive_gateway_news import TRY_AGAIN_AFTER
from portal.actions.store_gateway_news import store_gateway_news
from portal.journal.models import JournalEntry
from portal.payments.models import Attempt, GatewayNews, Payment
from portal.payments.states import AttemptStatus
from tests.concurrency.rig import Rig

BURST = 200
EVENTS = ("charge.success", "charge.failed", "charge.dispute.create", "charge.success")


def told(rig: Rig, event: str, reference: str, number: int = 1) -> None:
    """As the door stores it, signed by the gateway."""
    data = {"reference": reference, "id": number, "status": event.rpartition(".")[2], "amount": 1}
    body = json.dumps({"event": event, "data": data}).encode()
    signature = hmac.new(rig.key.encode(), body, hashlib.sha512).hexdigest()
    store_gateway_news("paystack", rig.account.hook_token, {"x-paystack-signature": signature}, body, at=rig.at)


def test_news_before_the_answer_and_the_answer_book_once(rig, news):
    (attempt,) = rig.waiting(1)
    news.behave("news_early", call="charge")
    news.behave("slow", seconds=0.6)

    def listen():
        for _ in range(20):
            rig.hear()
            time.sleep(0.04)

    rig.at_once(rig.charge, listen, listen)
    assert rig.all(GatewayNews.status) == ["processed"]
    assert rig.all(Attempt.status, Attempt.id == attempt.id) == [AttemptStatus.SUCCEEDED]
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1


def test_news_between_the_answer_and_its_booking_books_once(rig, news, stumble):
    (attempt,) = rig.waiting(1)
    stumble("C-12:1:sleep")

    def listen():
        until = time.monotonic() + 5
        while not rig.count(GatewayNews) and time.monotonic() < until:
            time.sleep(0.02)
        rig.hear()
        return rig.all(Attempt.status, Attempt.id == attempt.id)

    _, seen = rig.at_once(rig.charge, listen)
    assert seen == [AttemptStatus.SUCCEEDED]  # by the news, while the worker stood still
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1


def test_news_before_our_own_commit_waits_for_it(rig):
    """As if the transaction that wrote the attempt were not to be seen yet."""
    (attempt,) = rig.waiting(1)
    rig.twin.behave("timeout_after", seconds=0.01, times=1)
    rig.charge()
    rig.sql("UPDATE attempts SET reference = 'at-hidden' WHERE id = :id", id=attempt.id)
    told(rig, "charge.success", rig.charged()[0])
    rig.hear()
    assert rig.all(GatewayNews.status) == ["received"]
    rig.sql("UPDATE attempts SET reference = :now WHERE id = :id", id=attempt.id, now=rig.charged()[0])
    rig.go(rig.at + TRY_AGAIN_AFTER[0])
    rig.hear()
    assert rig.all(GatewayNews.status) == ["processed"]
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1


def test_news_about_nobody_is_looked_for_a_few_times_and_then_let_be(rig):
    told(rig, "charge.success", "somebody-elses-4711")
    for pause in (*TRY_AGAIN_AFTER, timedelta(minutes=1)):
        rig.hear()
        rig.go(rig.at + pause)
    assert rig.all(GatewayNews.status) == ["ignored"]
    assert rig.hear() == 0


def test_every_order_of_four_notices_ends_in_the_same_state(rig):
    orders = list(itertools.permutations(range(4)))
    waiting = rig.waiting(len(orders))
    rig.twin.behave("timeout_after", seconds=0.01)
    rig.charge()
    for turn in range(4):
        for attempt, order in zip(waiting, orders, strict=True):
            told(rig, EVENTS[order[turn]], attempt.reference, number=order[turn])
        while rig.hear():
            pass
    ends = {
        (
            str(rig.all(Attempt.status, Attempt.id == attempt.id)[0]),
            rig.count(Payment, Payment.attempt_id == attempt.id),
            tuple(
                sorted(
                    (entry.debit, entry.credit, entry.amount_minor)
                    for entry in rig.all(JournalEntry, JournalEntry.customer_id == attempt.customer_id)
                )
            ),
        )
        for attempt in waiting
    }
    assert len(ends) == 1, ends
    assert next(iter(ends))[:2] == ("succeeded", 1)
    assert {one.status for one in rig.renewals()} == {"paid"}


def test_one_notice_a_hundred_times_at_once_is_one_row_and_one_booking(rig, news):
    (attempt,) = rig.waiting(1)
    news.behave("timeout_after", seconds=0.01, times=1)
    rig.charge()
    news.wait()
    rig.at_once(*[lambda: [told(rig, "charge.success", attempt.reference) for _ in range(25)]] * 4)
    assert rig.count(GatewayNews) == 2  # the twin's own, and this one
    rig.at_once(*[rig.hear] * 4)
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1
    assert set(rig.all(GatewayNews.status)) == {"processed"}


def test_a_database_that_breaks_the_booking_off_loses_no_news(rig):
    (attempt,) = rig.waiting(1)
    rig.twin.behave("timeout_after", seconds=0.01, times=1)
    rig.charge()
    told(rig, "charge.success", attempt.reference)
    rig.sql("""
        CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'busy' USING ERRCODE = '40P01'; END $$;
        CREATE TRIGGER break_off BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION break_off()
    """)
    try:
        rig.hear()
    finally:
        rig.sql("DROP TRIGGER break_off ON payments; DROP FUNCTION break_off")
    assert rig.all(GatewayNews.status) == ["received"]
    rig.go(rig.all(GatewayNews.next_action_at)[0])
    rig.hear()
    assert rig.all(GatewayNews.status) == ["processed"]
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1


def test_a_burst_of_news_from_many_senders_is_all_kept_and_each_payment_is_booked_once(rig, door):
    waiting = rig.waiting(4)
    rig.charge()
    address = f"{door}/hooks/paystack/{rig.account.hook_token}"

    def send(number: int) -> int:
        about = waiting[number % len(waiting)].reference
        body = json.dumps({"event": "charge.success", "data": {"reference": about, "id": number, "amount": 1}}).encode()
        signature = hmac.new(rig.key.encode(), body, hashlib.sha512).hexdigest()
        return requests.post(address, body, headers={"x-paystack-signature": signature}, timeout=60).status_code

    with ThreadPoolExecutor(16) as senders:
        assert set(senders.map(send, range(BURST))) == {200}
    assert rig.count(GatewayNews) == BURST
    while rig.count(GatewayNews, GatewayNews.status == "received"):
        rig.hear()
    assert [rig.count(Payment, Payment.attempt_id == one.id) for one in waiting] == [1] * len(waiting)
