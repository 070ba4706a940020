"""What was measured, each figure beside its target."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `target` in words, None where a figure only explains another; `passes` accordingly.

    `is_certain`: it depends on no machine, so missing its target is an error and not a slow moment.
    """

    name: str
    value: float
    unit: str
    target: str | None = None
    passes: bool | None = None
    note: str = ""
    is_certain: bool = False

    @property
    def is_wrong(self) -> bool:
        return self.is_certain and self.passes is False

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"value": round(self.value, 3)}

    @property
    def line(self) -> str:
        verdict = {True: "ok", False: "MISSED", None: ""}[self.passes]
        goal = f"({self.target})" if self.target else ""
        return f"{verdict:7}{self.name:44}{self.value:12.3f} {self.unit:10}{goal} {self.note}".rstrip()


def at_least(name: str, value: float, unit: str, least: float, note: str = "") -> Measure:
    return Measure(name, value, unit, f"at least {least:g}", value >= least, note)


def at_most(name: str, value: float, unit: str, most: float, note: str = "") -> Measure:
    return Measure(name, value, unit, f"at most {most:g}", value <= most, note)


def never_above(name: str, value: float, unit: str, most: float, note: str = "") -> Measure:
    """A target that holds on every machine."""
    return Measure(name, value, unit, f"at most {most:g}", value <= most, note, is_certain=True)
