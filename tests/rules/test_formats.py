"""How amounts, days and moments are written, by hand-made examples."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.formats import LANGUAGES, MINUS, formats
from portal.core.money import CURRENCIES, Money
from portal.web.reading import read_amount

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "text"),
    [
        ("en", 4_837_500, "NGN", "₦48,375.00"),
        ("en", -1_950_050, "NGN", "−₦19,500.50"),
        ("en", 9_990, "GHS", "GH₵99.90"),
        ("en", 1_387_500, "IDR", "Rp1.387.500"),
        ("en", 5, "USD", "$0.05"),
        ("en", 1_234_567, "KWD", "KWD\u00a01,234.567"),
        ("id", 4_837_500, "NGN", "₦48.375,00"),
        ("id", -205_626, "IDR", "−Rp205.626"),
        ("fr", 4_837_500, "NGN", "48\u00a0375,00\u00a0₦"),
        ("fr", 125_000, "XOF", "125\u00a0000\u00a0FCFA"),
        ("de", 100, "EUR", "€1.00"),
    ],
)
def test_amounts_are_written_as_their_readers_write_them(language, minor, currency, text):
    assert formats(language, "UTC").money(Money(minor, currency)) == text


@given(
    language=st.sampled_from(LANGUAGES),
    currency=st.sampled_from(sorted(CURRENCIES)),
    minor=st.integers(1, 10**15),
)
def test_whatever_is_written_can_be_read_back(language, currency, minor):
    written = formats(language, "UTC")
    amount = Money(minor, currency)
    assert read_amount(written.plain_amount(amount), currency, written) == amount
    assert read_amount(written.money(amount), currency, written) == amount


def test_a_debt_carries_a_real_minus_and_nothing_else_does():
    written = formats("en", "UTC")
    assert written.parts(Money(-1, "NGN")).sign == MINUS == "\u2212"
    assert written.parts(Money(0, "NGN")).sign == ""
    assert written.count(-12840) == "\u221212,840"


@pytest.mark.parametrize(
    ("language", "short", "plain", "said", "weekday"),
    [
        ("en", "3 Sep", "3 Sep 2026", "3 September", "Thursday, 3 September"),
        ("id", "3 Sep", "3 Sep 2026", "3 September", "Kamis, 3 September"),
        ("fr", "3 sept.", "3 sept. 2026", "3 septembre", "jeudi 3 septembre"),
    ],
)
def test_days_are_written_in_the_reader_s_language(language, short, plain, said, weekday):
    written, on = formats(language, "UTC"), date(2026, 9, 3)
    assert (written.day_short(on), written.day(on), written.day_said(on)) == (short, plain, said)
    assert written.weekday(on) == weekday
    assert written.day_long(on) == f"{said} 2026"


def test_a_colon_stands_off_in_french_alone():
    assert [formats(language, "UTC").colon for language in ("en", "id", "fr")] == [": ", ": ", "\u00a0: "]


def test_a_day_that_is_far_away_is_said_with_its_year():
    written, today = formats("en", "UTC"), date(2026, 9, 3)
    assert written.day_said(date(2027, 3, 3), today) == "3 March"
    assert written.day_said(date(2027, 9, 3), today) == "3 September 2027"
    assert written.day_said(date(2025, 9, 3), today) == "3 September 2025"


def test_moments_are_told_by_the_reader_s_clock():
    assert formats("en", "Africa/Lagos").moment(NOON) == "20 Nov 2026, 13:00"
    assert formats("en", "Asia/Jakarta").moment_full(NOON) == "Fri 20 Nov 2026, 19:00 WIB"
    assert formats("en", "Pacific/Auckland").time(NOON) == "01:00"
    assert formats("en", "Pacific/Auckland").moment(NOON).startswith("21 Nov")


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(days=-6, hours=-3), "6 days ago"),
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(days=1, hours=6), "in 1 day"),
        (timedelta(seconds=-30), "30 seconds ago"),
    ],
)
def test_distances_are_rounded_as_people_do(distance, text):
    assert formats("en", "UTC").ago(NOON + distance, NOON) == text
