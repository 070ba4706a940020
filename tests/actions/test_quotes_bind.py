"""X1: whatever happens between offer and acceptance, it is charged to the minor unit, or nothing happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from portal.actions.change_plan import change_plan
from portal.actions.change_price import change_price
from portal.actions.quote_change import quote_change
from portal.actions.quote_start import quote_start
from portal.actions.retire_plan import retire_plan
from portal.actions.start_subscription import start_subscription
from portal.catalogue.models import Plan
from portal.catalogue.pricing import PriceModel
from portal.catalogue.versions import PriceWish
from portal.core.audit import AuditEntry
from portal.core.errors import Refused
from portal.core.outbox import OutboxEntry
from portal.customers.models import Customer
from portal.invoicing.models import CreditNote, Invoice
from portal.journal.models import JournalEntry
from portal.payments.models import Attempt
from portal.quotes.models import Quote
from portal.subscriptions.models import ScheduledChange, Subscription, SubscriptionChange, SubscriptionItem
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import MONTH, STAFF

WRITTEN = (
    AuditEntry, Attempt, CreditNote, Invoice, JournalEntry, OutboxEntry, ScheduledChange, Subscription,
    SubscriptionChange, SubscriptionItem,
)  # fmt: skip

MINUTE = timedelta(minutes=1)
codes = count(1)
amounts = some.integers(0, 90_000_00)
meanwhile = some.lists(
    some.one_of(
        some.tuples(some.just("wait"), some.integers(0, 29)),
        some.tuples(some.just("wait"), some.integers(0, 600)),
        some.tuples(some.just("price"), amounts),
        some.tuples(some.just("tax"), some.integers(0, 300_000)),
        some.tuples(some.just("balance"), some.integers(1, 50_000_00)),
        some.tuples(some.just("exempt"), some.booleans()),
        some.tuples(some.just("retire"), some.just(0)),
        some.tuples(some.just("quantity"), some.integers(1, 9)),
    ),
    max_size=3,
)
instants = some.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
rates = some.integers(0, 250_000)
zones = some.sampled_from(["Africa/Lagos", "Asia/Jakarta", "Pacific/Auckland", "America/New_York"])


def happens(make, customer, plan, what, how, subscription=None):
    """One thing that comes between."""
    if what == "wait":
        make.at += timedelta(minutes=how)
    elif what == "price":
        wish = PriceWish(currency="NGN", interval=MONTH, amount_minor=how, model=PriceModel.PER_UNIT)
        if make.one(Plan, Plan.id == plan.id).archived_at is None:
            change_price(plan.ref, wish, actor=STAFF, at=make.at)
    elif what == "tax":
        make.tax(how, code=f"T{next(codes)}")
    elif what == "balance":
        make.balance(customer, how)
    elif what == "exempt":
        make.one(Customer, Customer.id == customer.id).is_tax_exempt = how
        make.session.commit()
    elif what == "retire":
        retire_plan(plan.ref, actor=STAFF, at=make.at)
    elif subscription is not None:
        own = make.one(SubscriptionItem, SubscriptionItem.subscription_id == subscription.id)
        own.quantity = how
        make.session.commit()


def written(make):
    make.session.rollback()
    return [make.session.scalar(select(func.count()).select_from(table)) for table in WRITTEN]


def collected(make, quote):
    """What the acceptance charged now: the attempt of its invoice, or what is open without a card."""
    invoice = make.session.scalar(select(Invoice).where(Invoice.quote_id == quote.id))
    if invoice is None:
        return None, 0
    attempt = make.session.scalar(select(Attempt).where(Attempt.invoice_id == invoice.id))
    return invoice, attempt.amount_minor if attempt else invoice.open_minor


@pytest.fixture
def clean(sweeper, make):
    """Each example begins on an empty database."""

    def begin(at, tax):
        make.session.rollback()
        sweeper()
        make.session.expunge_all()
        make.at = at
        make.tax(tax)
        return make

    return begin


several = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@several
@given(
    at=instants, zone=zones, amount=amounts, seats=some.integers(1, 5), tax=some.integers(0, 250_000), events=meanwhile
)
def test_a_start_costs_what_was_shown_or_nothing_happens(clean, at, zone, amount, seats, tax, events):
    make = clean(at, tax)
    customer, plan = make.customer(zone=zone), make.plan()
    make.method(customer)
    price = make.price(amount, plan=plan)
    ref = quote_start(customer.id, [(price.ref, seats)], actor=STAFF, at=make.at)
    quote = make.one(Quote, Quote.ref == ref)
    for what, how in events:
        happens(make, customer, plan, what, how)
    before = written(make)

    try:
        start_subscription(ref, actor=STAFF, at=make.at)
    except Refused:
        assert written(make) == before
        assert make.one(Quote, Quote.ref == ref).status == "offered"
    else:
        invoice, due = collected(make, quote)
        assert (invoice.total_minor, due) == (quote.total_minor, quote.due_minor)


@several
@given(
    at=instants,
    amounts=some.tuples(amounts, amounts),
    days=some.integers(0, 27),
    tax=rates,
    events=meanwhile,
)
def test_a_change_costs_what_was_shown_or_nothing_happens(clean, at, amounts, days, tax, events):
    make = clean(at, tax)
    customer, plan = make.customer(), make.plan(tier=2)
    basic, pro = make.price(amounts[0], plan=make.plan(tier=1)), make.price(amounts[1], plan=plan)
    subscription = make.subscription(basic, customer=customer)
    make.at += timedelta(days=days)
    ref = quote_change(subscription.ref, [(pro.ref, 1)], actor=STAFF, at=make.at)
    quote = make.one(Quote, Quote.ref == ref)
    for what, how in events:
        happens(make, customer, plan, what, how, subscription)
    before = written(make)

    try:
        change_plan(ref, actor=STAFF, at=make.at)
    except Refused:
        assert written(make) == before
    else:
        invoice, due = collected(make, quote)
        noted = make.session.scalar(select(func.coalesce(func.sum(CreditNote.total_minor), 0)))
        assert due == quote.due_minor
        assert (invoice.total_minor if invoice else 0) - noted == quote.total_minor
        assert make.one(Subscription).status is SubscriptionStatus.ACTIVE


def test_two_clicks_at_the_same_instant_start_one_subscription(app, make):
    customer = make.customer()
    make.method(customer)
    ref = quote_start(customer.id, [(make.price().ref, 1)], actor=STAFF, at=make.at)

    def click(_):
        with app.app_context():
            return start_subscription(ref, actor=STAFF, at=make.at)

    with ThreadPoolExecutor(8) as clicks:
        begun = set(clicks.map(click, range(8)))

    assert begun == {make.one(Subscription).ref}
    assert make.one(Attempt).amount_minor == make.one(Invoice).total_minor == 10_000_00


def test_a_quote_of_march_is_for_the_customers_day(make):
    make.at = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    customer = make.customer(zone="Africa/Lagos")
    ref = quote_start(customer.id, [(make.price().ref, 1)], actor=STAFF, at=make.at)

    assert make.one(Quote, Quote.ref == ref).on_day == date(2026, 4, 1)
