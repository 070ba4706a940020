"""What people type, read strictly: amounts, counts and days, or the reason why not."""

from __future__ import annotations

import re
from datetime import date

from portal.core.formats import Formats, symbol
from portal.core.money import Money, MoneyError, digits

LONGEST = 40
SPACES = " \u00a0\u202f"
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)


class Unreadable(ValueError):
    """The text is not what was asked for."""


def read_amount(text: str, currency: str, written: Formats) -> Money:
    """`text` as the reader writes amounts of `currency`, with or without thousands and symbol.

    Groups must be groups of three and decimals no more than the currency has, so that 1.500 is never
    taken for one and a half. No signs, exponents, letters or digits of other scripts.
    """
    bare = _without_symbol(_short(text), currency)
    places = digits(currency)
    group, decimal = written.separators(currency)
    groups = SPACES if group in SPACES else group + SPACES
    if not places:
        groups += ".,"
    fraction = f"(?:{re.escape(decimal)}([0-9]{{1,{places}}}))?" if places else "()"
    grouped = re.fullmatch(
        rf"([0-9]{{1,3}}(?:([{re.escape(groups)}])[0-9]{{3}}(?:\2[0-9]{{3}})*)?|[0-9]+){fraction}", bare
    )
    if grouped is None:
        raise Unreadable
    whole, _separator, cents = grouped.groups()
    minor = int(re.sub(r"[^0-9]", "", whole)) * 10**places + int((cents or "").ljust(places, "0") or 0)
    try:
        return Money(minor, currency)
    except MoneyError:
        raise Unreadable from None


def read_count(text: str, at_most: int) -> int:
    """A whole number from 0 to `at_most`, in plain digits."""
    if re.fullmatch(r"[0-9]{1,9}", _short(text)) is None or int(text) > at_most:
        raise Unreadable
    return int(text)


def read_day(text: str) -> date:
    """A day as browsers send it, 2026-11-20, in this or the next century."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _short(text)) is None:
        raise Unreadable
    try:
        on = date.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable from None
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Unreadable
    return on


def _short(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > LONGEST:
        raise Unreadable
    return stripped


def _without_symbol(text: str, currency: str) -> str:
    for written in (symbol(currency).strip(), currency):
        text = text.removeprefix(written).removesuffix(written).strip()
    return text
