"""How amounts, days and moments are written, in one language and one zone. Prepared once, cheap per value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import get_currency_symbol

from portal.core.money import Money, digits

LANGUAGES = ("en", "id", "fr")
MINUS = "\u2212"
HALF_A_YEAR = 183  # days

# What people write, which CLDR only knows within the currency's own country.
SYMBOLS: Mapping[str, str] = {
    "NGN": "₦", "GHS": "GH₵", "IDR": "Rp", "KES": "KSh", "ZAR": "R", "USD": "$", "EUR": "€", "GBP": "£",
    "UGX": "USh", "TZS": "TSh", "XOF": "FCFA", "XAF": "FCFA", "JPY": "¥", "INR": "₹",
}  # fmt: skip
# English is read in many countries, so an English amount keeps the separators of the currency's own.
_OWN_SEPARATORS: Mapping[str, tuple[str, str]] = {"IDR": (".", ",")}


def is_far(on: date, today: date) -> bool:
    """More than half a year away: without its year it may be taken for the same day of another."""
    return abs((on - today).days) > HALF_A_YEAR


@dataclass(frozen=True, slots=True)
class AmountParts:
    """An amount in pieces that can be set apart: `sign`, `symbol`, `whole` and `fraction` with its separator."""

    sign: str
    symbol: str
    whole: str
    fraction: str
    symbol_last: bool

    @property
    def text(self) -> str:
        if self.symbol_last:
            return f"{self.sign}{self.whole}{self.fraction}\u00a0{self.symbol.strip()}"
        return f"{self.sign}{self.symbol}{self.whole}{self.fraction}"


class Formats:
    """The written forms of one language (`en`, `id`, `fr`) for a reader in `zone`."""

    def __init__(self, language: str, zone: str) -> None:
        locale = Locale.parse(language)
        self.language = language
        self.zone = ZoneInfo(zone)
        # The narrow space that French prefers vanishes where figures are set tight.
        self.group = locale.number_symbols["latn"]["group"].replace("\u202f", "\u00a0")
        self.decimal = locale.number_symbols["latn"]["decimal"]
        self._symbol_last = language == "fr"
        self.colon = "\u00a0: " if language == "fr" else ": "
        self._months: Mapping[int, str] = locale.months["format"]["wide"]
        self._short_months: Mapping[int, str] = locale.months["format"]["abbreviated"]
        self._weekdays: Mapping[int, str] = locale.days["format"]["wide"]
        self._short_weekdays: Mapping[int, str] = locale.days["format"]["abbreviated"]

    def separators(self, currency: str) -> tuple[str, str]:
        """Between thousands, and before the fraction, for amounts of `currency`."""
        if self.language == "en":
            return _OWN_SEPARATORS.get(currency, (self.group, self.decimal))
        return self.group, self.decimal

    def parts(self, amount: Money) -> AmountParts:
        places = digits(amount.currency)
        group, decimal = self.separators(amount.currency)
        whole, fraction = divmod(abs(amount.minor), 10**places)
        return AmountParts(
            sign=MINUS if amount.minor < 0 else "",
            symbol=symbol(amount.currency),
            whole=f"{whole:,}".replace(",", group),
            fraction=f"{decimal}{fraction:0{places}}" if places else "",
            symbol_last=self._symbol_last,
        )

    def money(self, amount: Money) -> str:
        """As running text: ₦48,375.00, −Rp205.626, 48 375,00 ₦."""
        return self.parts(amount).text

    def plain_amount(self, amount: Money) -> str:
        """Without its symbol, as a person types it into a field."""
        parts = self.parts(amount)
        return f"{parts.sign}{parts.whole}{parts.fraction}"

    def count(self, number: int) -> str:
        return f"{abs(number):,}".replace(",", self.group) if number >= 0 else MINUS + self.count(-number)

    def day(self, on: date) -> str:
        """3 Dec 2026."""
        return f"{on.day} {self._short_months[on.month]} {on.year}"

    def day_short(self, on: date) -> str:
        """3 Dec, where the year is plain."""
        return f"{on.day} {self._short_months[on.month]}"

    def day_long(self, on: date) -> str:
        """3 December 2026."""
        return f"{on.day} {self._months[on.month]} {on.year}"

    def day_said(self, on: date, today: date | None = None) -> str:
        """3 December, in a sentence; 3 December 2027 where that is too far from `today` for the year to be plain."""
        if today is not None and is_far(on, today):
            return self.day_long(on)
        return f"{on.day} {self._months[on.month]}"

    def weekday(self, on: date) -> str:
        """Friday, 20 November, as the title of a day."""
        comma = "" if self.language == "fr" else ","
        return f"{self._weekdays[on.weekday()]}{comma} {self.day_said(on)}"

    def time(self, at: datetime) -> str:
        """14:02 by the reader's clock."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def moment(self, at: datetime) -> str:
        """20 Nov 2026, 14:02 by the reader's clock."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())}, {local:%H:%M}"

    def moment_full(self, at: datetime) -> str:
        """Fri 20 Nov 2026, 14:02 WAT: nothing left to guess."""
        local = at.astimezone(self.zone)
        return f"{self._short_weekdays[local.weekday()]} {self.day(local.date())}, {local:%H:%M %Z}"

    def ago(self, at: datetime, now: datetime) -> str:
        """How long before or after `now`, rounded as people do: 6 days ago, in 3 hours."""
        return _distance(self.language, *_coarse(at - now))


@lru_cache(maxsize=256)
def formats(language: str, zone: str) -> Formats:
    """The prepared forms; an unknown language reads English."""
    return Formats(language if language in LANGUAGES else "en", zone)


@lru_cache(maxsize=256)
def symbol(currency: str) -> str:
    written = SYMBOLS.get(currency) or get_currency_symbol(currency, "en")
    return f"{written}\u00a0" if written == currency else written


def _coarse(distance: timedelta) -> tuple[int, int]:
    """Seconds of the unit to speak in, and how many of it: few values, so each is put into words once."""
    seconds = int(distance.total_seconds())
    for unit in (86400, 3600, 60):
        if abs(seconds) >= unit:
            return unit, int(seconds / unit)
    return 1, seconds or -1


@lru_cache(maxsize=4096)
def _distance(language: str, unit: int, number: int) -> str:
    return format_timedelta(timedelta(seconds=unit * number), add_direction=True, locale=language, threshold=1)
