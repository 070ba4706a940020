import copy
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.book.replay import ReplayError, replay
from portal.catalogue.pricing import PriceModel, PriceTerms, Tier
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.periods import Period
from portal.invoicing.derivation import (
    amount_off,
    by_hand,
    percent_off,
    priced,
    remaining_time,
    steps,
    unused_time,
    with_taxes,
)
from portal.invoicing.taxes import TaxRate

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
THE_16TH = date(2026, 4, 16)
VAT = TaxRate("ng-vat", 75_000, date(2020, 1, 1), name="VAT")
CITY = TaxRate("lagos-city", 10_000, date(2020, 1, 1))
SEATS = PriceTerms(PriceModel.PER_UNIT, "NGN", 1_501)
VOLUME = PriceTerms(PriceModel.VOLUME, "NGN", tiers=(Tier(10, 500), Tier(None, 300, 1_000)))


def naira(minor):
    return Money(minor, "NGN")


def stored(figure):
    """What the database gives back."""
    return json.loads(json.dumps(figure.derivation))


tiers = some.builds(
    lambda widths, units, last: (
        *(Tier(sum(widths[: n + 1]), unit, n * 10) for n, unit in enumerate(units[: len(widths)])),
        last,
    ),
    some.lists(some.integers(1, 50), min_size=4, max_size=4),
    some.lists(some.integers(0, 9_999), min_size=1, max_size=4),
    some.builds(Tier, some.none(), some.integers(0, 9_999), some.integers(0, 9_999)),
)
terms = some.builds(
    PriceTerms,
    some.sampled_from(list(PriceModel)),
    some.just("NGN"),
    some.integers(0, 10**7),
    tiers,
    some.integers(1, 100),
)
rates = some.lists(some.builds(TaxRate, some.just("t"), some.integers(0, 300_000), some.just(VAT.from_on)), max_size=3)


@some.composite
def days_in_a_period(draw):
    start, length = draw(some.dates(date(2020, 1, 1), date(2035, 12, 31))), draw(some.integers(1, 366))
    return Period(start, start + timedelta(days=length)), start + timedelta(days=draw(some.integers(0, length - 1)))


def test_a_derivation_is_written_down_like_this():
    assert stored(remaining_time(priced(SEATS, 3), APRIL, THE_16TH)) == {
        "currency": "NGN",
        "ops": [
            {"rule": "price", "model": "per_unit", "quantity": 3, "unit_minor": 1501, "result_minor": 4503},
            {"rule": "remaining_time", "days_left": 15, "days": 30, "result_minor": 2252},
        ],
    }


@pytest.mark.parametrize(
    ("figure", "minor"),
    [
        (priced(SEATS, 3), 4_503),
        (priced(VOLUME, 12), 12 * 300 + 1_000),
        (remaining_time(priced(SEATS, 3), APRIL, THE_16TH), 2_252),
        (unused_time(naira(4_503), APRIL, THE_16TH), -2_252),
        (percent_off(naira(4_503), 100_000), -450),
        (amount_off(naira(4_503), naira(5_000)), -4_503),
        (by_hand(naira(-250), 4), -1_000),
        (with_taxes(priced(SEATS, 1), [VAT], inclusive=False).taxes[0][1], 113),
        (with_taxes(priced(SEATS, 1), [VAT, CITY], inclusive=True).net, 1_501 - 104 - 14),
    ],
)
def test_a_figure_replays_to_its_amount(figure, minor):
    assert figure.amount == naira(minor)
    assert replay(stored(figure)) == minor


def test_tax_after_a_discount_is_reckoned_on_what_is_left():
    line = with_taxes(by_hand(naira(10_000), 1), [VAT], inclusive=False, base=naira(8_000))
    assert line.taxes[0][1].amount == naira(600)
    with pytest.raises(Invalid):
        with_taxes(by_hand(naira(10_000), 1), [VAT], inclusive=True, base=naira(8_000))


@pytest.mark.parametrize("wrong", [lambda: percent_off(naira(1), 1_000_001), lambda: amount_off(naira(1), naira(-1))])
def test_a_discount_is_between_nothing_and_everything(wrong):
    with pytest.raises(Invalid):
        wrong()


