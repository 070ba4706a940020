"""Several workers as processes, cut off from Redis and PostgreSQL or killed at any moment: each thing happens once."""

import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from jobs.app import connection
from jobs.billing_run import renew_due
from jobs.charges import charge_due
from jobs.schedule import TICKS
from jobs.scheduler import Scheduler
from portal.core.business import Tick
from portal.customers.models import Customer
from portal.payments.models import Attempt
from portal.runs.models import BillingRun
from tests.crashes.cutting import cutting
from tests.crashes.doomed import working
from tests.jobs.conftest import environment

KILLS = 5


def all_paid_once(house, count):
    rig = house.rig
    renewals = rig.renewals()
    assert len({one.subscription_id for one in renewals}) == len(renewals) == count
    assert {str(one.status) for one in renewals} == {"paid"}
    tries = rig.all(Attempt.reference, Attempt.invoice_id.in_([one.id for one in renewals]))
    assert Counter(rig.charged()) == Counter(tries)
    assert rig.count(Customer, Customer.parked_at.is_not(None)) == 0


def without_mails(house):
    house.rig.sql("UPDATE outbox SET posted_at = :at, next_action_at = NULL WHERE posted_at IS NULL", at=house.rig.at)


def is_taken_up(workers):
    """Let time pass until one of the waiting jobs has begun, so that what comes now comes in its middle."""
    cache = connection()
    waiting, deadline = cache.llen("rq:queue:money"), time.monotonic() + 60
    while cache.llen("rq:queue:money") == waiting and any(one.is_alive() for one in workers):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_four_worker_processes_bill_and_charge_one_book_once(house):
    rig = house.rig
    rig.due(8)
    rig.plan()
    for _ in range(4):
        renew_due.enqueue()
        charge_due.enqueue(rig.account.id)
    with working(environment(house.settings), "money", count=4) as workers:
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0] * 4
    without_mails(house)
    house.live(minutes=5)
    all_paid_once(house, 8)
    assert rig.all(BillingRun.status, BillingRun.slot.is_(None)) == ["finished"]


def test_the_queue_emptied_again_and_again_in_the_middle_of_a_run(house):
    rig = house.rig
    rig.due(6)
    rig.plan()
    rig.twin.behave("slow", seconds=0.05)
    for _ in range(5):
        without_mails(house)
        if not Scheduler().dispatch().due:
            break
        with working(environment(house.settings), "money") as workers:
            is_taken_up(workers)
            workers[0].join(0.1)
            connection().flushall()
            workers[0].join(20)
    without_mails(house)
    house.live(minutes=45)
    all_paid_once(house, 6)


def test_workers_killed_at_any_moment(house):
    """The moments are drawn, but the same in every run."""
    rig, drawn = house.rig, random.Random(2026)
    rig.due(6)
    rig.plan()
    rig.twin.behave("slow", seconds=0.1)
    killed = 0
    for _ in range(KILLS):
        without_mails(house)
        if not Scheduler().dispatch().due:
            break
        with working(environment(house.settings), "money", count=2) as workers:
            is_taken_up(workers)
            workers[0].join(drawn.random() * 0.3)
            killed += any(one.is_alive() for one in workers)
        connection().flushall()
    assert killed
    without_mails(house)
    house.live(hours=1)
    all_paid_once(house, 6)


def test_a_commit_whose_answer_is_lost_bills_nobody_twice(house, tmp_path):
    rig = house.rig
    rig.due(3)
    rig.plan()
    Scheduler().dispatch()
    sockets = Path(parse_qs(urlsplit(house.settings.database_url).query)["host"][0])
    name = urlsplit(house.settings.database_url).path
    with cutting(sockets, tmp_path, b"INSERT INTO invoices ") as line:
        through = replace(house.settings, database_url=f"postgresql://portal@{name}?host={tmp_path}")
        with working(environment(through), "money") as workers:
            workers[0].join(60)
        assert line.cuts == 1
    assert len(rig.renewals()) == 3
    without_mails(house)
    house.live(minutes=10)
    all_paid_once(house, 3)


def test_schedulers_at_the_same_instant_claim_each_slot_once(house):
    rig = house.rig
    rig.due(2)
    rig.at_once(*[lambda: Scheduler().dispatch()] * 4)
    assert rig.all(Tick.name) == sorted({tick.job.name for tick in TICKS})
    assert connection().llen("rq:queue:money") == 2  # the plan, and the revenue of the day
    without_mails(house)
    house.live(minutes=5)
    assert rig.count(BillingRun) == 1
    all_paid_once(house, 2)
