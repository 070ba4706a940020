"""What the lists of the staff's pages read from their address, strictly: a link reproduces the view."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from portal.core.errors import Invalid
from portal.core.keyset import Sheet
from portal.core.money import CURRENCIES
from portal.web.filters import url_here, written
from portal.web.forms import posted_key
from portal.web.reading import Unreadable, read_day
from portal.web.wording import gettext as _

ROWS = 25
LONGEST_WORDS = 200
LONGEST_REASON = 500
TURNING = ("after", "before")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force. `name` is the part of the address that holds it."""

    name: str
    word: str
    value: str


def usual_chips(filters: Any) -> list[Chip]:
    """Those of the filters that every list of money has: words, currency and customer."""
    return [
        Chip("q", _("Search"), filters.words),
        Chip("currency", _("Currency"), filters.currency),
        Chip("customer", _("Customer"), filters.customer_ref),
    ]


def picked(name: str, allowed: Collection[str], default: str = "") -> str:
    """One of `allowed`, or the default where the address says nothing."""
    value = request.args.get(name, "")
    if value and value not in allowed:
        raise Invalid(_("This filter has no such choice: %(name)s.", name=name), field=name)
    return value or default


def words(name: str = "q") -> str:
    value = request.args.get(name, "").strip()
    if len(value) > LONGEST_WORDS:
        raise Invalid(_("At most %(most)s characters.", most=LONGEST_WORDS), field=name)
    return value


def day_asked(name: str) -> date | None:
    value = request.args.get(name, "")
    if not value:
        return None
    try:
        return read_day(value)
    except Unreadable:
        raise Invalid(_("Choose a day, or write it as year-month-day."), field=name) from None


def currency_asked() -> str:
    """As people type it, in small letters too."""
    value = request.args.get("currency", "").strip().upper()
    if value and value not in CURRENCIES:
        raise Invalid(_("This filter has no such choice: %(name)s.", name="currency"), field="currency")
    return value


def places() -> Mapping[str, str]:
    """Where in the list the page begins: `after` and `before` for `keyset.sheet`."""
    return {name: request.args.get(name, "") for name in TURNING}


def turns(sheet: Sheet) -> tuple[str, str]:
    """The addresses of the page before and the page behind, empty at the ends."""
    earlier = url_here(before=sheet.earlier, after=None) if sheet.earlier else ""
    return earlier, url_here(after=sheet.later, before=None) if sheet.later else ""


def chips(found: Iterable[Chip]) -> list[tuple[str, str, str]]:
    """The filters in force, each with the address that goes without it."""
    return [
        (chip.word, chip.value, url_here(**{chip.name: None}, after=None, before=None)) for chip in found if chip.value
    ]


def tab_links(
    name: str, choices: Sequence[tuple[str, str]], counted: Mapping[str, int], current: str, hot: str = ""
) -> list[tuple[str, str, int | None, bool, bool]]:
    """Tabs as `tables.tabs` takes them; the first choice is what an address without `name` shows."""
    return [
        (
            word,
            url_here(**{name: None if place == 0 else value}, after=None, before=None),
            counted.get(value),
            value == current,
            value == hot and counted.get(value, 0) > 0,
        )
        for place, (value, word) in enumerate(choices)
    ]


def kept(*names: str) -> dict[str, str]:
    """Parts of the address that a filter form carries along."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def day_words(on: date | None) -> str:
    return written().day(on) if on else ""


def reason_given() -> str:
    """Why staff do what cannot be undone; posted with the form's one-time key."""
    posted_key()
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise Invalid(_("Say why. The reason is kept with the deed."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("At most %(most)s characters.", most=LONGEST_REASON), field="reason")
    return reason
