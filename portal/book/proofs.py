"""The invariants of the books: each a named question whose answer must be empty.

The questions that SQL can ask stand in `invariants/*.sql`, the others in `replayed.py`. A file is a list of

    -- invariant: its_name (number of the rule, …)
    -- nightly                                       (optional: too much for every hour)
    -- What must be true, as a sentence.
    SELECT … the rows that break it;

In it `<<x.customer_id>>` stands for the condition that the customer is among those that are looked at: all of them,
or those of whom something was done `since`. Parameters: `:at`, `:today` (the business's day), `:late` (what was due
before is late), `:edges` (the declared steps of a subscription), `:secret` (a pattern).
"""

import json
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, text
from sqlalchemy.orm import Session

from portal.book import replayed
from portal.core import business as businesses
from portal.core.audit import AuditEntry
from portal.core.days import day
from portal.subscriptions.states import SUBSCRIPTION

FOLDER = Path(__file__).parent / "invariants"
SHOWN = 20
GRACE = timedelta(minutes=10)
LEAKED = r"sk_(test|live)_[0-9a-zA-Z]{8}|AUTH_[0-9a-z]{8}"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: everything, or `customers`; `since` is when their last look was."""

    at: datetime
    today: date
    customers: tuple[int, ...] | None
    since: datetime | None

    @property
    def is_whole(self) -> bool:
        return self.customers is None


@dataclass(frozen=True, slots=True)
class Invariant:
    """`ask` returns the rows that break it, at most `SHOWN` and one."""

    name: str
    rules: tuple[int, ...]
    sentence: str
    is_nightly: bool
    ask: Callable[[Session, Scope], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one invariant: some of the rows that break it, none if it holds."""

    name: str
    rules: tuple[int, ...]
    sentence: str
    rows: tuple[Row, ...]
    has_more: bool
    seconds: float

    @property
    def ok(self) -> bool:
        return not self.rows

    @property
    def as_json(self) -> dict[str, Any]:
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        return {
            "name": self.name,
            "ok": self.ok,
            "rules": list(self.rules),
            "sentence": self.sentence,
            "rows": rows,
            "has_more": self.has_more,
            "seconds": round(self.seconds, 4),
        }


def prove(
    session: Session, *, at: datetime, since: datetime | None = None, without: Collection[str] = ()
) -> list[Verdict]:
    """Ask every invariant as of business time `at`. Reads only, in the caller's snapshot.

    With `since`: of the customers of whom anything was done from then on, and what is quick to ask of all. `without`
    names what is not asked.
    """
    scope = Scope(at, day(at, businesses.read(session).zone), _touched(session, since), since)
    asked = [one for one in invariants() if one.name not in without and (scope.is_whole or not one.is_nightly)]
    return [_verdict(session, one, scope) for one in asked]


def failures(verdicts: Sequence[Verdict]) -> dict[str, list[Row]]:
    """The rows that break something, by the name of what they break."""
    return {one.name: list(one.rows) for one in verdicts if not one.ok}


@cache
def invariants() -> tuple[Invariant, ...]:
    """All of them, in a fixed order."""
    found = [one for path in sorted(FOLDER.glob("*.sql")) for one in _read(path.read_text())]
    found += [Invariant(one.name, one.rules, one.sentence, False, one.ask) for one in replayed.QUESTIONS]
    names = [one.name for one in found]
    if len(names) != len(set(names)):
        raise ValueError("Two invariants have one name.")
    return tuple(found)


_HEAD = re.compile(r"-- invariant: (?P<name>\w+) \((?P<rules>[\d, ]+)\)\n(?P<nightly>-- nightly\n)?-- (?P<words>.+)\n")


def _read(written: str) -> list[Invariant]:
    heads = list(_HEAD.finditer(written))
    ends = [head.start() for head in heads[1:]] + [len(written)]
    return [
        Invariant(
            head["name"],
            tuple(int(rule) for rule in head["rules"].split(",")),
            head["words"],
            head["nightly"] is not None,
            _question(written[head.end() : end].strip().rstrip(";")),
        )
        for head, end in zip(heads, ends, strict=True)
    ]


def _question(statement: str) -> Callable[[Session, Scope], Sequence[Row]]:
    def ask(session: Session, scope: Scope) -> Sequence[Row]:
        among = "true" if scope.is_whole else r"\1 = ANY(:customers)"
        narrowed = re.sub(r"<<([\w.]+)>>", among, statement)
        used: list[BindParameter[Any]] = [
            bindparam(name, value)
            for name, value in _parameters(scope).items()
            if re.search(rf"(?<![:\w]):{name}\b", narrowed)
        ]
        return [dict(row) for row in session.execute(text(narrowed).bindparams(*used)).mappings().fetchmany(SHOWN + 1)]

    return ask


def _parameters(scope: Scope) -> dict[str, Any]:
    edges = [[event, before, after] for (before, event), after in SUBSCRIPTION.moves.items()]
    return {
        "at": scope.at,
        "today": scope.today,
        "late": scope.at - GRACE,
        "customers": list(scope.customers or ()),
        "edges": json.dumps(edges),
        "secret": LEAKED,
    }


def _verdict(session: Session, one: Invariant, scope: Scope) -> Verdict:
    began = time.perf_counter()
    rows = list(one.ask(session, scope))
    seconds = time.perf_counter() - began
    return Verdict(one.name, one.rules, one.sentence, tuple(rows[:SHOWN]), len(rows) > SHOWN, seconds)


def _touched(session: Session, since: datetime | None) -> tuple[int, ...] | None:
    """Every deed is in the audit, so whoever is not there has not changed."""
    if since is None:
        return None
    done = select(AuditEntry.customer_id).where(AuditEntry.at >= since, AuditEntry.customer_id.is_not(None))
    return tuple(sorted({row for row in session.scalars(done.distinct()) if row is not None}))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)
