"""From Paystack's JSON to our values. Every field may be missing, of another type, or new: nothing here raises."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from portal.core.money import CURRENCIES, Money, MoneyError, digits, round_half_away
from portal.gateways.base import (
    ChargeOutcome,
    DeclineKind,
    DisputeNews,
    DisputeState,
    Outcome,
    RefundOutcome,
    StoredMethod,
)
from portal.gateways.paystack_tables import (
    CHARGES,
    DECLINE_TEXTS,
    DECLINES,
    DISPUTES,
    DOUBTFUL,
    ISO_CODES,
    REFUNDS,
    RESOLUTIONS,
    RESOLVED,
    RETURNED,
    WIRE_UNITS,
)
from portal.gateways.told import part, text, without

_SECRET_KEYS = frozenset({"authorization_code", "access_code", "authorization_url", "email_token", "pin", "otp"})


def wire_amount(amount: Money) -> int:
    """Hundredths of the main unit, whatever our own minor unit is."""
    units: int = WIRE_UNITS * amount.minor // 10 ** digits(amount.currency)
    return units


def money(value: object, currency: object) -> Money | None:
    """Hundredths as money, a fraction of our minor unit rounded; None if it is no amount of a known currency."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int or not isinstance(currency, str) or currency not in CURRENCIES:
        return None
    try:
        return Money(round_half_away(Fraction(value * 10 ** digits(currency), WIRE_UNITS)), currency)
    except MoneyError:
        return None


def moment(value: object) -> datetime | None:
    """ISO 8601 as an aware UTC instant; a time without offset is taken as UTC."""
    try:
        at = datetime.fromisoformat(text(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def without_tokens(value: Any) -> Any:
    """The same JSON, storable, without anything that could charge a card or open a payment page."""
    return without(value, _SECRET_KEYS)


def stored_method(authorization: Mapping[str, Any], payer_email: str) -> StoredMethod | None:
    token = text(authorization.get("authorization_code"))
    if not token:
        return None
    return StoredMethod(
        token=token,
        kind=text(authorization.get("channel")) or "card",
        brand=text(authorization.get("brand")) or text(authorization.get("card_type")),
        last4=text(authorization.get("last4")),
        expires_on=_last_good_day(authorization.get("exp_year"), authorization.get("exp_month")),
        bank=text(authorization.get("bank")),
        is_reusable=authorization.get("reusable") is True,
        fingerprint=text(authorization.get("signature")),
        payer_email=payer_email,
    )


def _last_good_day(year: object, month: object) -> date | None:
    try:
        whole_year, whole_month = int(text(year)), int(text(month))
        whole_year += 2000 if whole_year < 100 else 0
        return date(whole_year, whole_month, calendar.monthrange(whole_year, whole_month)[1])
    except (ValueError, IndexError):
        return None


def decline_code(told: Mapping[str, Any]) -> str:
    """Their name for the reason of a failure, from the named code, the ISO digits or the text, in this order."""
    named = text(told.get("gateway_response_code")).lower()
    if named and named != "unknown":
        return named
    digit_code = text(told.get("response_code")).upper()
    if digit_code in ISO_CODES:
        return ISO_CODES[digit_code]
    said = _words(told).lower()
    return next((code for start, code in DECLINE_TEXTS if said.startswith(start)), "unknown")


def _words(told: Mapping[str, Any]) -> str:
    return text(told.get("gateway_response")) or text(told.get("message"))


def charge_outcome(told: Mapping[str, Any], reference: str, *, is_final: bool) -> ChargeOutcome:
    """A transaction as our outcome. It must bear `reference`; with another, or none, it says nothing.

    `is_final`: it comes from a look-up. A failure that leaves open whether money moved is believed only then.
    A success without amount, currency, number or mode is UNKNOWN, not a success.
    """
    status = text(told.get("status"))
    outcome = CHARGES.get(status, Outcome.UNKNOWN)
    code = decline_code(told) if outcome is Outcome.DECLINED else ""
    email = text(part(told.get("customer")).get("email"))
    paid = _paid(told)
    whole = paid is not None and text(told.get("id")) and text(told.get("domain")) in ("test", "live")
    if text(told.get("reference")) != reference or (outcome is Outcome.SUCCEEDED and not whole):
        outcome = Outcome.UNKNOWN
    if code in DOUBTFUL and not is_final:
        outcome = Outcome.UNKNOWN
    return ChargeOutcome(
        outcome=outcome,
        reference=reference,
        gateway_ref=text(told.get("id")),
        amount=paid,
        currency=text(told.get("currency")),
        fee=money(told.get("fees"), told.get("currency")),
        method=stored_method(part(told.get("authorization")), email) if outcome is Outcome.SUCCEEDED else None,
        decline=DECLINES.get(code, DeclineKind.RETRY_LATER) if outcome is Outcome.DECLINED else None,
        decline_code=code,
        reason=_words(told),
        paid_at=moment(told.get("paid_at") or told.get("paidAt") or told.get("transaction_date")),
        mode=text(told.get("domain")),
        payer_email=email,
        was_returned=status in RETURNED,
        raw=without_tokens(dict(told)),
    )


def _paid(told: Mapping[str, Any]) -> Money | None:
    """What was paid towards what we asked: a fee that the payer bore on top is not ours."""
    paid = money(told.get("amount"), told.get("currency"))
    asked = money(told.get("requested_amount"), told.get("currency"))
    return asked if paid and asked and asked.is_positive and paid > asked else paid


def refund_outcome(told: Mapping[str, Any]) -> RefundOutcome:
    """A refund row. The transaction is a whole object in one answer and its bare number in the others."""
    transaction = told.get("transaction")
    charge_ref = text(part(transaction).get("id")) or text(transaction)
    return RefundOutcome(
        outcome=REFUNDS.get(text(told.get("status")), Outcome.UNKNOWN),
        gateway_ref=text(told.get("id")),
        charge_ref=charge_ref,
        amount=money(told.get("amount"), told.get("currency")),
        note=text(told.get("merchant_note")),
        reason=text(told.get("reason")) or text(told.get("status")),
        created_at=moment(told.get("createdAt") or told.get("created_at")),
        raw=without_tokens(dict(told)),
    )


def dispute_told(told: Mapping[str, Any]) -> DisputeNews:
    """A dispute row. What is in dispute is the whole payment, unless a smaller refund was agreed on."""
    transaction = part(told.get("transaction"))
    currency = told.get("currency") or transaction.get("currency")
    agreed = money(told.get("refund_amount"), currency)
    said = text(told.get("status"))
    state = DISPUTES.get(said, DisputeState.UNKNOWN)
    if said in RESOLVED:
        state = RESOLUTIONS.get(text(told.get("resolution")), DisputeState.UNKNOWN)
    return DisputeNews(
        gateway_ref=text(told.get("id")),
        state=state,
        reference=text(transaction.get("reference")) or text(told.get("transaction_reference")),
        charge_ref=text(transaction.get("id")),
        amount=agreed if agreed and agreed.is_positive else money(transaction.get("amount"), currency),
        reason=text(told.get("category")),
        due_at=moment(told.get("dueAt")),
        opened_at=moment(told.get("createdAt") or told.get("created_at")),
        closed_at=moment(told.get("resolvedAt")),
        raw=without_tokens(dict(told)),
    )
