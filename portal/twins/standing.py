"""What every twin consists of: a clock, an agenda, rules, news, a log of the truth; started, restored and stopped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from portal.twins.agenda import Agenda, TwinClock
from portal.twins.faults import Behaviour, Faults
from portal.twins.memory import Records, Truth
from portal.twins.news import KIND as NEWS_KIND
from portal.twins.news import Headers, Post

CLOCK_KIND = "Clock"


@dataclass(frozen=True, slots=True)
class Settings:
    """`public_url` is how a browser reaches the twin. `webhook_url`: where all news go, whatever a payment says."""

    public_url: str
    webhook_url: str = ""
    seed: int | None = None
    has_rate_limits: bool = False
    truth_path: Path | None = None
    state_path: Path | None = None
    webhook_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Character:
    """What is different from gateway to gateway: what can go wrong, on which calls, and how news are repeated."""

    behaviours: Mapping[str, Behaviour]
    calls: tuple[str, ...]
    schedule: tuple[timedelta, ...]


class StandIn(ABC):
    """The parts of a twin. The gateway's own books are the subclass's; it says how they are restored and cleared."""

    def __init__(self, settings: Settings, character: Character, headers: Headers) -> None:
        self.settings = settings
        self.calls = character.calls
        self.records = Records(settings.state_path)
        self.truth = Truth(settings.truth_path)
        self.agenda = Agenda(TwinClock())
        self.faults = Faults(character.behaviours, character.calls, settings.seed or 0)
        self.post = Post(
            self.agenda,
            self.records,
            self.truth,
            headers=headers,
            schedule=character.schedule,
            timeout=settings.webhook_timeout,
        )
        self.post.url = settings.webhook_url

    @property
    def now(self) -> datetime:
        return self.agenda.clock.now()

    def set_clock(self, at: datetime | None, *, runs: bool = False) -> None:
        self.agenda.set_clock(at, runs=runs)
        self.records.put(CLOCK_KIND, "1", {"at": at.isoformat() if at and not runs else None})

    def reset(self) -> None:
        """As on the first day: no records, no rules, no news, real time."""
        self.agenda.clear()
        self.agenda.set_clock(None)
        self.faults.clear()
        self.post.clear()
        self.truth.clear()
        self.clear_books()

    def restore(self) -> None:
        """Take up what an earlier process kept. Called once the subclass has its books."""
        for kind, _, record in self.records.load():
            if kind == NEWS_KIND:
                self.post.restore(record)
            elif kind == CLOCK_KIND:
                self.agenda.set_clock(datetime.fromisoformat(record["at"]) if record["at"] else None)
            else:
                self.restore_book(kind, record)

    def close(self) -> None:
        self.agenda.close()
        self.records.close()
        self.truth.close()

    @abstractmethod
    def restore_book(self, kind: str, record: dict[str, Any]) -> None:
        """Take one record of the gateway's own books."""

    @abstractmethod
    def clear_books(self) -> None:
        """Forget the gateway's own books."""
