"""Many workers at one book: each period is billed once, numbers have no hole, and whoever breaks it is alone."""

import time

import pytest
from sqlalchemy import text

from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.core import crashes
from portal.core.audit import AuditEntry
from portal.core.db import db, transaction
from portal.core.errors import Busy
from portal.core.outbox import OutboxEntry
from portal.core.tasks import Task
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt
from portal.runs.models import BillingRun, RunBatch, RunItem
from portal.subscriptions.models import Subscription
from tests.concurrency.rig import RULE

BROKEN_TIERS = """
    UPDATE prices SET model = 'tiered', tiers = '[["x"]]' WHERE id =
    (SELECT price_id FROM subscription_items WHERE subscription_id = :id)
"""


def renewing(rig, run):
    def work():
        done = 0
        while billed := renew_subscriptions(run, limit=100, actor=RULE, at=rig.at):
            done += billed
        return done

    return work


def test_eight_workers_bill_each_period_once_under_numbers_without_holes(rig):
    due = rig.due(16)
    run = rig.plan()
    done = rig.at_once(*[renewing(rig, run)] * 8)
    assert sum(done) == 16
    assert sorted(one.subscription_id for one in rig.renewals()) == sorted(one.id for one in due)
    numbers = rig.all(Invoice.number)
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(rig.all(RunBatch.done)) == 16
    assert rig.all(BillingRun.status) == ["finished"]


def test_renewing_again_and_twice_at_once_changes_nothing(rig):
    rig.due(3)
    rig.renew()
    tables = (Invoice, Attempt, OutboxEntry, RunBatch)
    before = [rig.count(table) for table in tables]
    run = rig.plan()
    assert rig.at_once(*[renewing(rig, run)] * 2) == [0, 0]
    assert [rig.count(table) for table in tables] == [*before[:2], before[2] + 1, before[3]]  # and "run.finished"


def test_eight_planners_of_one_slot_plan_one_run(rig):
    rig.due(2)
    planned = rig.at_once(*[lambda: plan_billing_run(rig.at, actor=RULE, at=rig.at)] * 8)
    assert len([ref for ref in planned if ref]) == 1
    assert rig.count(BillingRun) == 1
    assert plan_billing_run(None, actor=RULE, at=rig.at) is None  # one at a time


def test_a_claim_that_finds_everything_done_is_not_the_end(rig, stumble):
    """Another worker had the claimed customers in the moment between the claim and the look at what is due."""
    *taken, late = rig.due(3)
    ids = [one.id for one in taken]
    due_at = rig.session.get_one(Subscription, late.id).next_action_at
    run = rig.plan()
    rig.sql("UPDATE subscriptions SET next_action_at = next_action_at + interval '1 year' WHERE id = :id", id=late.id)
    stumble("C-02:1:sleep")

    def snatch():
        time.sleep(crashes.SLEEP_SECONDS / 2)
        with db.engine.begin() as other:
            move = text("UPDATE subscriptions SET next_action_at = :at WHERE id = ANY(:ids)")
            other.execute(move, {"at": due_at.replace(year=due_at.year + 1), "ids": ids})
            other.execute(move, {"at": due_at, "ids": [late.id]})

    done, _ = rig.at_once(renewing(rig, run), snatch)
    assert done == 1
    assert [one.subscription_id for one in rig.renewals()] == [late.id]
    rig.sql("UPDATE subscriptions SET next_action_at = :at WHERE id = ANY(:ids)", at=due_at, ids=ids)
    rig.renew()


def test_who_finds_only_what_another_has_locked_does_not_end_the_run(rig, stumble):
    rig.due(2)
    run = rig.plan()
    stumble("C-02:1:sleep")
    seen = []

    def come_late():
        time.sleep(crashes.SLEEP_SECONDS / 2)
        seen.append(renew_subscriptions(run, limit=100, actor=RULE, at=rig.at))
        with db.engine.begin() as other:
            seen.append(other.scalar(text("SELECT status FROM billing_runs")))

    done, _ = rig.at_once(renewing(rig, run), come_late)
    assert (done, seen) == (2, [0, "running"])
    assert rig.all(BillingRun.status) == ["finished"]


