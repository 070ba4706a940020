"""What an adapter promises, in protocols small enough to be honest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.core.money import Money
from portal.gateways.base import (
    Ability,
    ChargeList,
    ChargeOrder,
    ChargeOutcome,
    CheckoutOrder,
    LookUp,
    News,
    Outcome,
    Payable,
    Probe,
    RefundList,
    RefundOrder,
    RefundOutcome,
)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a whole call may take, connecting and reading together."""

    charge: float = 45.0
    page: float = 10.0
    read: float = 20.0


class Gateway(Protocol):
    """What every adapter has. `mode` is "test" or "live"."""

    name: str
    abilities: frozenset[Ability]
    mode: str
    deadlines: Deadlines

    def require_payable(self, amount: Money) -> None:
        """Raise WrongAmount unless the gateway takes this amount in this currency."""
        ...

    def minimum(self, currency: str) -> Money | None:
        """The least it takes, None for a currency it does not take at all."""
        ...

    def probe(self) -> Probe: ...


class Pulls(Gateway, Protocol):
    def charge(self, order: ChargeOrder) -> ChargeOutcome: ...

    def forget(self, method_token: str) -> Outcome: ...


class Pushes(Gateway, Protocol):
    def checkout(self, order: CheckoutOrder) -> Payable: ...


class Refunds(Gateway, Protocol):
    def refund(self, order: RefundOrder) -> RefundOutcome: ...

    def refunds_of(self, charge_ref: str) -> RefundList: ...


class Announces(Gateway, Protocol):
    def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool: ...

    def read_news(self, body: bytes) -> News: ...


class Answers(Gateway, Protocol):
    def look_up(self, reference: str) -> LookUp: ...

    def charges_between(self, since: datetime, until: datetime, page: int = 1) -> ChargeList: ...
