"""Lists of subscriptions: a page by keyset, narrowed, with a number of queries that does not grow with the rows."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.core.db import db
from portal.core.errors import NotFound
from portal.subscriptions import queries
from portal.subscriptions.queries import Filters
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import STAFF


@pytest.fixture
def statements(app):
    """What was asked of the database."""
    asked = []
    listen = (db.engine, "before_cursor_execute", lambda *how: asked.append(how[2]))
    event.listen(*listen)
    yield asked
    event.remove(*listen)


def listed(make, **how):
    make.session.expire_all()
    return [row.subscription.id for row in queries.page(make.session, Filters(**how))]


def test_pages_follow_each_other_without_gap_or_repeat(make):
    price = make.price()
    wanted = []
    for day in range(5):
        make.at += timedelta(days=day % 2)
        wanted.append(make.subscription(price).id)
    cancel_subscription(make.subscription(price).ref, actor=STAFF, at=make.at)

    found, after = [], None
    while rows := queries.page(make.session, Filters(), after=after, limit=2):
        found += [row.subscription.id for row in rows[:2]]
        after = queries.key_of(rows[:2][-1].subscription)

    assert found[:5] == wanted
    assert len(found) == len(set(found)) == 6


def test_the_list_is_narrowed_by_status_plan_day_words_and_change(make):
    plan = make.plan(tier=1)
    basic, pro = make.price(1_000_00, plan=plan), make.price(2_000_00, plan=make.plan(tier=2))
    trial, plain = make.subscription(basic, status=SubscriptionStatus.TRIALING), make.subscription(basic)
    going_down = make.subscription(pro, customer=make.customer(name="Zainab & Sons"))
    quote = quote_change(going_down.ref, [(basic.ref, 1)], actor=STAFF, at=make.at)
    change_plan(quote, actor=STAFF, at=make.at)

    assert listed(make, statuses=frozenset({SubscriptionStatus.TRIALING})) == [trial.id]
    assert listed(make, plan_ref=plan.ref) == [trial.id, plain.id]
    assert listed(make, bill_until_on=date(2026, 3, 31)) == [trial.id]
    assert listed(make, bill_from_on=date(2026, 4, 1)) == [plain.id, going_down.id]
    assert listed(make, trial_ends_until_on=date(2026, 3, 24)) == [trial.id]
    assert listed(make, words="zainab") == listed(make, has_change=True) == [going_down.id]
    assert listed(make, words=plain.ref) == [plain.id]


def test_a_page_with_its_items_takes_two_queries(make, statements):
    price = make.price()
    plan_id = price.plan_id
    for _ in range(4):
        make.subscription(price)
    make.session.expunge_all()
    statements.clear()

    rows = queries.page(make.session, Filters())
    items = queries.live_items(make.session, [row.subscription.id for row in rows])

    assert [items[row.subscription.id][0].plan.id for row in rows] == [plan_id] * 4
    assert len(statements) == 2


def test_somebody_elses_subscription_is_not_found(make):
    subscription = make.subscription()

    assert queries.own(make.session, subscription.customer_id, subscription.ref) == subscription
    with pytest.raises(NotFound):
        queries.own(make.session, make.customer().id, subscription.ref)


def test_live_ones_come_first_and_are_counted(make):
    customer, price = make.customer(), make.price()
    live = make.subscription(price, customer=customer)
    ended = make.subscription(price, customer=customer, status=SubscriptionStatus.CANCELED)

    assert [row.id for row in queries.of_customer(make.session, customer.id)] == [live.id, ended.id]
    assert [row.id for row in queries.of_customer(make.session, customer.id, live_only=True)] == [live.id]
    assert queries.counts(make.session) == {SubscriptionStatus.ACTIVE: 1, SubscriptionStatus.CANCELED: 1}
    assert queries.subscribers(make.session, price.plan_id) == 1
