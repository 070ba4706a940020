from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.invoicing.states import LineKind
from portal.invoicing.totals import by_rate, totals

amounts = some.builds(Money, some.integers(-(10**9), 10**9), some.just("IDR"))
lines = some.lists(some.tuples(some.sampled_from(list(LineKind)), amounts), max_size=20)


def rupiah(minor):
    return Money(minor, "IDR")


def test_an_invoice_adds_up_as_printed():
    sums = totals(
        [
            (LineKind.PLAN, rupiah(300_000)),
            (LineKind.DISCOUNT, rupiah(-30_000)),
            (LineKind.TAX, rupiah(29_700)),
            (LineKind.UNUSED_TIME, rupiah(-100_000)),
            (LineKind.TAX, rupiah(-11_000)),
        ],
        "IDR",
    )
    assert (sums.subtotal.minor, sums.discount.minor, sums.net.minor) == (200_000, -30_000, 170_000)
    assert (sums.tax.minor, sums.total.minor) == (18_700, 188_700)


def test_nothing_adds_up_to_nothing():
    assert totals([], "IDR").total == rupiah(0)


def test_taxes_are_summed_per_rate_in_order():
    taxes = [("PPN", rupiah(11)), ("Kota", rupiah(1)), ("PPN", rupiah(-4))]
    assert list(by_rate(taxes, "IDR").items()) == [("PPN", rupiah(7)), ("Kota", rupiah(1))]


@given(lines)
def test_the_total_is_the_sum_of_all_lines(parts):
    assert totals(parts, "IDR").total.minor == sum(amount.minor for _, amount in parts)


@given(lines)
def test_the_order_of_lines_changes_no_sum(parts):
    assert totals(parts, "IDR") == totals(parts[::-1], "IDR")


@given(some.lists(some.tuples(some.sampled_from("abc"), amounts), max_size=10))
def test_taxes_per_rate_sum_to_the_tax(taxes):
    whole = totals([(LineKind.TAX, amount) for _, amount in taxes], "IDR").tax
    assert Money.total(by_rate(taxes, "IDR").values(), "IDR") == whole
