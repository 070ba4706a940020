"""What templates format with: amounts, days and moments in the reader's language and zone."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request
from markupsafe import Markup

from portal.core import clock
from portal.core.formats import Formats, formats, is_far
from portal.core.money import Money
from portal.gateways.registry import gateway_name
from portal.web import charts
from portal.web.pay.ways import way_word
from portal.web.statuses import look_of, payment_state, status_word
from portal.web.wording import LANGUAGE_NAMES, language, ngettext, zone

LONG_AMOUNT = 11  # characters before the fraction from which a large amount is set smaller


def init_filters(app: Flask) -> None:
    """Register the filters and the globals of the same kind."""
    for name, form in _FILTERS.items():
        app.add_template_filter(form, name)
    app.jinja_env.globals.update(plural=plural, look_of=look_of, written=written, url_here=url_here, draw=charts)


def written() -> Formats:
    """The written forms of whoever reads this page, found once a request."""
    found: Formats | None = g.get("formats")
    if found is None:
        found = g.formats = formats(language(), zone())
    return found


def money(amount: Money, size: str = "") -> Markup:
    """The amount as markup that hangs on its decimal point; `size` is empty, `mid` or `big`."""
    parts = written().parts(amount)
    is_long = size and len(parts.symbol + parts.whole) > LONG_AMOUNT
    looks = ("amt", size, "long" if is_long else "", "neg" if parts.sign else "")
    symbol = f'<span class="c">{parts.symbol}</span>'
    number = f'{parts.whole}<span class="d">{parts.fraction}</span>'
    inner = f"{number}\u00a0{symbol}" if parts.symbol_last else symbol + number
    return Markup(f'<span class="{" ".join(filter(None, looks))}">{parts.sign}{inner}</span>')  # noqa: S704 - digits and our own signs


def money_text(amount: Money) -> str:
    """The amount for titles, labels and sentences without markup."""
    return written().money(amount)


def plural(one: str, many: str, number: int) -> str:
    """`plural("%(n)s invoice", "%(n)s invoices", 1284)`: the translated form, the number grouped."""
    return ngettext(one, many, number, n=written().count(number))


def ago(at: datetime, now: datetime | None = None) -> str:
    return written().ago(at, now or clock.now())


def url_here(**changes: str | None) -> str:
    """The present address with some of its query changed; None takes a part away."""
    query = {**request.args.to_dict(), **changes}
    kept = urlencode([(name, value) for name, value in query.items() if value not in (None, "")])
    return f"{request.script_root}{request.path}" + (f"?{kept}" if kept else "")


def initials(name: str) -> str:
    """Two letters for the round sign beside a name."""
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def day_said(on: date) -> str:
    """The day in a sentence, with its year where that is not plain today."""
    return written().day_said(on, day_of(clock.now()))


def day_brief(on: date) -> str:
    """The day in a label, likewise."""
    return written().day(on) if is_far(on, day_of(clock.now())) else written().day_short(on)


def day_of(at: datetime) -> date:
    """The reader's day of an instant, to be formatted by one of the day filters."""
    return at.astimezone(written().zone).date()


_FILTERS: dict[str, Callable[..., Any]] = {
    "money": money,
    "in_currency": lambda minor, currency: Money(int(minor), currency),
    "money_text": money_text,
    "amount_text": lambda amount: written().plain_amount(amount),
    "count": lambda number: written().count(number),
    "day": lambda on: written().day(on),
    "day_short": lambda on: written().day_short(on),
    "day_long": lambda on: written().day_long(on),
    "day_said": day_said,
    "weekday": lambda on: written().weekday(on),
    "day_of": day_of,
    "time": lambda at: written().time(at),
    "moment": lambda at: written().moment(at),
    "moment_full": lambda at: written().moment_full(at),
    "ago": ago,
    "initials": initials,
    "language_name": lambda code: LANGUAGE_NAMES.get(code, code),
    "gateway_name": gateway_name,
    "way_word": way_word,
    "payment_state": payment_state,
    "status_word": status_word,
}
