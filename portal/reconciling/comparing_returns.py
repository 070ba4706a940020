"""Comparing money that goes back: refunds and disputes of ours with the gateway's lists of them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from portal.core.money import Money
from portal.gateways.base import DisputeNews, DisputeState, Outcome, RefundOutcome
from portal.payments.dispute_states import DisputeStatus
from portal.payments.refund_states import RefundStatus
from portal.reconciling.kinds import DifferenceKind as Kind
from portal.reconciling.sides import Found, Frame, OurCharge, OurDispute, OurRefund, Ours, Theirs, money_words

OURS = re.compile(r"rfd_[a-z0-9]{10,20}")
_UNDER_WAY = frozenset({RefundStatus.SENDING, RefundStatus.PENDING, RefundStatus.UNKNOWN, RefundStatus.NEEDS_ATTENTION})
_GIVEN_UP = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
_UNSENT = frozenset({RefundStatus.REQUESTED, RefundStatus.APPROVED})

# What they say → what we say → the difference; a pair that is not named agrees.
_REFUNDS: Mapping[Outcome, Mapping[RefundStatus, Kind]] = {
    Outcome.SUCCEEDED: {
        **dict.fromkeys(_UNDER_WAY | _UNSENT, Kind.REFUND_DONE_UNBOOKED),
        **dict.fromkeys(_GIVEN_UP, Kind.REFUND_DONE_THOUGH_FAILED),
    },
    Outcome.DECLINED: {
        **dict.fromkeys(_UNDER_WAY | _UNSENT, Kind.REFUND_FAILED_UNBOOKED),
        RefundStatus.SUCCEEDED: Kind.REFUND_FAILED_THOUGH_DONE,
    },
    Outcome.PENDING: {
        RefundStatus.SUCCEEDED: Kind.REFUND_PENDING_THOUGH_DONE,
        **dict.fromkeys(_GIVEN_UP, Kind.REFUND_PENDING_THOUGH_FAILED),
    },
    Outcome.ACTION_REQUIRED: {
        RefundStatus.SUCCEEDED: Kind.REFUND_PENDING_THOUGH_DONE,
        **dict.fromkeys(_GIVEN_UP, Kind.REFUND_PENDING_THOUGH_FAILED),
        **dict.fromkeys((_UNDER_WAY | _UNSENT) - {RefundStatus.NEEDS_ATTENTION}, Kind.REFUND_WANTS_DETAILS),
    },
}
_OPEN = frozenset({DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW})


def refunds(ours: Ours, theirs: Theirs, frame: Frame) -> Iterator[Found]:
    """Every difference, in both directions; nothing where the gateway has no list of refunds."""
    if theirs.refunds is None:
        return
    told = [one for one in theirs.refunds if not one.raw.get("dispute")]
    matched: set[str] = set()
    by_note: dict[str, list[RefundOutcome]] = defaultdict(list)
    for one in told:
        mine = _mine(one, ours.refunds)
        if mine is None:
            yield from _unknown_refund(one, ours, frame)
            continue
        matched.add(mine.ref)
        by_note[mine.ref].append(one)
    for mine in ours.refunds:
        yield from _same_refund(mine, by_note.get(mine.ref, []), frame)
    yield from _beyond(theirs.refunds, theirs, ours, frame)


def _mine(told: RefundOutcome, ours: Sequence[OurRefund]) -> OurRefund | None:
    """By the gateway's number, else by our name in its note."""
    by_number = next((one for one in ours if one.gateway_ref and one.gateway_ref == told.gateway_ref), None)
    return by_number or next((one for one in ours if one.ref == told.note), None)


def _unknown_refund(told: RefundOutcome, ours: Ours, frame: Frame) -> Iterator[Found]:
    if told.outcome is Outcome.DECLINED or not frame.is_settled(told.created_at):
        return
    kind = Kind.REFUND_LOST if OURS.search(told.note) else Kind.REFUND_OUTSIDE
    paid = ours.paid(told.charge_ref)
    yield Found(
        kind,
        f"refund:{told.gateway_ref}",
        told.created_at or frame.until,
        paid.customer_id if paid else None,
        paid.payment.id if paid and paid.payment else None,
        told.amount,
        _payment(paid),
        _refund_evidence(told),
    )


