"""What was measured, each figure beside its target."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `target` in words, None where a figure only explains another; `passes` accordingly."""

    name: str
    value: float
    unit: str
    target: str | None = None
    passes: bool | None = None
    note: str = ""

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
