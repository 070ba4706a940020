"""References, account numbers and codes: what people and banks copy, with its check digits."""

import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as some

from portal.banking import iban
from portal.banking.epc import epc_text
from portal.core.money import Money
from portal.core.qr import QUIET, qr_code
from portal.invoicing import references

years, numbers = some.integers(2000, 2099), some.integers(1, 9_999_999)


@pytest.mark.parametrize(
    ("basis", "whole"),
    [("539007547034", "RF18539007547034"), ("2026000123", "RF462026000123"), ("2348236", "RF332348236")],
)
def test_check_digits_are_those_of_the_standard(basis, whole):
    assert references.creditor_reference(basis) == whole
    assert references.is_creditor_reference(whole)


@given(years, numbers)
def test_no_two_invoices_have_one_reference(year, number):
    whole = references.payment_reference(f"invoice/{year}", number)
    assert references.is_creditor_reference(whole)
    assert len(whole) <= references.LONGEST
    assert whole[4:] == f"{year}{number:06d}"


@given(years, numbers, some.data())
def test_a_slip_of_one_digit_or_two_swapped_ones_is_seen(year, number, data):
    whole = references.payment_reference(f"invoice/{year}", number)
    place = data.draw(some.integers(2, len(whole) - 1))
    digit = data.draw(some.sampled_from("0123456789").filter(lambda one: one != whole[place]))
    assert not references.is_creditor_reference(whole[:place] + digit + whole[place + 1 :])
    if place + 1 < len(whole) and whole[place] != whole[place + 1]:
        swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
        assert not references.is_creditor_reference(swapped)


@given(years, numbers, some.sampled_from(["{}", "pay {} thanks", "INV/{}", "ref:{}.", "{} / March"]))
def test_a_reference_is_found_however_it_is_typed(year, number, sentence):
    whole = references.payment_reference(f"invoice/{year}", number)
    for typed in (whole, whole.lower(), references.printed(whole), whole[:4] + "-" + whole[4:]):
        assert references.references_in(sentence.format(typed)) == [whole]


@given(some.text(max_size=60))
def test_nothing_unsound_is_ever_taken_for_a_reference(text):
    assert all(references.is_creditor_reference(one) for one in references.references_in(text))


@pytest.mark.parametrize(
    ("typed", "is_iban"),
    [
        ("DE89 3704 0044 0532 0130 00", True), ("GB33BUKB20201555555555", True), ("FR1420041010050500013M02606", True),
        ("DE89 3704 0044 0532 0130 01", False), ("1012345678", False), ("", False), ("DE", False),
    ],
)  # fmt: skip
def test_an_iban_is_known_by_its_check_digits(typed, is_iban):
    assert iban.is_iban(iban.plain(typed)) is is_iban


def test_a_code_says_what_the_payments_council_wants():
    text = epc_text(holder="Northwind GmbH", iban="DE89370400440532013000", bic="", amount=Money(11905, "EUR"),
                    reference="RF462026000123")  # fmt: skip
    assert text.split("\n") == [
        "BCD", "002", "1", "SCT", "", "Northwind GmbH", "DE89370400440532013000", "EUR119.05", "", "RF462026000123",
    ]  # fmt: skip


@pytest.mark.parametrize("amount", [Money(1, "NGN"), Money(0, "EUR"), Money(10**12, "EUR")])
def test_there_is_no_code_where_the_scheme_has_none(amount):
    assert epc_text(holder="x", iban="DE89370400440532013000", bic="", amount=amount, reference="RF1") == ""


@given(some.text(some.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=200))
def test_a_drawn_code_has_exactly_the_modules_of_the_code(text):
    drawn = qr_code(text)
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    assert drawn.side == len(matrix) + 2 * QUIET
    dark = set()
    for left, top, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", drawn.path):
        assert width == back
        dark |= {(int(left) + step, int(top)) for step in range(int(width))}
    wanted = {(x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert dark == wanted