def _same_refund(mine: OurRefund, told: Sequence[RefundOutcome], frame: Frame) -> Iterator[Found]:
    if not frame.is_settled(mine.changed_at):
        return
    live = [one for one in told if one.outcome is not Outcome.DECLINED]
    if len(live) > 1:
        yield _refund(Kind.REFUND_TWICE, mine, live[-1], numbers=", ".join(one.gateway_ref for one in live))
    if not told:
        if mine.was_sent and mine.status not in _GIVEN_UP and frame.holds(mine.created_at):
            yield _refund(Kind.REFUND_MISSING, mine, None)
        return
    one = next((each for each in told if each.gateway_ref == mine.gateway_ref), told[0])
    if one.amount is not None and one.amount != mine.amount:
        yield _refund(Kind.REFUND_AMOUNT_DIFFERS, mine, one)
    if one.charge_ref and mine.charge_ref and one.charge_ref != mine.charge_ref:
        yield _refund(Kind.REFUND_OF_OTHER_PAYMENT, mine, one)
    kind = _REFUNDS.get(one.outcome, {}).get(mine.status)
    if kind is not None:
        yield _refund(kind, mine, one)


def _beyond(told: Sequence[RefundOutcome], theirs: Theirs, ours: Ours, frame: Frame) -> Iterator[Found]:
    """More given back than came in, by the gateway's own lists."""
    paid = {one.gateway_ref: one for rows in theirs.charges.values() for one in rows if one.amount}
    sums: dict[str, list[RefundOutcome]] = defaultdict(list)
    for one in told:
        if one.outcome is not Outcome.DECLINED and one.amount is not None:
            sums[one.charge_ref].append(one)
    for number, rows in sums.items():
        charge = paid.get(number)
        if (
            charge is None
            or charge.amount is None
            or any(one.amount.currency != charge.currency for one in rows if one.amount)
        ):
            continue
        total = Money.total((one.amount for one in rows if one.amount), charge.amount.currency)
        if total > charge.amount:
            mine = ours.paid(number)
            yield Found(
                Kind.REFUNDED_BEYOND_PAYMENT,
                f"payment:{number}",
                min((one.created_at for one in rows if one.created_at), default=frame.until),
                mine.customer_id if mine else None,
                mine.payment.id if mine and mine.payment else None,
                total - charge.amount,
                _payment(mine),
                {"paid": money_words(charge.amount), "refunded": money_words(total), "number": number},
            )


def disputes(ours: Ours, theirs: Theirs, frame: Frame) -> Iterator[Found]:
    """Every difference, in both directions; nothing where the gateway has no list of disputes."""
    if theirs.disputes is None:
        return
    told = {one.gateway_ref: one for one in theirs.disputes}
    known = {one.gateway_ref for one in ours.disputes}
    for one in told.values():
        if one.gateway_ref not in known and frame.is_settled(one.opened_at):
            yield _unknown_dispute(one, ours, frame)
    for mine in ours.disputes:
        if not frame.is_settled(mine.changed_at):
            continue
        heard = told.get(mine.gateway_ref)
        if heard is None:
            if frame.holds(mine.opened_at):
                yield _dispute(Kind.DISPUTE_MISSING, mine, None)
            continue
        for kind in _dispute_kinds(mine, heard):
            yield _dispute(kind, mine, heard)


def _unknown_dispute(told: DisputeNews, ours: Ours, frame: Frame) -> Found:
    paid = ours.paid(told.charge_ref) or ours.charges.get(told.reference)
    return Found(
        Kind.DISPUTE_UNKNOWN if paid else Kind.DISPUTE_FOREIGN,
        f"dispute:{told.gateway_ref}",
        told.opened_at or frame.until,
        paid.customer_id if paid else None,
        paid.payment.id if paid and paid.payment else None,
        told.amount,
        _payment(paid),
        _dispute_evidence(told),
    )


