"""Countries and their clocks, for forms: names in the reader's language, and which zone a country most likely means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.core import get_global

# Where most people of a country with several zones live.
_MAIN_ZONES: Mapping[str, str] = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty", "MH": "Pacific/Majuro", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti", "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv",
    "UM": "Pacific/Wake", "US": "America/New_York", "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh",
    "XK": "Europe/Belgrade",
}  # fmt: skip
_ELSEWHERE = "UTC"
_NOWHERE = "ZZ"


@lru_cache(maxsize=8)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Two-letter code and name of every country, by name."""
    names = Locale.parse(language).territories
    found = [(code, name) for code, name in names.items() if is_country(code)]
    return tuple(sorted(found, key=lambda pair: _without_accents(pair[1])))


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Every zone that some country keeps, by name, and UTC."""
    kept = (zone for zone, country in get_global("zone_territories").items() if country != _NOWHERE)
    return (*sorted(kept), _ELSEWHERE)


def is_country(code: str) -> bool:
    """Is it the two-letter code of a country that keeps a clock?"""
    return re.fullmatch("[A-Z]{2}", code) is not None and code != _NOWHERE and zone_of(code) != _ELSEWHERE


def zone_of(country: str) -> str:
    """The zone that somebody in `country` most likely lives by; UTC where nobody lives."""
    kept = get_global("territory_zones").get(country, [])
    return _MAIN_ZONES.get(country) or (kept[0] if kept else _ELSEWHERE)


def _without_accents(name: str) -> str:
    return name.translate(str.maketrans("ÅÉÎÔÇ", "AEIOC"))