def test_one_customer_that_cannot_be_billed_is_parked_alone(rig):
    subscriptions = rig.due(4)
    culprit = subscriptions[1]
    rig.sql(BROKEN_TIERS, id=culprit.id)
    rig.renew()
    assert {one.subscription_id for one in rig.renewals()} == {one.id for one in subscriptions} - {culprit.id}
    assert rig.all(Customer.id, Customer.parked_at.is_not(None)) == [culprit.customer_id]
    assert rig.all(RunItem.subscription_id) == [culprit.id]
    assert rig.all(RunItem.status) == ["failed"]
    assert rig.all(BillingRun.status) == ["finished_with_exceptions"]
    assert rig.all(Task.customer_id, Task.kind == "customer_parked", Task.closed_at.is_(None)) == [culprit.customer_id]
    assert rig.count(AuditEntry, AuditEntry.deed == "customer.parked") == 1
    numbers = rig.all(Invoice.number)
    assert numbers == list(range(1, len(numbers) + 1))


def test_eight_workers_and_a_culprit(rig):
    subscriptions = rig.due(8)
    rig.sql(BROKEN_TIERS, id=subscriptions[3].id)
    run = rig.plan()
    results = rig.at_once(*[renewing(rig, run)] * 8)
    assert not [one for one in results if isinstance(one, Exception)]
    assert len(rig.renewals()) == 7
    assert rig.all(Customer.id, Customer.parked_at.is_not(None)) == [subscriptions[3].customer_id]
    assert rig.all(BillingRun.status) == ["finished_with_exceptions"]


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_server_that_gives_up_a_commit_parks_nobody(rig, code):
    """The whole block is repeated, customer by customer, as often as the server breaks it."""
    rig.due(2)
    rig.sql("CREATE SEQUENCE broken_commits")
    rig.sql(f"""
        CREATE FUNCTION break_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('broken_commits') <= 3 THEN RAISE EXCEPTION 'busy' USING ERRCODE = '{code}'; END IF;
          RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER break_commit AFTER INSERT ON invoices DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION break_commit()
    """)
    try:
        rig.renew()
    finally:
        rig.sql("DROP TRIGGER break_commit ON invoices; DROP FUNCTION break_commit; DROP SEQUENCE broken_commits")
    assert len(rig.renewals()) == 2
    assert rig.count(Customer, Customer.parked_at.is_not(None)) == 0


def test_a_customer_whom_a_page_holds_is_neither_parked_nor_left_behind(rig):
    """Claims pass over whoever is locked; what they passed over is still part of the run."""
    first, busy = rig.due(2)
    run = rig.plan()
    work = renewing(rig, run)
    with db.engine.begin() as page:
        page.execute(text("SELECT FROM customers WHERE id = :id FOR NO KEY UPDATE"), {"id": busy.customer_id})
        assert rig.at_once(work) == [1]
        assert rig.all(BillingRun.status) == ["running"]
    assert work() == 1
    assert [one.subscription_id for one in rig.renewals()] == [first.id, busy.id]
    assert rig.all(BillingRun.status) == ["finished"]


def test_a_page_that_waits_for_a_lock_says_so_and_a_worker_waits(rig):
    customer = rig.make.customer()

    def at_a_page():
        with rig.app.test_request_context(), transaction() as session:
            return customers.lock(session, customer.id).id

    def in_a_worker():
        with transaction() as session:
            return customers.lock(session, customer.id).id

    def hold():
        with db.engine.begin() as other:
            other.execute(text("SELECT FROM customers WHERE id = :id FOR NO KEY UPDATE"), {"id": customer.id})
            time.sleep(3.6)

    def late(call):
        return lambda: time.sleep(0.2) or call()

    _, page, worker = rig.at_once(hold, late(at_a_page), late(in_a_worker))
    assert isinstance(page, Busy)
    assert worker == customer.id


def test_a_zone_that_is_behind_the_former_one_puts_the_renewal_off(rig):
    """It was due at midnight in Jakarta; its customer lives in Los Angeles now, where that day has not begun."""
    customer = rig.make.customer(zone="Asia/Jakarta")
    subscription = rig.subscription(customer=customer)
    rig.go(subscription.next_action_at)
    rig.sql("UPDATE customers SET zone = 'America/Los_Angeles' WHERE id = :id", id=customer.id)
    run = rig.plan()
    assert renew_subscriptions(run, limit=5, actor=RULE, at=rig.at) <= 1
    assert renew_subscriptions(run, limit=5, actor=RULE, at=rig.at) == 0
    assert rig.renewals() == []
    rig.go(rig.make.one(Subscription).next_action_at)
    rig.renew()
    assert [f"{one.period_start_on}" for one in rig.renewals()] == ["2026-04-10"]
