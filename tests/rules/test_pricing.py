import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.catalogue.pricing import PriceModel, PriceTerms, Tier, price_of, tier_shares, tiers_of
from portal.core.errors import Invalid
from portal.core.money import Money

TIERS = (Tier(10, 500), Tier(50, 400, 1000), Tier(None, 300))
FLAT = PriceTerms(PriceModel.FLAT, "NGN", 9900)
SEATS = PriceTerms(PriceModel.PER_UNIT, "NGN", 1500)
TIERED = PriceTerms(PriceModel.TIERED, "NGN", tiers=TIERS)
VOLUME = PriceTerms(PriceModel.VOLUME, "NGN", tiers=TIERS)
PACKS = PriceTerms(PriceModel.PACKAGE, "NGN", 2000, package_units=100)
quantities = some.integers(0, 10_000)


@pytest.mark.parametrize(
    ("terms", "quantity", "minor"),
    [
        (FLAT, 0, 9900),
        (FLAT, 7, 9900),
        (SEATS, 0, 0),
        (SEATS, 3, 4500),
        (TIERED, 0, 0),
        (TIERED, 10, 5000),
        (TIERED, 11, 5000 + 400 + 1000),
        (TIERED, 50, 5000 + 40 * 400 + 1000),
        (TIERED, 60, 5000 + 40 * 400 + 1000 + 10 * 300),
        (VOLUME, 0, 0),
        (VOLUME, 10, 5000),
        (VOLUME, 11, 11 * 400 + 1000),
        (VOLUME, 60, 60 * 300),
        (PACKS, 0, 0),
        (PACKS, 1, 2000),
        (PACKS, 100, 2000),
        (PACKS, 101, 4000),
    ],
)
def test_what_a_quantity_costs(terms, quantity, minor):
    assert price_of(terms, quantity) == Money(minor, "NGN")


def test_a_negative_quantity_has_no_price():
    with pytest.raises(Invalid) as refusal:
        price_of(SEATS, -1)
    assert refusal.value.field == "quantity"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"model": PriceModel.FLAT, "amount_minor": -1}, "amount"),
        ({"model": PriceModel.PACKAGE, "amount_minor": 1, "package_units": 0}, "package_units"),
        ({"model": PriceModel.TIERED}, "tiers"),
        ({"model": PriceModel.VOLUME, "tiers": (Tier(10, 1),)}, "tiers"),
        ({"model": PriceModel.TIERED, "tiers": (Tier(10, 1), Tier(10, 1), Tier(None, 1))}, "tiers"),
        ({"model": PriceModel.TIERED, "tiers": (Tier(0, 1), Tier(None, 1))}, "tiers"),
        ({"model": PriceModel.TIERED, "tiers": (Tier(None, 1), Tier(None, 1))}, "tiers"),
        ({"model": PriceModel.TIERED, "tiers": (Tier(None, -1),)}, "tiers"),
    ],
)
def test_unsound_terms_are_refused(wrong, field):
    with pytest.raises(Invalid) as refusal:
        PriceTerms(currency="NGN", **wrong)
    assert refusal.value.field == field


def test_tiers_are_read_as_prices_store_them():
    assert tiers_of([[10, 500, 0], [50, 400, 1000], [None, 300, 0]]) == TIERS
    for wrong in ([[10, 500]], [5], [[10, "x", 0]]):
        with pytest.raises(Invalid):
            tiers_of(wrong)


@given(quantities)
def test_tiers_price_each_unit_exactly_once(quantity):
    assert sum(share.units for share in tier_shares(TIERED, quantity)) == quantity
    assert sum(share.units for share in tier_shares(VOLUME, quantity)) == quantity


@given(quantities, some.sampled_from([FLAT, SEATS, TIERED, PACKS]))
def test_more_never_costs_less(quantity, terms):
    assert price_of(terms, quantity + 1) >= price_of(terms, quantity)


@given(quantities, some.integers(1, 500))
def test_packages_cost_no_more_than_one_package_above_their_share(quantity, size):
    terms = PriceTerms(PriceModel.PACKAGE, "NGN", 700, package_units=size)
    assert 0 <= price_of(terms, quantity).minor * size - quantity * 700 < 700 * size
