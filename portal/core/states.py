"""State machines as tables: every pair of status and event moves, is ignored, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from portal.core.errors import Refused

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class MoveRefused(Refused):
    """The event cannot happen to something in that status. Nothing was changed."""

    code = "move_refused"

    def __init__(self, machine: str, status: StrEnum, event: StrEnum) -> None:
        self.machine, self.status, self.event = machine, status, event
        words = [str(part).replace("_", " ") for part in (machine, status, event)]
        super().__init__("This {} is {}, so it cannot be {}.".format(*words))


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """`ignored` names the news that may honestly arrive late or twice; whatever is not listed is refused."""

    name: str
    moves: Mapping[tuple[S, E], S]
    ignored: Set[tuple[S, E]] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        both = self.moves.keys() & self.ignored
        if both:
            raise ValueError(f"{self.name}: {sorted(both)} both move and are ignored")

    def after(self, status: S, event: E) -> S | None:
        """The status that follows; None when the event changes nothing; `MoveRefused` when it cannot be."""
        if (status, event) in self.ignored:
            return None
        try:
            return self.moves[status, event]
        except KeyError:
            raise MoveRefused(self.name, status, event) from None

    def can(self, status: S, event: E) -> bool:
        """Would the event move something in this status?"""
        return (status, event) in self.moves

    def edges(self) -> set[tuple[S, S]]:
        """Each pair of statuses that some event joins, for drawing and for proving histories."""
        return {(before, after) for (before, _), after in self.moves.items()}
