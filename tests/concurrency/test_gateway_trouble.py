"""The gateway refuses, stalls, breaks or is told to wait: nobody pays twice, and nobody falls late for our trouble."""

import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from portal.actions.charge_invoices import IN_FLIGHT, STOP_AFTER
from portal.actions.stop_charges import set_switch
from portal.core.audit import AuditEntry
from portal.core.business import STOP_CHARGES
from portal.core.tasks import Task
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentMethod
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import STAFF

BEFORE = ["timeout_before", "error_before", "reset_before"]
AFTER = ["timeout_after", "error_after", "reset_after", "cut", "truncated", "oversized", "unreadable", "missing_fields"]


def statuses(rig, attempts):
    return Counter(str(one.status) for one in rig.all(Attempt, Attempt.id.in_([one.id for one in attempts])))


@pytest.mark.parametrize("way", AFTER)
def test_charged_without_an_answer_is_booked_once_when_the_gateway_is_asked(rig, way):
    (attempt,) = rig.waiting(1)
    rig.twin.behave(way, seconds=0.05, times=1)
    rig.charge()
    assert statuses(rig, [attempt]) == {"unknown": 1}
    assert rig.make.one(Subscription).status is SubscriptionStatus.ACTIVE
    rig.live(minutes=2)
    assert statuses(rig, [attempt]) == {"succeeded": 1}
    assert rig.charged() == [attempt.reference]
    assert [one.status for one in rig.renewals()] == ["paid"]


@pytest.mark.parametrize("way", BEFORE)
def test_not_charged_and_no_answer_is_sent_again_under_the_same_reference_after_the_grace(rig, way):
    (attempt,) = rig.waiting(1)
    rig.twin.behave(way, seconds=0.05, times=1)
    rig.charge()
    rig.live(minutes=14)
    assert statuses(rig, [attempt]) == {"unknown": 1}
    assert rig.charged() == []
    rig.live(minutes=30)
    assert rig.charged() == [attempt.reference]
    assert (statuses(rig, [attempt]), rig.count(Attempt, Attempt.trigger != "schedule")) == ({"succeeded": 1}, 0)
    assert rig.count(DunningCase) == 0


def test_a_gateway_that_does_not_find_what_it_charged_is_given_time(rig):
    (attempt,) = rig.waiting(1)
    rig.twin.behave("timeout_after", seconds=0.05, times=1)
    rig.twin.behave("not_found", times=2)
    rig.charge()
    rig.live(minutes=40)
    assert rig.charged() == [attempt.reference]
    assert statuses(rig, [attempt]) == {"succeeded": 1}


def test_a_gateway_that_lies_about_the_reference_refuses_it_the_second_time(rig):
    """It says three times and more that it knows nothing, so it is sent again; its own guard keeps it from charging."""
    (attempt,) = rig.waiting(1)
    rig.twin.behave("timeout_after", seconds=0.05, times=1)
    rig.twin.behave("not_found", times=4)
    rig.charge()
    rig.live(hours=3)
    assert rig.charged() == [attempt.reference]
    assert statuses(rig, [attempt]) == {"succeeded": 1}
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1


def test_a_decline_without_an_answer_counts_once(rig):
    (attempt,) = rig.waiting(1)
    rig.twin.behave("decline", code="insufficient_funds", times=1)
    rig.twin.behave("truncated", times=1)
    rig.charge()
    rig.live(minutes=2)
    assert statuses(rig, [attempt]) == {"declined": 1}
    assert rig.make.one(Subscription).status is SubscriptionStatus.PAST_DUE
    assert rig.count(AuditEntry, AuditEntry.deed == "attempt.declined") == 1
    assert rig.count(DunningCase) == 1


def test_everything_goes_wrong_at_once_and_each_is_charged_once(rig):
    waiting = rig.waiting(10)
    for number, way in enumerate([*BEFORE, *AFTER[:5]]):
        card = rig.session.get_one(PaymentMethod, waiting[number].method_id)
        rig.twin.behave(way, email=card.payer_email, seconds=0.05, times=1)
    rig.at_once(rig.charge, rig.charge)
    rig.live(hours=1)
    assert Counter(rig.charged()) == Counter(one.reference for one in waiting)
    assert statuses(rig, waiting) == {"succeeded": 10}
    assert {one.status for one in rig.renewals()} == {"paid"}


def test_a_refused_key_stops_the_account_after_a_few_calls_and_nobody_falls_late(rig):
    waiting = rig.waiting(40)
    rig.twin.behave("unauthorized", call="charge", times=IN_FLIGHT + STOP_AFTER)
    rig.charge()
    assert rig.charged() == []
    assert rig.make.one(GatewayAccount).stopped_reason
    assert statuses(rig, waiting) == {"waiting": 40}
    assert max(rig.all(Attempt.sends)) <= 1
    assert rig.charge() == 0
    assert set(rig.all(Subscription.status)) == {SubscriptionStatus.ACTIVE}
    assert rig.count(DunningCase) == 0
    assert rig.count(Task, Task.kind == "gateway_refused", Task.closed_at.is_(None)) == 1


def test_a_key_that_is_refused_in_the_middle_of_a_run_leaves_the_rest_waiting(rig):
    waiting = rig.waiting(4)
    emails = dict(rig.session.execute(select(PaymentMethod.id, PaymentMethod.payer_email)).all())
    for one in waiting[1:]:
        rig.twin.behave("unauthorized", call="charge", email=emails[one.method_id])
    rig.charge()
    assert statuses(rig, waiting) == {"succeeded": 1, "waiting": 3}
    rig.twin.web.delete(f"{rig.twin.url}/_twin/behaviour")
    rig.sql("UPDATE gateway_accounts SET stopped_reason = NULL")
    rig.live(minutes=2)
    assert statuses(rig, waiting) == {"succeeded": 4}
    assert Counter(rig.charged()) == Counter(one.reference for one in waiting)


