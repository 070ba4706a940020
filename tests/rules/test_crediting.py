"""The tax that goes back with a part of a line: rounded once, never more than was charged, whole with the last part."""

from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.invoicing.crediting import TaxOnLine, mirrored_tax

MINOR = st.integers(min_value=1, max_value=10**12)


def rupiah(minor):
    return Money(minor, "IDR")


def back(charged, returned, tax, tax_returned, amount):
    on_line = TaxOnLine(1, "VAT", rupiah(tax), rupiah(tax_returned))
    return mirrored_tax(rupiah(charged), rupiah(returned), on_line, rupiah(amount)).minor


@given(charged=MINOR, tax=st.integers(min_value=0, max_value=10**12))
def test_the_whole_line_takes_its_whole_tax_with_it(charged, tax):
    assert back(charged, 0, tax, 0, charged) == tax


@given(charged=MINOR, tax=st.integers(min_value=0, max_value=10**12), data=st.data())
def test_a_part_takes_its_share_rounded_once(charged, tax, data):
    amount = data.draw(st.integers(min_value=1, max_value=charged))
    assert abs(back(charged, 0, tax, 0, amount) - tax * amount / charged) <= 0.5 + tax * 1e-12


@given(charged=MINOR, tax=st.integers(min_value=0, max_value=10**12), data=st.data())
def test_many_small_notes_give_back_what_one_large_note_would(charged, tax, data):
    returned = tax_returned = 0
    while returned < charged:
        amount = data.draw(st.integers(min_value=max(1, (charged - returned) // 4), max_value=charged - returned))
        share = back(charged, returned, tax, tax_returned, amount)
        assert 0 <= share <= tax - tax_returned
        returned, tax_returned = returned + amount, tax_returned + share
    assert tax_returned == tax


@given(charged=MINOR, tax=st.integers(min_value=0, max_value=10**12), data=st.data())
def test_never_more_than_is_left_of_the_tax_whatever_went_back_before(charged, tax, data):
    returned = data.draw(st.integers(min_value=0, max_value=charged - 1))
    tax_returned = data.draw(st.integers(min_value=0, max_value=tax))
    amount = data.draw(st.integers(min_value=1, max_value=charged - returned))
    assert 0 <= back(charged, returned, tax, tax_returned, amount) <= tax - tax_returned
