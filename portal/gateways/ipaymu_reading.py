"""From iPaymu's JSON to our values. Every field may be missing, of another type, or new: nothing here raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from portal.core.money import Money, MoneyError, round_half_away
from portal.gateways.base import Channel, ChargeOutcome, DeclineKind, OfferedChannel, Outcome
from portal.gateways.ipaymu_tables import CHANNELS, CODES, CURRENCY, LAPSED, RETURNED, STATUSES, WIB
from portal.gateways.told import part, parts, text, without

_HIDDEN = frozenset({"signature", "ApiKey", "api_key"})


def rupiah(value: object) -> Money | None:
    """Whole rupiah from a number or its text, decimals rounded; None for everything else."""
    words = text(value) if not isinstance(value, float) else repr(value)
    if not words or len(words) > 24:
        return None
    try:
        exact = Decimal(words)
        return Money(round_half_away(Fraction(exact)), CURRENCY) if exact.is_finite() else None
    except (InvalidOperation, MoneyError, OverflowError, ValueError):
        return None


def moment(value: object) -> datetime | None:
    """A local time without zone as an aware UTC instant; None for "-", nothing, and what is no time."""
    try:
        at = datetime.fromisoformat(text(value))
        return (at.replace(tzinfo=WIB) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def status_of(told: Mapping[str, Any]) -> int | None:
    words = text(told.get("Status"))
    return int(words) if words.removeprefix("-").isdecimal() and words.isascii() and len(words) < 5 else None


def same_session(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def is_on_page(told: Mapping[str, Any]) -> bool:
    """Whether the transaction was begun on a hosted page; without one its session is our reference."""
    session = text(told.get("SessionId"))
    return bool(session) and not same_session(session, text(told.get("ReferenceId")))


def charge_outcome(told: Mapping[str, Any], reference: str, mode: str) -> ChargeOutcome:
    """A transaction as our outcome. It must bear `reference`; with another, or none, it says nothing.

    The buyer's address is left out: on the page a buyer types whichever is at hand. A success without amount or
    number is UNKNOWN. On a page a failed transaction leaves the page open.
    """
    status, paid = status_of(told), rupiah(told.get("SubTotal")) or rupiah(told.get("Amount"))
    outcome = Outcome.UNKNOWN if status is None else STATUSES.get(status, Outcome.UNKNOWN)
    if text(told.get("PaidStatus")).lower() == "paid":
        outcome = Outcome.SUCCEEDED
    if outcome is Outcome.DECLINED and is_on_page(told):
        outcome = Outcome.ACTION_REQUIRED
    number = text(told.get("TransactionId"))
    is_whole = paid is not None and paid.is_positive and number != ""
    if text(told.get("ReferenceId")) != reference or (outcome is Outcome.SUCCEEDED and not is_whole):
        outcome = Outcome.UNKNOWN
    is_paid, can_be_paid = outcome is Outcome.SUCCEEDED, is_open(told) and not is_on_page(told)
    return ChargeOutcome(
        outcome=outcome,
        reference=reference,
        gateway_ref=number,
        amount=paid,
        currency=CURRENCY,
        fee=rupiah(told.get("Fee")),
        decline=DeclineKind.RETRY_LATER if outcome is Outcome.DECLINED else None,
        decline_code="" if is_paid or status is None else CODES.get(status, ""),
        reason=text(told.get("StatusDesc")),
        paid_at=moment(told.get("SuccessDate")) if is_paid else None,
        mode=mode,
        was_returned=is_paid and status == RETURNED,
        session=text(told.get("SessionId")),
        number=text(told.get("PaymentCode")) if can_be_paid else "",
        expires_at=moment(told.get("ExpiredDate")) if can_be_paid else None,
        raw=without(dict(told), _HIDDEN),
    )


def is_open(told: Mapping[str, Any]) -> bool:
    """Whether the buyer may still pay this very transaction."""
    return status_of(told) == 0


def weight(told: Mapping[str, Any]) -> tuple[int, int]:
    """Which of several transactions under one reference tells most: the first paid, then the last still open."""
    status, number = status_of(told), text(told.get("TransactionId"))
    age = int(number) if number.isdecimal() and len(number) < 19 else 0
    if text(told.get("PaidStatus")).lower() == "paid" or STATUSES.get(status or 0) is Outcome.SUCCEEDED:
        return 3, -age
    if is_open(told):
        return 2, age
    return (0 if status == LAPSED else 1), age


def offered(told: object) -> tuple[OfferedChannel, ...]:
    """The list of ways to pay; categories and channels we cannot use are left out."""
    found = []
    for group in parts(told):
        channel = CHANNELS.get(text(group.get("Code")).lower(), Channel.PAGE)
        if channel is Channel.PAGE:
            continue
        for entry in parts(group.get("Channels")):
            code = text(entry.get("Code")).lower()
            is_active = text(entry.get("FeatureStatus")).lower() == "active"
            is_active &= text(entry.get("HealthStatus")).lower() in ("online", "")
            if code:
                found.append(OfferedChannel(channel, code, text(entry.get("Name")) or code.upper(), is_active))
    return tuple(found)


def rows_of(told: object) -> tuple[list[Mapping[str, Any]], int] | None:
    """The rows of one page of the history and how many pages there are, in either published shape; else None."""
    box = part(told)
    rows = box["Transaction"] if "Transaction" in box else box.get("Results")
    if not isinstance(rows, list):
        return None
    pages = text(part(box.get("Pagination")).get("total_pages")) or text(box.get("Total_Page"))
    return parts(rows), int(pages) if pages.isdecimal() and len(pages) < 9 else 1
