"""What a twin can be told to do wrong, to whom, and how often."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MOST_RULES = 1000
LONGEST_WIRE_SECONDS = 120.0
LONGEST_SECONDS = 40 * 86400.0
WHOM = ("email", "card", "authorization", "reference", "channel")


class Slot(StrEnum):
    """A call has one behaviour in each: what happens to the money, how the answer travels, what it says, the news."""

    MONEY = "money"
    WIRE = "wire"
    ANSWER = "answer"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`call`: the call it concerns unless told otherwise. `codes`: what its code may be; the first is the default."""

    slot: Slot
    sentence: str
    call: str = "charge"
    codes: tuple[str, ...] = ()


SERVER_ERRORS = ("500", "502", "503", "504")
UNREADABLE = ("deep", "huge", "nan", "utf8", "twice", "html", "list", "empty")

COMMON: Mapping[str, Behaviour] = {
    "unauthorized": Behaviour(Slot.MONEY, "Refuse the key (401)", call="any"),
    "rate_limited": Behaviour(Slot.MONEY, "Too many requests (429)", call="any", codes=("delta", "epoch", "bare")),
    "timeout_before": Behaviour(Slot.WIRE, "No answer, nothing done"),
    "timeout_after": Behaviour(Slot.WIRE, "No answer, but done"),
    "error_before": Behaviour(Slot.WIRE, "Server error, nothing done", codes=SERVER_ERRORS),
    "error_after": Behaviour(Slot.WIRE, "Server error, but done", codes=SERVER_ERRORS),
    "reset_before": Behaviour(Slot.WIRE, "Connection reset, nothing done"),
    "reset_after": Behaviour(Slot.WIRE, "Connection reset, but done"),
    "cut": Behaviour(Slot.WIRE, "Done; connection reset in mid-answer"),
    "truncated": Behaviour(Slot.WIRE, "Done; half a JSON"),
    "oversized": Behaviour(Slot.WIRE, "Done; 5 MB of answer"),
    "drip": Behaviour(Slot.WIRE, "Done; the answer drips byte by byte"),
    "slow": Behaviour(Slot.WIRE, "Done; a slow answer"),
    "unreadable": Behaviour(Slot.ANSWER, "Answer something else than JSON should be", codes=UNREADABLE),
    "news_lost": Behaviour(Slot.NEWS, "Never send the news", call="any"),
    "news_twice": Behaviour(Slot.NEWS, "Send the news several times", call="any", codes=("2", "3", "5", "20")),
    "news_late": Behaviour(Slot.NEWS, "Send the news some seconds late", call="any"),
    "news_reordered": Behaviour(Slot.NEWS, "Send the news after the next one", call="any"),
    "news_early": Behaviour(Slot.NEWS, "Send the news before the answer", call="any"),
}
BEFORE_ACTING = frozenset({"timeout_before", "error_before", "reset_before"})


class Unknown(ValueError):
    """A rule that cannot be; the message says which part of it."""


@dataclass(slots=True)
class Subject:
    """Whom a call is about, as far as it says."""

    reference: str = ""
    email: str = ""
    authorization: str = ""
    last4: str = ""
    channel: str = ""


@dataclass(slots=True)
class Rule:
    """`do` to every call that matches all that is given here. `times`: how often still; None: always.

    `share`: to this part of the references only, the same ones for the same seed.
    """

    number: int
    do: str
    call: str
    code: str
    seconds: float
    times: int | None
    share: float
    email: str
    card: str
    authorization: str
    reference: str
    channel: str

    def concerns(self, call: str, subject: Subject, seed: int) -> bool:
        if self.call not in ("any", call) or self.times == 0:
            return False
        wanted = (
            (self.email.lower(), subject.email.lower()),
            (self.card[-4:], subject.last4),
            (self.authorization, subject.authorization),
            (self.reference, subject.reference),
            (self.channel.lower(), subject.channel.lower()),
        )
        return all(mine in ("", theirs) for mine, theirs in wanted) and self._is_drawn(seed, subject.reference)

    def _is_drawn(self, seed: int, reference: str) -> bool:
        if self.share >= 1:
            return True
        digest = hashlib.sha256(f"{seed}:{self.number}:{reference}".encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:8], "big") / 2**64 < self.share


Plan = Mapping[Slot, Rule]


class Faults:
    """The rules in force. The newest that matches a call wins its slot."""

    def __init__(self, behaviours: Mapping[str, Behaviour], calls: tuple[str, ...], seed: int) -> None:
        self.behaviours = behaviours
        self._calls, self._seed = calls, seed
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, told: Mapping[str, Any]) -> Rule:
        """A rule from outside. Raises Unknown for anything that is not understood; nothing is ignored silently."""
        strange = set(told) - {"do", "call", "code", "seconds", "times", "share", *WHOM}
        if strange:
            raise Unknown(f"Unknown field: {sorted(map(str, strange))[0]}")
        do = str(told.get("do") or "")
        behaviour = self.behaviours.get(do)
        if behaviour is None:
            raise Unknown(f"Unknown behaviour: {do[:60]!r}")
        call = str(told.get("call") or behaviour.call)
        if call not in ("any", *self._calls):
            raise Unknown(f"Unknown call: {call[:60]!r}")
        subject = {name: str(told.get(name) or "")[:200] for name in WHOM}
        longest = LONGEST_WIRE_SECONDS if behaviour.slot is Slot.WIRE else LONGEST_SECONDS
        code, seconds = _code(do, behaviour, told.get("code")), _number(told, "seconds", 1.0, longest)
        times = round(_number(told, "times", 0.0, 100_000)) or None
        share = _number(told, "share", 1.0, 1.0)
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise Unknown(f"There are {MOST_RULES} rules already")
            rule = Rule(next(self._numbers), do, call, code, seconds, times, share, **subject)
            self._rules.append(rule)
        return rule

    def remove(self, number: int) -> bool:
        with self._lock:
            before = len(self._rules)
            self._rules = [rule for rule in self._rules if rule.number != number]
            return len(self._rules) < before

    def clear(self) -> None:
        with self._lock:
            self._rules = []

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def plan(self, call: str, subject: Subject) -> Plan:
        """What happens to this call. Counts as one use of every rule in it."""
        found: dict[Slot, Rule] = {}
        if not self._rules:
            return found
        with self._lock:
            for rule in reversed(self._rules):
                slot = self.behaviours[rule.do].slot
                if slot not in found and rule.concerns(call, subject, self._seed):
                    found[slot] = rule
            for rule in found.values():
                rule.times = rule.times - 1 if rule.times else rule.times
            self._rules = [rule for rule in self._rules if rule.times != 0]
        return found


def _code(do: str, behaviour: Behaviour, told: object) -> str:
    code = str(told or "") or (behaviour.codes[0] if behaviour.codes else "")
    if code and code not in behaviour.codes:
        raise Unknown(f"Unknown code for {do}: {code[:60]!r}")
    return code


def _number(told: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = told.get(name)
    if value in (None, ""):
        return default
    try:
        number = float(str(value))
    except ValueError as error:
        raise Unknown(f"{name} is not a number") from error
    if not 0 <= number <= most:
        raise Unknown(f"{name} must lie between 0 and {most:g}")
    return number
