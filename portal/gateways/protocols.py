"""What an adapter promises, in protocols small enough to be honest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.core.money import Money
from portal.gateways.base import (
    Ability,
    ChannelList,
    ChargeList,
    ChargeOrder,
    ChargeOutcome,
    CheckoutOrder,
    LookUp,
    News,
    Outcome,
    Payable,
    RefundList,
    RefundOrder,
    RefundOutcome,
)
from portal.gateways.probes import Probe


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
    """Has Ability.CHARGE."""

    def charge(self, order: ChargeOrder) -> ChargeOutcome: ...

    def forget(self, method_token: str) -> Outcome: ...


class Pushes(Gateway, Protocol):
    def checkout(self, order: CheckoutOrder) -> Payable:
        """A page, or, with Ability.DIRECT and another channel, a payable that needs none."""
        ...


class Offers(Gateway, Protocol):
    """Has Ability.DIRECT."""

    def channels(self) -> ChannelList: ...


class Refunds(Gateway, Protocol):
    """Has Ability.REFUND."""

    def refund(self, order: RefundOrder) -> RefundOutcome: ...

    def refunds_of(self, charge_ref: str) -> RefundList: ...


class Announces(Gateway, Protocol):
    def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the signature is right. That is a filter and no proof: the gateway is asked what happened."""
        ...

    def read_news(self, body: bytes) -> News:
        """What the body claims to be about. Never raises."""
        ...


class Answers(Gateway, Protocol):
    def look_up(
        self, reference: str, *, gateway_ref: str = "", session: str = "", since: datetime | None = None
    ) -> LookUp:
        """What became of our `reference`. What else is known helps a gateway that cannot find by reference:

        its own number and session, and when the reference was first used."""
        ...

    def charges_between(self, since: datetime, until: datetime, page: int = 1) -> ChargeList: ...


class Adapter(Pushes, Announces, Answers, Protocol):
    """What the portal needs of every gateway."""


class Opens(Protocol):
    """An adapter's class: makes the adapter of one account. Raises WrongKey for secrets that cannot be right.

    `mode` is "test" or "live", or empty where the secrets tell; an empty `base_url` is the gateway's own address.
    `former_secrets` are only believed in signatures, while rotated ones are phased out.
    """

    name: str
    abilities: frozenset[Ability]
    secret_names: tuple[str, ...]

    def __call__(
        self,
        *,
        secrets: Mapping[str, str],
        mode: str = "",
        base_url: str = "",
        former_secrets: Sequence[Mapping[str, str]] = (),
        deadlines: Deadlines | None = None,
    ) -> Adapter: ...

    def least(self, currency: str) -> Money | None:
        """The least it takes, None for a currency it does not take at all. Needs no account."""
        ...