def test_steps_carry_money_and_no_language():
    told = steps(stored(remaining_time(priced(SEATS, 3), APRIL, THE_16TH)))
    assert [step["label"] for step in told] == ["price.per_unit", "remaining_time"]
    assert told[0]["values"] == {"model": "per_unit", "quantity": 3, "unit": naira(1_501)}
    assert told[1] == {
        "rule": "remaining_time",
        "label": "remaining_time",
        "values": {"days_left": 15, "days": 30},
        "result": naira(2_252),
    }


@pytest.mark.parametrize(
    ("figure", "label"),
    [
        (with_taxes(priced(SEATS, 1), [VAT], inclusive=False).taxes[0][1], "tax.exclusive"),
        (with_taxes(priced(SEATS, 1), [VAT], inclusive=True).taxes[0][1], "tax.inclusive"),
        (with_taxes(priced(SEATS, 1), [VAT], inclusive=True).net, "net_of_tax"),
        (percent_off(naira(1), 1), "discount.percent"),
        (amount_off(naira(1), naira(1)), "discount.amount"),
        (by_hand(naira(1), 1), "manual"),
        (priced(VOLUME, 2), "price.volume"),
    ],
)
def test_each_last_step_has_a_sentence_of_its_own(figure, label):
    assert steps(stored(figure))[-1]["label"] == label


def test_tiers_are_told_as_money():
    first, last = steps(stored(priced(VOLUME, 2)))[0]["values"]["tiers"]
    assert first == {"up_to": 10, "unit": naira(500), "flat": naira(0)}
    assert last["up_to"] is None


@given(terms, some.integers(0, 300), days_in_a_period(), rates, some.booleans())
def test_whatever_is_charged_replays(price, quantity, when, levied, inclusive):
    line = with_taxes(remaining_time(priced(price, quantity), *when), levied, inclusive=inclusive)
    for figure in (line.net, *(tax for _, tax in line.taxes)):
        assert replay(stored(figure)) == figure.amount.minor


@given(some.integers(-(10**9), 10**9), days_in_a_period(), some.integers(0, 1_000_000))
def test_whatever_is_given_back_replays(minor, when, ppm):
    for figure in (unused_time(naira(minor), *when), percent_off(naira(minor), ppm)):
        assert replay(stored(figure)) == figure.amount.minor


@given(terms, some.integers(1, 300), days_in_a_period(), rates, some.data())
def test_an_altered_input_never_replays_to_another_amount_unseen(price, quantity, when, levied, data):
    figure = with_taxes(remaining_time(priced(price, quantity), *when), levied, inclusive=True).net
    forged = copy.deepcopy(stored(figure))
    op = data.draw(some.sampled_from(forged["ops"]))
    op["result_minor"] += data.draw(some.integers(1, 1_000))
    with pytest.raises(ReplayError):
        replay(forged)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"currency": "NGN", "ops": []},
        {"currency": "NGN", "ops": [{"rule": "magic", "result_minor": 1}]},
        {"currency": "NGN", "ops": [{"rule": "manual", "unit_minor": 1.0, "quantity": 1, "result_minor": 1}]},
        {"currency": "NGN", "ops": [{"rule": "manual", "unit_minor": True, "quantity": 1, "result_minor": 1}]},
        {"currency": "NGN", "ops": [{"rule": "remaining_time", "days_left": 1, "days": 2, "result_minor": 1}]},
        {"currency": "NGN", "ops": [{"rule": "unused_time", "charged_minor": 1, "days_left": 1, "days": 0}]},
        {"currency": "NGN", "ops": [{"rule": "price", "model": "guess", "quantity": 1, "result_minor": 1}]},
        {"currency": "NGN", "ops": [{"rule": "manual", "unit_minor": 1, "quantity": 1}]},
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_an_amount(broken):
    with pytest.raises(ReplayError):
        replay(broken)


def test_the_evaluator_shares_no_code_with_what_it_judges():
    source = Path(replay.__code__.co_filename).read_text()
    assert "import portal" not in source
    assert "from portal" not in source


@given(terms, some.integers(0, 300))
def test_a_figure_says_the_same_amount_as_its_last_step(price, quantity):
    figure = priced(price, quantity)
    assert steps(stored(figure))[-1]["result"] == figure.amount
