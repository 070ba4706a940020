"""Doing everything again at once changes nothing, whatever came before."""

from sqlalchemy import text

from portal.actions.create_subscription import create_subscription
from portal.actions.prove_books import KIND, prove_books
from portal.core.tasks import Task
from portal.gateways.base import Outcome
from portal.subscriptions.wishes import Beginning
from tests.factories import STAFF
from tests.scripted import SOFT

NOT_FACTS = {"ticks", "heartbeats", "billing_runs", "run_batches", "virtual_clock", "audit_entries", "outbox"}


def test_every_job_run_again_at_once_changes_nothing(world, make, gateway):
    price = make.price()
    for said in ((), (SOFT,), (SOFT, SOFT, Outcome.UNKNOWN), (Outcome.PENDING,)):
        customer = make.customer()
        make.method(customer)
        gateway.will(*said)
        create_subscription(customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, actor=STAFF, at=world.at)
        world.days(1.3)
    world.days(31)
    before = _everything(world)
    world.work(run=True)
    assert _everything(world) == before


def test_what_is_broken_becomes_a_task_until_it_holds_again(world, make):
    customer = make.customer()
    make.balance(customer, 100)
    world.work()
    assert prove_books(at=world.at) == 0
    _add_to_balances(world, 1)
    assert prove_books(at=world.at) == 1
    assert prove_books(at=world.at) == 1
    task = make.one(Task, Task.kind == KIND)
    assert (task.subject, task.closed_at) == ("balances_are_their_entries", None)
    _add_to_balances(world, -1)
    assert prove_books(at=world.at) == 0
    assert make.one(Task, Task.kind == KIND).closed_at is not None


def _add_to_balances(world, minor):
    world.session.execute(text("UPDATE customer_balances SET amount_minor = amount_minor + :m"), {"m": minor})
    world.session.commit()


def _everything(world):
    world.session.rollback()
    names = world.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return {
        name: sorted(world.session.scalars(text(f"SELECT CAST(t AS text) FROM {name} t")).all())
        for name in sorted(names)
        if name not in NOT_FACTS
    }
