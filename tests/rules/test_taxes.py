from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.invoicing.taxes import ANY, Sale, TaxMissing, TaxRate, TaxRule, Treatment, taxation, taxed

START, LATER = date(2020, 1, 1), date(2025, 4, 1)
VAT, VAT_LATER = TaxRate("ng-vat", 75_000, START), TaxRate("ng-vat", 100_000, LATER)
CITY = TaxRate("lagos-city", 10_000, START)
PPN = TaxRate("id-ppn", 110_000, START)
RATES = [VAT, VAT_LATER, CITY, PPN]
RULES = [
    TaxRule("NG", ("ng-vat",), START),
    TaxRule("NG", ("ng-vat", "lagos-city"), START, product_class="hosting"),
    TaxRule("NG", (), START, customer_class="exempt", treatment=Treatment.EXEMPT),
    TaxRule("ID", ("id-ppn",), START),
    TaxRule("ID", (), LATER, customer_class="business", treatment=Treatment.REVERSE_CHARGE),
    TaxRule("SE", ("se-moms",), START),
]
amounts = some.builds(Money, some.integers(-(10**9), 10**9), some.just("NGN"))
rates = some.lists(some.builds(TaxRate, some.text(max_size=3), some.integers(0, 300_000), some.just(START)), max_size=3)


def codes(country, customer_class=ANY, product_class="software", on=date(2024, 6, 1)):
    found = taxation(Sale(country, customer_class, product_class, on), RULES, RATES)
    return [(rate.code, rate.ppm) for rate in found.rates], found.treatment


@pytest.mark.parametrize(
    ("sale", "expected", "treatment"),
    [
        (("NG", "consumer"), [("ng-vat", 75_000)], Treatment.STANDARD),
        (("NG", "consumer", "software", LATER), [("ng-vat", 100_000)], Treatment.STANDARD),
        (("NG", "consumer", "hosting"), [("ng-vat", 75_000), ("lagos-city", 10_000)], Treatment.STANDARD),
        (("NG", "exempt", "hosting"), [], Treatment.EXEMPT),  # who buys is more particular than what
        (("ID", "business"), [("id-ppn", 110_000)], Treatment.STANDARD),
        (("ID", "business", "software", LATER), [], Treatment.REVERSE_CHARGE),
    ],
)
def test_the_most_particular_rule_in_force_decides(sale, expected, treatment):
    assert codes(*sale) == (expected, treatment)


@pytest.mark.parametrize(
    "sale",
    [("DE", "consumer"), ("NG", "consumer", "software", date(2019, 12, 31)), ("SE", "consumer")],
    ids=["no rule for the country", "no rule yet", "a rule whose rate has no value"],
)
def test_silence_is_never_no_tax(sale):
    with pytest.raises(TaxMissing) as refusal:
        codes(*sale)
    assert refusal.value.country == sale[0]


def test_a_seller_without_taxes_says_so_once():
    nowhere = [TaxRule(ANY, (), START, treatment=Treatment.OUTSIDE_SCOPE)]
    assert taxation(Sale("DE", "consumer", "software", LATER), nowhere, []).rates == ()


@pytest.mark.parametrize(
    ("minor", "levied", "inclusive", "net", "taxes"),
    [
        (100_000, [VAT], False, 100_000, [7_500]),
        (107_500, [VAT], True, 100_000, [7_500]),
        (100, [VAT], False, 100, [8]),  # 7.5 rounds away from zero
        (-100, [VAT], False, -100, [-8]),
        (100, [VAT], True, 93, [7]),
        (100_000, [VAT, CITY], False, 100_000, [7_500, 1_000]),
        (108_500, [VAT, CITY], True, 100_000, [7_500, 1_000]),
        (100_000, [], False, 100_000, []),
        (100_000, [], True, 100_000, []),
        (0, [VAT], False, 0, [0]),
    ],
)
def test_each_tax_of_a_line_is_rounded_once(minor, levied, inclusive, net, taxes):
    line = taxed(Money(minor, "NGN"), levied, inclusive=inclusive)
    assert (line.net.minor, [part.amount.minor for part in line.taxes]) == (net, taxes)


@given(amounts, rates)
def test_a_price_with_tax_is_paid_exactly(amount, levied):
    assert taxed(amount, levied, inclusive=True).gross == amount


@given(amounts, rates)
def test_a_credit_takes_back_the_very_tax_of_its_charge(amount, levied):
    for inclusive in (False, True):
        charge, credit = taxed(amount, levied, inclusive=inclusive), taxed(-amount, levied, inclusive=inclusive)
        assert credit.net == -charge.net
        assert [part.amount for part in credit.taxes] == [-part.amount for part in charge.taxes]


@given(some.integers(1_000, 10**9), some.integers(0, 300_000))
def test_taking_tax_out_and_putting_it_on_again_comes_back(minor, ppm):
    rate = TaxRate("vat", ppm, START)
    net = taxed(Money(minor, "NGN"), [rate], inclusive=True).net
    rounding = 1
    assert abs(taxed(net, [rate], inclusive=False).gross.minor - minor) <= rounding
