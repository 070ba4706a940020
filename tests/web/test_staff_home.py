"""The staff's first page: today's renewals, the figures of the month, what waits for a person, and an empty house."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.catalogue.pricing import PriceModel, PriceTerms
from portal.core.db import transaction
from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.core.tasks import open_task
from portal.reporting.revenue import revenue
from portal.reporting.worth import Held, mrr
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.subscriptions.wishes import CancelChoices
from tests.factories import MONTH, NOON, STAFF, YEAR
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

HOME = "/billing/"
LAGOS = "Africa/Lagos"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


def test_an_empty_house_shows_what_leads_to_the_first_invoice(staff, make):
    page = staff.get(HOME).text
    assert "Publish a plan with a price" in page
    assert "0 of 5 done" in page
    make.price(45_000_00)
    assert "2 of 5 done" in staff.get(HOME).text


def test_the_figures_are_those_of_the_books(staff, make):
    make.subscription(make.price(45_000_00))
    make.subscription(make.price(10_000_00, currency="USD"))
    page = staff.get(HOME).text
    assert "45,000" in page
    assert "100% of what we expect" in page
    assert "10,000" not in page
    assert "10,000" in staff.get(f"{HOME}?currency=USD").text


def test_renewals_of_today_are_counted_where_they_happened(staff, make, travel):
    make.at = NOON - timedelta(days=28)
    make.subscription(make.price(45_000_00))
    at = datetime(2026, 3, 10, 5, 7, tzinfo=UTC)
    make.run(at)
    page = staff.get(HOME).text
    assert "1 renewal today" in page
    assert "by quarter hour: 1 done, 0 held, 0 to come; it is" in page


def test_what_waits_for_a_person_is_counted_by_kind_and_leads_there(staff, make):
    subscription = make.subscription(make.price(45_000_00))
    customer = make.session.get_one(type(make.customer()), subscription.customer_id)
    with transaction() as session:
        open_task(session, "customer_parked", customer.ref, at=NOON, customer_id=customer.id, reason="No tax rule")
    page = staff.get(HOME).text
    assert page.count("Customer parked") == 2
    assert "runs are held" in page
    assert "1 task is open" in page
    assert f"Customer parked: {customer.name}" in page
    assert f'href="/clients/{customer.ref}"' in page


@pytest.mark.parametrize("query", ["?currency=XXX", "?months=13", "?table=everything", "?currency=%00"])
def test_a_made_up_choice_is_refused(staff, query):
    assert staff.get(HOME + query).status_code in (400, 422)


def test_a_chart_comes_as_a_table_too_alone_for_htmx(staff, make):
    make.subscription(make.price(45_000_00))
    assert "<table" in staff.get(f"{HOME}?table=mrr").text
    part = staff.client.get(f"{HOME}?table=mrr&part=mrr", headers=HTMX).text
    assert part.strip().startswith('<section id="mrr"')


def test_the_page_takes_few_queries_whatever_there_is(staff, make):
    price = make.price(45_000_00)
    make.subscription(price)
    first = queries_of(staff, HOME)
    for _ in range(4):
        make.subscription(price)
    assert queries_of(staff, HOME) == first <= QUERIES


def test_a_year_is_worth_a_twelfth_and_a_week_more_than_four(make):
    def held(amount, interval, quantity=1, model=PriceModel.FLAT):
        return Held(PriceTerms(model, "NGN", amount), interval, quantity)

    assert mrr([held(12_000, YEAR)], "NGN") == Money(1_000, "NGN")
    assert mrr([held(100, MONTH, 5, PriceModel.PER_UNIT)], "NGN") == Money(500, "NGN")
    assert mrr([held(8_400, Interval(Unit.WEEK))], "NGN") == Money(36_500, "NGN")
    assert mrr([held(1_000, YEAR), held(1_000, YEAR)], "NGN") == Money(167, "NGN")


def test_movements_tell_new_from_more_from_less_from_gone(make, session):
    small, large = make.price(10_000_00, plan=make.plan(tier=1)), make.price(30_000_00, plan=make.plan(tier=2))
    make.at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    stays, grows, goes = (make.subscription(small) for _ in range(3))
    make.at = datetime(2026, 2, 5, 12, tzinfo=UTC)
    for subscription in (stays, grows, goes):
        for invoice in make.invoices(subscription):
            if invoice.open_minor:
                make.pay(invoice)
    make.run(make.at)
    for subscription in (stays, grows, goes):
        make.pay(make.invoice(subscription))
    change_plan(quote_change(grows.ref, [(large.ref, 1)], actor=STAFF, at=make.at), actor=STAFF, at=make.at)
    make.pay(make.invoice(grows))
    cancel_subscription(goes.ref, now=CancelChoices(), actor=STAFF, at=make.at)
    found = revenue(session, "NGN", today=date(2026, 2, 20), zone=LAGOS, months=2)
    january, february = found.months
    assert january.new == Money(30_000_00, "NGN")
    assert (february.new.minor, february.expansion.minor, february.churn.minor) == (0, 20_000_00, 10_000_00)
    assert february.net == Money(10_000_00, "NGN")
    assert found.mrr == Money(40_000_00, "NGN")
    assert found.series == (Money(30_000_00, "NGN"), Money(40_000_00, "NGN"))


def test_what_is_suspended_or_in_trial_does_not_count(make, session):
    price = make.price(10_000_00)
    for status in (Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.TRIALING, Status.PAUSED):
        make.subscription(price, status=status)
    assert revenue(session, "NGN", today=NOON.date(), zone=LAGOS).mrr == Money(20_000_00, "NGN")
