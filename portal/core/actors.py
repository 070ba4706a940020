"""Who did it: every deed names an actor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    GATEWAY = "gateway"
    KEY = "key"
    SYSTEM = "system"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is what a person reads in the history; ids are there when a person stood behind it."""

    kind: ActorKind
    name: str
    user_id: int | None = None
    customer_id: int | None = None

    @classmethod
    def system(cls, name: str) -> Actor:
        """A job or a rule, named for what it does."""
        return cls(ActorKind.SYSTEM, name)

    @classmethod
    def operator(cls, name: str) -> Actor:
        """Somebody at the command line of the installation."""
        return cls(ActorKind.OPERATOR, name)

    @classmethod
    def gateway(cls, name: str) -> Actor:
        """News of a gateway, confirmed by asking it."""
        return cls(ActorKind.GATEWAY, name)

    @classmethod
    def customer(cls, user_id: int, customer_id: int, name: str) -> Actor:
        """A person who signed in for a customer."""
        return cls(ActorKind.CUSTOMER, name, user_id, customer_id)

    @classmethod
    def staff(cls, user_id: int, name: str) -> Actor:
        return cls(ActorKind.STAFF, name, user_id)
