"""Plans are published, their prices change by versions, and who has one keeps it."""

import pytest
from sqlalchemy.exc import DatabaseError

from portal.actions.change_price import change_price
from portal.actions.publish_plan import PlanTerms, publish_plan
from portal.actions.retire_plan import retire_plan
from portal.catalogue import queries
from portal.catalogue.models import CreditType, Plan, Price
from portal.catalogue.pricing import PriceModel
from portal.catalogue.versions import PriceWish
from portal.core.errors import Invalid, PortalError, Refused
from tests.factories import MONTH, STAFF, YEAR


def published(make, *prices, **terms):
    wanted = PlanTerms(**({"family": "main", "tier": 1, "name": "Team"} | terms))
    ref = publish_plan(wanted, prices, actor=STAFF, at=make.at)
    return make.one(Plan, Plan.ref == ref)


def monthly(amount_minor, **changed):
    return PriceWish(currency="NGN", interval=MONTH, amount_minor=amount_minor, **changed)


def test_a_plan_is_sold_at_each_of_its_prices(make, session):
    plan = published(make, monthly(5_000_00), PriceWish(currency="NGN", interval=YEAR, amount_minor=50_000_00))

    sold = queries.on_sale(session, currency="NGN")

    assert [(row.plan.id, row.price.amount_minor, row.price.version) for row in sold] == [
        (plan.id, 5_000_00, 1),
        (plan.id, 50_000_00, 1),
    ]


def test_a_plan_grants_credits_of_known_types_only(make, session):
    session.add(CreditType(code="calls", name="Calls", turn="resets"))
    session.commit()

    plan = published(make, monthly(0), credits={"calls": 1_000})

    assert [(row.credit_type.code, row.units) for row in queries.credits_of(session, [plan.id])] == [("calls", 1_000)]
    with pytest.raises(Invalid):
        published(make, tier=2, credits={"unknown": 1})


def test_a_changed_price_is_a_version_of_its_own_and_who_has_the_former_is_renewed_with_it(make, session):
    plan = published(make, monthly(5_000_00))
    price = make.one(Price)
    make.tax(0)
    subscription = make.subscription(price)

    change_price(plan.ref, monthly(6_000_00), actor=STAFF, at=make.at)
    make.run(make.at.replace(month=4))

    assert queries.current_price(session, plan.id, "NGN", MONTH).amount_minor == 6_000_00
    assert [row.version for row in queries.prices_of(session, plan.id)] == [2, 1]
    assert make.invoice(subscription).total_minor == 5_000_00


def test_the_database_refuses_to_change_a_price_that_somebody_has(make, session):
    price = make.price()
    make.subscription(price)
    row = make.one(Price)
    row.amount_minor = 1

    with pytest.raises(DatabaseError):
        session.commit()
    session.rollback()


def test_a_retired_plan_is_not_sold_and_gets_no_prices(make, session):
    plan = published(make, monthly(5_000_00))

    retire_plan(plan.ref, actor=STAFF, at=make.at)
    retire_plan(plan.ref, actor=STAFF, at=make.at)

    assert queries.on_sale(session) == []
    with pytest.raises(Refused):
        change_price(plan.ref, monthly(1), actor=STAFF, at=make.at)


def test_a_tier_is_taken_once_per_family(make):
    published(make)

    with pytest.raises(Refused):
        published(make)


@pytest.mark.parametrize(
    "wish",
    [
        monthly(-1),
        monthly(10**16),
        monthly(1, package_units=0),
        monthly(0, model=PriceModel.TIERED),
        monthly(0, model=PriceModel.TIERED, tiers=[[10, -5, 0], [None, 1, 0]]),
        PriceWish(currency="XXX", interval=MONTH),
    ],
)
def test_unsound_prices_are_refused(make, wish):
    with pytest.raises(PortalError):
        published(make, wish)


@pytest.mark.parametrize(
    "terms", [{"name": " "}, {"family": ""}, {"kind": "thing"}, {"trial_days": -1}, {"tier": -1}, {"name": "x" * 200}]
)
def test_unsound_plans_are_refused(make, terms):
    with pytest.raises(Invalid):
        published(make, **terms)
