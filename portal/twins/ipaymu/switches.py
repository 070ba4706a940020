"""In which of its documented ways the twin speaks. A real installation meets all of them over the years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from portal.twins.faults import Unknown

CHOICES: Mapping[str, tuple[str, ...]] = {
    "callback_format": ("form", "json", "json_as_form"),
    "history_shape": ("collection", "site"),
    "empty_dates": ("null", "dash", "blank"),
}


@dataclass(slots=True)
class Switches:
    """`allowed_hosts`: in production, only these may be told as addresses; comma separated, empty for a sandbox.

    `is_strict_raw`: signatures are checked over the bytes that came, not over what was read from them.
    `refuses_empty`: an empty value or null spoils the signature. `finds_sessions`: a check takes sessions too.
    """

    callback_format: str = "form"
    drops_empty: bool = False
    announces_pending: bool = True
    signs_raw_unicode: bool = False
    history_shape: str = "collection"
    empty_dates: str = "null"
    omits_success: bool = False
    tells_numbers_as_text: bool = False
    has_upper_sessions: bool = False
    finds_sessions: bool = False
    is_strict_raw: bool = False
    refuses_empty: bool = True
    has_rate_limits: bool = False
    allowed_hosts: str = ""

    def set(self, told: Mapping[str, Any]) -> None:
        """Take what is told. Raises Unknown, and then nothing was changed."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        wanted: dict[str, Any] = {}
        for name, value in told.items():
            if name not in kinds:
                raise Unknown(f"Unknown switch: {str(name)[:60]!r}")
            wanted[name] = _truth(value) if kinds[name] is bool else str(value)[:500]
            if name in CHOICES and wanted[name] not in CHOICES[name]:
                raise Unknown(f"{name} is one of {', '.join(CHOICES[name])}")
        for name, value in wanted.items():
            setattr(self, name, value)


def _truth(value: object) -> bool:
    return str(value).lower() in ("1", "true", "on", "yes")
