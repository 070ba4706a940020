"""Amounts and days as banks write them, read strictly: what is not plainly a figure is refused, never guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

from portal.core.money import Money, MoneyError, digits

LONGEST = 40
DATE_FORMS = {
    "Y-M-D": "%Y-%m-%d",
    "D/M/Y": "%d/%m/%Y",
    "M/D/Y": "%m/%d/%Y",
    "D.M.Y": "%d.%m.%Y",
    "D-M-Y": "%d-%m-%Y",
    "D/M/YY": "%d/%m/%y",
    "D.M.YY": "%d.%m.%y",
    "D MON Y": "%d %b %Y",
    "D-MON-Y": "%d-%b-%Y",
    "YMD": "%Y%m%d",
}
_SHAPES = {
    "%Y": "[0-9]{4}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
    "%y": "[0-9]{2}",
    "%b": "[A-Za-z]{3}",
}
_TIME = re.compile(r"[T ]+[0-9]{1,2}:[0-9]{2}.*$")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)


class Unreadable(ValueError):
    """The text is not what the column was said to hold."""


def read_amount(text: str, currency: str, decimal: str) -> Money:
    """A signed amount with `decimal`, a comma or a point, before its fraction.

    A minus may stand in front or behind, brackets mean minus, and the other sign, spaces or apostrophes may group
    thousands. More decimals than the currency has are read only if they are zeros.
    """
    bare, is_negative = _unsigned(text)
    grouping = re.escape("." if decimal == "," else ",")
    found = re.fullmatch(
        rf"([0-9]{{1,3}}(?:([{grouping} \u00a0\u202f'’])[0-9]{{3}}(?:\2[0-9]{{3}})*)?|[0-9]+)"
        rf"(?:{re.escape(decimal)}([0-9]{{1,6}}))?",
        bare,
    )
    if found is None:
        raise Unreadable
    whole, fraction, places = re.sub("[^0-9]", "", found[1]), found[3] or "", digits(currency)
    if fraction[places:].strip("0"):
        raise Unreadable
    minor = int(whole + fraction[:places].ljust(places, "0"))
    try:
        return Money(-minor if is_negative else minor, currency)
    except MoneyError:
        raise Unreadable from None


def read_day(text: str, form: str) -> date:
    """A day written in one of `DATE_FORMS`, with or without a time behind it."""
    pattern = DATE_FORMS[form]
    stripped = _TIME.sub("", text.strip())
    shape = re.escape(pattern)
    for sign, allowed in _SHAPES.items():
        shape = shape.replace(re.escape(sign), allowed)
    if len(text) > LONGEST or re.fullmatch(shape, stripped) is None:
        raise Unreadable
    try:
        on = datetime.strptime(stripped.title(), pattern).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise Unreadable from None
    if not _EARLIEST <= on <= _LATEST:
        raise Unreadable
    return on


def _unsigned(text: str) -> tuple[str, bool]:
    bare = text.strip()
    if not bare or len(bare) > LONGEST:
        raise Unreadable
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1].strip(), True
    for sign in ("-", "−"):
        if bare.startswith(sign):
            return bare[1:].strip(), True
        if bare.endswith(sign):
            return bare[:-1].strip(), True
    return bare.removeprefix("+").strip(), False
