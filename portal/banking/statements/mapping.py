"""How one bank writes its CSV: learned once for each account, then read without asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.banking.statements.figures import DATE_FORMS
from portal.core.errors import Invalid

ENCODINGS = ("utf-8", "cp1252", "utf-16")
DELIMITERS = {",": ",", ";": ";", "tab": "\t", "|": "|"}
DECIMALS = (".", ",")
NEEDED = {"signed": ("amount",), "columns": ("debit", "credit"), "marked": ("amount", "mark")}
SIGNS = tuple(NEEDED)
MOST_SKIPPED = 50
MOST_COLUMNS = 60
PLACES = ("booked_on", "value_on", "amount", "debit", "credit", "mark", "name", "account", "entry_ref", "currency")
MARKS_IN = frozenset({"C", "CR", "CRDT", "CREDIT", "K", "KREDIT", "H", "HABEN", "+", "IN"})
MARKS_OUT = frozenset({"D", "DB", "DR", "DBIT", "DEBIT", "S", "SOLL", "-", "OUT"})


class MappingRefused(Invalid):
    """A column that the reading needs was not named, or is named twice over."""

    code = "mapping_refused"


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Columns are counted from 0. `sign`: one signed amount, a column each for debit and credit, or an amount with a
    column that marks which it is. `reference` may be several columns, read in their order.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    date_form: str = "Y-M-D"
    decimal: str = "."
    sign: str = "signed"
    skipped: int = 1
    columns: Mapping[str, int] = field(default_factory=dict)
    reference: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        choices = (
            ("encoding", ENCODINGS),
            ("delimiter", tuple(DELIMITERS)),
            ("date_form", tuple(DATE_FORMS)),
            ("decimal", DECIMALS),
            ("sign", SIGNS),
        )
        for name, allowed in choices:
            if getattr(self, name) not in allowed:
                raise MappingRefused("This is not one of the choices.", field=name)
        if not 0 <= self.skipped <= MOST_SKIPPED:
            raise MappingRefused("Between 0 and %(most)s rows can be passed over.", field="skipped", most=MOST_SKIPPED)
        places = [*self.columns.values(), *self.reference]
        if any(not 0 <= place < MOST_COLUMNS for place in places) or set(self.columns) - set(PLACES):
            raise MappingRefused("There is no such column.", field="columns")
        for name in self.needed:
            if name not in self.columns:
                raise MappingRefused("Say which column holds this.", field=name)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which nothing can be read."""
        return (
            "booked_on",
            *{"signed": ("amount",), "columns": ("debit", "credit"), "marked": ("amount", "mark")}[self.sign],
        )

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"columns": dict(self.columns), "reference": list(self.reference)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> CsvMapping:
        return cls(**(dict(kept) | {"reference": tuple(kept.get("reference", ()))}))
