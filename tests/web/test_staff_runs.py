"""Billing runs for staff: starting one, watching it, and deciding about what was held."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.core.actors import Actor
from portal.core.business import Heartbeat, beat
from portal.core.clock import wall
from portal.customers.models import Customer
from portal.runs.models import BillingRun, RunItem
from portal.runs.states import RunItemStatus, RunStatus
from tests.factories import NOON, STAFF
from tests.people import make_user
from tests.web.account_world import HTMX, counted_queries

RUNS = "/billing/runs"
QUERIES = 8
LATER = NOON + timedelta(days=31)


@pytest.fixture
def staff(session, reader, travel):
    travel(LATER)
    reader.enter(session, make_user(session, "super_admin", name="Sade Akande"))
    return reader


def finished(make, *names: str) -> str:
    """A run that renewed a subscription of each customer."""
    price = make.price(45_000_00)
    for name in names:
        make.subscription(price, customer=make.customer(name=name))
    ref = plan_billing_run(None, actor=STAFF, at=LATER)
    while renew_subscriptions(ref, limit=100, actor=STAFF, at=LATER):
        pass
    return ref


def held(session) -> str:
    """A run that a stop line holds: the clock leapt."""
    beat(session, "billing_run", wall_at=wall(), at=NOON)
    session.commit()
    return plan_billing_run(None, actor=Actor.system("billing run"), at=LATER)


def test_a_run_is_started_by_hand_once(session, staff):
    answer = staff.post(RUNS, typed="run")
    assert answer.status_code == 303
    run = session.scalars(select(BillingRun)).one()
    assert answer.location == f"{RUNS}/{run.ref}"
    again = staff.post(RUNS, typed="RUN ")
    assert again.location == f"{RUNS}/{run.ref}"
    page = staff.get(again.location).text
    assert "under way already" in page
    assert "Sade Akande" in page
    assert session.scalar(select(func.count()).select_from(BillingRun)) == 1


@pytest.mark.parametrize(
    "fields", [{"typed": ""}, {"typed": "start"}, {}, {"typed": "run", "slot": "x"}, {"typed": "run", "form_key": ""}]
)
def test_a_run_that_is_not_typed_out_does_not_start(session, staff, fields):
    assert staff.post(RUNS, **fields).status_code == 422
    assert session.scalar(select(func.count()).select_from(BillingRun)) == 0


def test_a_finished_run_shows_what_it_billed(staff, make):
    ref = finished(make, "Zuma Analytics", "Lekki Insight Hub")
    page = staff.get(f"{RUNS}/{ref}").text
    for words in ("Finished", "2 of 2", "90,000", "Zuma Analytics", "Renewals 2", "By hand"):
        assert words in page
    assert "every 2s" not in page
    assert "http-equiv" not in page
    assert "90" not in staff.get(RUNS).text or "Finished" in staff.get(RUNS).text


def test_a_run_under_way_reads_itself_again_with_scripts_and_without(staff, make):
    ref = plan_billing_run(None, actor=STAFF, at=LATER)
    page = staff.get(f"{RUNS}/{ref}").text
    assert 'hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert staff.client.get(f"{RUNS}/{ref}", headers=HTMX).text.strip().startswith('<div id="run"')
    assert "Show the run under way" in staff.get(RUNS).text


def test_neither_page_grows_in_queries(staff, make):
    ref = finished(make, *(f"Customer number {number}" for number in range(28)))
    with counted_queries() as asked:
        page = staff.get(f"{RUNS}/{ref}").text
    assert len(asked) <= QUERIES
    assert "25 on this page" in page
    with counted_queries() as asked:
        staff.get(RUNS)
    assert len(asked) <= QUERIES


def test_a_held_run_says_why_and_is_released_with_a_reason(session, staff):
    ref = held(session)
    page = staff.get(f"{RUNS}/{ref}").text
    assert "The clock leapt" in page
    assert "face lad alarm" in page
    assert staff.post(f"{RUNS}/{ref}/release", seen=f"{RUNS}/{ref}", reason=" ").status_code == 422
    assert staff.post(f"{RUNS}/{ref}/release", seen=f"{RUNS}/{ref}", reason="We were on holiday").status_code == 303
    assert session.scalar(select(BillingRun.status)) is RunStatus.RUNNING
    assert session.scalar(select(func.count()).select_from(Heartbeat)) == 1


def test_a_held_run_is_aborted_and_a_closed_one_is_neither(session, staff):
    ref = held(session)
    assert staff.post(f"{RUNS}/{ref}/abort", seen=f"{RUNS}/{ref}", reason="Wrong clock").status_code == 303
    assert session.scalar(select(BillingRun.status)) is RunStatus.ABORTED
    assert staff.post(f"{RUNS}/{ref}/release", seen=f"{RUNS}/{ref}", reason="after all").status_code == 409
    assert "Aborted" in staff.get(f"{RUNS}/{ref}").text


def test_an_item_that_was_held_is_released_with_its_customer(session, staff, make):
    price = make.price(45_000_00)
    subscription = make.subscription(price, customer=make.customer(name="Kano Agro Data"))
    ref = plan_billing_run(None, actor=STAFF, at=LATER)
    customer = session.get_one(Customer, subscription.customer_id)
    customer.parked_at, customer.parked_reason = LATER, "Tax missing"
    run_id = session.scalar(select(BillingRun.id))
    values = {"status": RunItemStatus.HELD, "reason": "Tax missing", "facts": {}, "created_at": LATER}
    session.add(RunItem(run_id=run_id, subscription_id=subscription.id, **values))
    session.commit()
    while renew_subscriptions(ref, limit=100, actor=STAFF, at=LATER):
        pass
    page = staff.get(f"{RUNS}/{ref}").text
    assert "Kano Agro Data" in page
    assert "Tax missing" in page
    deed = f"{RUNS}/{ref}/items/{customer.ref}"
    assert staff.post(deed, seen=f"{RUNS}/{ref}", reason="").status_code == 422
    assert staff.post(deed, seen=f"{RUNS}/{ref}", reason="Tax rule added").status_code == 303
    session.refresh(customer)
    assert customer.parked_at is None
    session.expire_all()
    assert session.scalar(select(RunItem.status)) is RunItemStatus.RELEASED
    assert "Released" in staff.get(f"{RUNS}/{ref}").text


def test_who_may_only_look_starts_and_decides_nothing(session, reader, travel):
    travel(LATER)
    ref = held(session)
    reader.enter(session, make_user(session, "support"))
    page = reader.get(f"{RUNS}/{ref}").text
    assert "Abort" not in page
    assert reader.post(RUNS, typed="run").status_code == 403
    assert reader.post(f"{RUNS}/{ref}/abort", seen=f"{RUNS}/{ref}", reason="x").status_code == 403
    assert reader.get(f"{RUNS}/run_none").status_code == 404
    assert reader.get(f"{RUNS}?after=zz").status_code == 422
