"""The words for money that goes the other way: bank details for a refund, disputes and our answer to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from portal.core.money import Money
from portal.gateways.base import Answer, DisputeNews, Outcome, RefundOutcome
from portal.gateways.protocols import Gateway, Refunds


@dataclass(frozen=True, slots=True)
class BankDetails:
    """The payer's own account, for a refund that cannot go back to where it came from. Secret."""

    number: str = field(repr=False)
    bank: str
    currency: str


@dataclass(frozen=True, slots=True)
class DisputeList:
    """One page of disputes, or one dispute; an empty list is proof of none only when `answer` is FOUND."""

    answer: Answer
    disputes: tuple[DisputeNews, ...] = ()
    next_page: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page of the refunds made in a window of time; `next_page` is None on the last one."""

    answer: Answer
    refunds: tuple[RefundOutcome, ...] = ()
    next_page: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DisputeReply:
    """Our answer to one dispute: give `amount` back, or contest it with `evidence` and the `file` put there before."""

    gateway_ref: str
    accepts: bool
    amount: Money
    message: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


class Retries(Refunds, Protocol):
    """Takes bank details for a refund that needs attention."""

    def retry_refund(self, gateway_ref: str, details: BankDetails) -> RefundOutcome: ...


class Disputes(Gateway, Protocol):
    """Tells of disputes and takes answers to them."""

    def dispute(self, gateway_ref: str) -> DisputeList: ...

    def answer_dispute(self, reply: DisputeReply) -> Outcome: ...


class ListsReturns(Gateway, Protocol):
    """Has Ability.REFUND and Ability.DISPUTES: lists what went back, and what payers want back."""

    def refunds_between(self, since: datetime, until: datetime, page: int = 1) -> RefundPage: ...

    def disputes_between(self, since: datetime, until: datetime, page: int = 1) -> DisputeList: ...