def _dispute_kinds(mine: OurDispute, told: DisputeNews) -> Iterator[Kind]:
    if told.amount is not None and told.amount != mine.amount and told.state is not DisputeState.WON:
        yield Kind.DISPUTE_AMOUNT_DIFFERS
    if told.charge_ref and mine.charge_ref and told.charge_ref != mine.charge_ref:
        yield Kind.DISPUTE_OF_OTHER_PAYMENT
    if told.due_at and mine.due_at and told.due_at != mine.due_at and mine.status in _OPEN:
        yield Kind.DISPUTE_DEADLINE_DIFFERS
    kind = _dispute_state(mine, told.state)
    if kind is not None:
        yield kind


def _dispute_state(mine: OurDispute, state: DisputeState) -> Kind | None:
    if mine.status in _OPEN:
        if state is DisputeState.WON:
            return Kind.DISPUTE_WON_UNBOOKED
        if state is DisputeState.LOST:
            return Kind.DISPUTE_LOST_UNBOOKED
        if state is DisputeState.NEEDS_RESPONSE and mine.answered_at is not None:
            return Kind.DISPUTE_ANSWER_MISSING
        is_elsewhere = state is DisputeState.UNDER_REVIEW and mine.status is DisputeStatus.NEEDS_RESPONSE
        return Kind.DISPUTE_ANSWERED_ELSEWHERE if is_elsewhere else None
    if state in (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW):
        return Kind.DISPUTE_REOPENED
    if state is DisputeState.LOST and mine.status is DisputeStatus.WON:
        return Kind.DISPUTE_LOST_THOUGH_WON
    if state is DisputeState.WON and mine.status is DisputeStatus.LOST:
        return Kind.DISPUTE_WON_THOUGH_LOST
    return None


def _refund(kind: Kind, mine: OurRefund, told: RefundOutcome | None, **more: str) -> Found:
    known = {"refund": mine.ref, "status": mine.status.value, "amount": money_words(mine.amount)}
    known |= {"customer": mine.customer, "number": mine.gateway_ref, "of": mine.charge_ref}
    return Found(
        kind,
        f"refund:{mine.ref}",
        min(mine.created_at, told.created_at) if told and told.created_at else mine.created_at,
        mine.customer_id,
        mine.payment_id,
        (told.amount if told else None) or mine.amount,
        {name: value for name, value in known.items() if value},
        (_refund_evidence(told) if told else {"outcome": "not listed"}) | more,
    )


def _dispute(kind: Kind, mine: OurDispute, told: DisputeNews | None) -> Found:
    known = {"dispute": mine.ref, "status": mine.status.value, "amount": money_words(mine.amount)}
    known |= {"customer": mine.customer, "number": mine.gateway_ref, "of": mine.charge_ref}
    known |= {"answer by": mine.due_at.isoformat() if mine.due_at else ""}
    known |= {"answered": mine.answered_at.isoformat() if mine.answered_at else ""}
    return Found(
        kind,
        f"dispute:{mine.gateway_ref}",
        mine.opened_at,
        mine.customer_id,
        mine.payment_id,
        (told.amount if told else None) or mine.amount,
        {name: value for name, value in known.items() if value},
        _dispute_evidence(told) if told else {"outcome": "not listed"},
    )


def _payment(paid: OurCharge | None) -> dict[str, str]:
    if paid is None or paid.payment is None:
        return {}
    known = {"payment": paid.payment.ref, "amount": money_words(paid.payment.amount), "customer": paid.customer}
    return {name: value for name, value in (known | {"invoice": paid.invoice}).items() if value}


def _refund_evidence(told: RefundOutcome) -> dict[str, str]:
    found = {
        "outcome": told.outcome.value,
        "amount": money_words(told.amount),
        "number": told.gateway_ref,
        "of": told.charge_ref,
        "note": told.note[:200],
        "made": told.created_at.isoformat() if told.created_at else "",
    }
    return {name: value for name, value in found.items() if value}


def _dispute_evidence(told: DisputeNews) -> dict[str, str]:
    found = {
        "outcome": told.state.value,
        "amount": money_words(told.amount),
        "number": told.gateway_ref,
        "of": told.charge_ref,
        "reason": told.reason[:200],
        "answer by": told.due_at.isoformat() if told.due_at else "",
        "opened": told.opened_at.isoformat() if told.opened_at else "",
    }
    return {name: value for name, value in found.items() if value}
