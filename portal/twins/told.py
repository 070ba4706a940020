"""What a caller sent, read field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Asked = Mapping[str, Any]


def words(asked: Asked, name: str, longest: int = 500) -> str:
    """A field as text, empty if it is not there."""
    value = asked.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)[:longest].strip()


def whole_number(asked: Asked, name: str, default: int, most: int) -> int:
    """A page number or size; anything else than one is the default."""
    told = words(asked, name, 12)
    return min(max(int(told), 1), most) if told.isascii() and told.isdigit() else default
