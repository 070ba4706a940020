"""Reading what a gateway told: any field may be missing, of another type, or hold what no database takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(value: object) -> str:
    """A string or number as text, everything else as none."""
    if isinstance(value, str):
        return storable(value[:1000]).strip()
    return str(value) if type(value) is int else ""


def storable(words: str) -> str:
    """Without what no database text can hold: the zero character and halves of surrogate pairs."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def part(value: object) -> Mapping[str, Any]:
    """An object, an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def parts(value: object) -> list[Mapping[str, Any]]:
    """A list of objects, those of its entries that are none left out."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def without(value: Any, hidden: frozenset[str]) -> Any:
    """The same JSON, storable, without the fields of these names."""
    if isinstance(value, dict):
        return {storable(key): without(entry, hidden) for key, entry in value.items() if key not in hidden}
    if isinstance(value, list):
        return [without(entry, hidden) for entry in value]
    return storable(value) if isinstance(value, str) else value