def test_too_many_requests_are_waited_out_without_a_storm(rig):
    (attempt,) = rig.waiting(1)
    rig.twin.behave("rate_limited", call="charge", code="delta", times=1)
    rig.charge()
    again = rig.all(Attempt.next_action_at, Attempt.id == attempt.id)[0]
    assert 7 <= (again - rig.at).total_seconds() <= 60
    assert rig.charge() == 0
    rig.go(again)
    assert rig.charge() == 1
    assert statuses(rig, [attempt]) == {"succeeded": 1}


def test_the_pace_is_kept_by_all_workers_together(rig):
    rig.waiting(4)
    rig.account.calls_per_minute = 60
    rig.session.commit()
    began = time.monotonic()
    rig.at_once(*[rig.charge] * 4)
    assert len(rig.charged()) == 4
    assert time.monotonic() - began > 2


def test_stopped_charges_wait_and_go_on_where_they_were(rig):
    waiting = rig.waiting(3)
    set_switch(STOP_CHARGES, is_on=True, reason="The bank is on strike.", actor=STAFF, at=rig.at)
    assert rig.at_once(rig.charge, rig.charge) == [0, 0]
    assert statuses(rig, waiting) == {"waiting": 3}
    set_switch(STOP_CHARGES, is_on=False, reason="", actor=STAFF, at=rig.at)
    assert sum(rig.at_once(rig.charge, rig.charge)) == 3
    assert statuses(rig, waiting) == {"succeeded": 3}


def test_a_card_whose_token_cannot_be_read_holds_up_nobody_else(rig):
    waiting = rig.waiting(3)
    rig.sql("UPDATE payment_methods SET token = 'spoiled' WHERE id = :id", id=waiting[1].method_id)
    rig.charge()
    assert statuses(rig, waiting) == {"succeeded": 2, "waiting": 1}
    assert rig.count(Task, Task.kind == "charge_refused", Task.closed_at.is_(None)) == 1
    assert rig.session.scalar(select(func.count()).where(Customer.parked_at.is_not(None))) == 0


def test_an_answer_that_cannot_be_booked_parks_its_customer_alone(rig):
    waiting = rig.waiting(3)
    rig.sql(f"ALTER TABLE payments ADD CONSTRAINT spoiled CHECK (customer_id <> {waiting[1].customer_id}) NOT VALID")
    try:
        rig.charge()
    finally:
        rig.sql("ALTER TABLE payments DROP CONSTRAINT spoiled")
    assert statuses(rig, waiting) == {"succeeded": 2, "sending": 1}
    assert rig.all(Customer.id, Customer.parked_at.is_not(None)) == [waiting[1].customer_id]
    rig.live(minutes=3)
    assert statuses(rig, waiting) == {"succeeded": 3}
    assert Counter(rig.charged()) == Counter(one.reference for one in waiting)


def test_a_silence_that_cannot_be_recorded_parks_its_customer_alone(rig):
    first, second = rig.waiting(2)
    rig.twin.behave("timeout_before", seconds=0.01, times=2)
    rig.charge()
    spoiled = f"ALTER TABLE attempts ADD CONSTRAINT spoiled CHECK (id <> {first.id} OR status <> 'waiting') NOT VALID"
    rig.sql(spoiled)
    try:
        rig.live(minutes=40)
    finally:
        rig.sql("ALTER TABLE attempts DROP CONSTRAINT spoiled")
    assert rig.charged() == [second.reference]
    assert rig.all(Customer.id, Customer.parked_at.is_not(None)) == [first.customer_id]
    assert statuses(rig, [first]) == {"unknown": 1}


def test_a_gateway_that_is_down_for_sixteen_hours_charges_each_once_afterwards_and_nobody_falls_late(rig):
    waiting = rig.waiting(4)
    for call in ("charge", "verify"):
        rig.twin.behave("error_before", code="503", call=call)
    rig.charge()
    rig.live(hours=16)
    assert rig.charged() == []
    assert set(statuses(rig, waiting)) <= {"unknown", "waiting"}
    assert (rig.count(DunningCase), set(rig.all(Subscription.status))) == (0, {SubscriptionStatus.ACTIVE})
    rig.twin.twin.faults.clear()
    rig.live(days=5)
    assert statuses(rig, waiting) == {"succeeded": 4}
    assert sorted(rig.charged()) == sorted(one.reference for one in waiting)
    assert rig.count(DunningCase) == 0


def test_one_gateway_that_is_down_leaves_the_other_alone(rig, pushed):
    waiting = rig.waiting(2)
    for call in ("charge", "verify"):
        rig.twin.behave("error_before", code="503", call=call)
    rig.charge()
    pushed.go(rig.at)
    owed = pushed.owed()
    pushed.open(owed)
    pushed.pays(owed)
    pushed.work()
    assert (pushed.statuses(owed), pushed.money()[-1]) == (["succeeded"], 250_000)
    assert rig.charged() == []
    rig.twin.twin.faults.clear()
    rig.live(hours=2)
    pushed.go(rig.at)
    assert statuses(rig, waiting) == {"succeeded": 2}
    assert rig.broken() == {}
