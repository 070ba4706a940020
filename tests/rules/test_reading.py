"""What people type: amounts with their own separators are read, everything doubtful is refused."""

from datetime import date

import pytest

from portal.core.formats import formats
from portal.core.money import Money
from portal.web.reading import Unreadable, read_amount, read_count, read_day


@pytest.mark.parametrize(
    ("language", "currency", "text", "minor"),
    [
        ("en", "NGN", "48,375.00", 4_837_500),
        ("en", "NGN", " 48375 ", 4_837_500),
        ("en", "NGN", "48375.5", 4_837_550),
        ("en", "NGN", "₦48,375", 4_837_500),
        ("en", "NGN", "NGN 48 375.05", 4_837_505),
        ("en", "IDR", "1.387.500", 1_387_500),
        ("en", "IDR", "1,387,500", 1_387_500),
        ("id", "NGN", "48.375,00", 4_837_500),
        ("id", "IDR", "Rp 1.387.500", 1_387_500),
        ("fr", "EUR", "48\u202f375,00 €", 4_837_500),
        ("fr", "EUR", "48 375,5", 4_837_550),
        ("en", "KWD", "0.125", 125),
    ],
)
def test_amounts_are_read_with_the_reader_s_separators(language, currency, text, minor):
    assert read_amount(text, currency, formats(language, "UTC")) == Money(minor, currency)


HOSTILE = [
    "", " ", "-1", "+1", "−5", "1e5", "1E400", "0x10", "1_000", "NaN", "nan", "inf", "-Infinity", "١٢٣", "１２３", "²",
    "1.2.3", "1,23,456.00", "12,34", "1.500", "1,500.005", ".5", "5.", "1,,000", "1 .00", "1\u00002", "1;DROP", "$5",
    "4.8375,00", "1,000 000", "99999999999999999999", "9" * 41, "1'000", "½", "1\n000.00", "true", "None", "[1]",
    "1 000,",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_and_doubtful_amounts_are_refused(text):
    with pytest.raises(Unreadable):
        read_amount(text, "NGN", formats("en", "UTC"))


@pytest.mark.parametrize("text", ["", "-1", "1.0", "1e3", "+1", "٣", "１", "1000000", "0x1", "1 0", "9" * 30, "NaN"])
def test_hostile_counts_are_refused(text):
    with pytest.raises(Unreadable):
        read_count(text, 999_999)


def test_counts_are_plain_digits():
    assert read_count(" 12 ", 20) == 12
    assert read_count("0", 20) == 0


@pytest.mark.parametrize(
    "text", ["2026-2-3", "20261120", "2026-W47", "2026-02-30", "0001-01-01", "9999-12-31", "today", ""]
)
def test_days_that_are_none_are_refused(text):
    with pytest.raises(Unreadable):
        read_day(text)


def test_days_are_read_as_browsers_send_them():
    assert read_day("2026-11-20") == date(2026, 11, 20)
