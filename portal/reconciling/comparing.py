"""Comparing charges: what our attempts and payments say with what the gateway's list of transactions says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from portal.core.days import day
from portal.gateways.base import ChargeOutcome, Outcome
from portal.payments.states import IN_DOUBT, AttemptStatus
from portal.reconciling.kinds import DifferenceKind as Kind
from portal.reconciling.sides import Found, Frame, Loose, OurCharge, OurPayment, Ours, Theirs, money_words

OURS = re.compile(r"at-[a-z0-9]{20,30}")
DAYS_APART = timedelta(days=3)
"""A payment is booked on the day we hear of it, which may be a weekend later."""

_PAID: Mapping[AttemptStatus, Kind] = {
    AttemptStatus.WAITING: Kind.PAID_WHILE_WAITING,
    AttemptStatus.SENDING: Kind.PAID_WHILE_SENDING,
    AttemptStatus.PENDING: Kind.PAID_WHILE_PENDING,
    AttemptStatus.ACTION_REQUIRED: Kind.PAID_WHILE_OPEN,
    AttemptStatus.UNKNOWN: Kind.PAID_WHILE_UNKNOWN,
    AttemptStatus.DECLINED: Kind.PAID_THOUGH_DECLINED,
    AttemptStatus.CANCELED: Kind.PAID_THOUGH_CANCELED,
    AttemptStatus.EXPIRED: Kind.PAID_THOUGH_EXPIRED,
    AttemptStatus.SUPERSEDED: Kind.PAID_THOUGH_SUPERSEDED,
    AttemptStatus.SUCCEEDED: Kind.PAID_NOT_BOOKED,
}
_NOT_PAID: Mapping[Outcome, Kind] = {
    Outcome.DECLINED: Kind.BOOKED_THOUGH_DECLINED,
    Outcome.PENDING: Kind.BOOKED_THOUGH_PENDING,
    Outcome.ACTION_REQUIRED: Kind.BOOKED_THOUGH_OPEN,
    Outcome.UNKNOWN: Kind.BOOKED_THOUGH_UNCLEAR,
}


def charges(ours: Ours, theirs: Theirs, frame: Frame) -> Iterator[Found]:
    """Every difference, in both directions."""
    for reference, told in theirs.charges.items():
        mine = ours.charges.get(reference)
        if mine is None:
            yield from _unknown(told, ours, frame)
        else:
            yield from _both(mine, told, theirs, frame)
    for mine in ours.charges.values():
        if mine.reference not in theirs.charges and mine.reference not in frame.unsure:
            yield from _absent(mine, frame)
    yield from _loose(ours.loose, theirs, frame)


def expected(ours: Ours, theirs: Theirs, frame: Frame) -> list[OurCharge]:
    """Those that should stand in the list and do not: the gateway is asked about each before anything is said."""
    return [
        mine
        for mine in ours.charges.values()
        if mine.reference not in theirs.charges and any(True for _ in _absent(mine, frame))
    ]


def _unknown(told: Sequence[ChargeOutcome], ours: Ours, frame: Frame) -> Iterator[Found]:
    """Money under a reference that our books do not have."""
    for charge in told:
        if charge.outcome is not Outcome.SUCCEEDED or not frame.is_settled(charge.paid_at):
            continue
        if ours.paid(charge.gateway_ref) is not None:
            continue  # the payment is ours; that the name differs is told below
        kind = Kind.LOST_CHARGE if OURS.fullmatch(charge.reference) else Kind.FOREIGN_CHARGE
        yield Found(
            kind,
            f"charge:{charge.reference or charge.gateway_ref}",
            charge.paid_at or frame.until,
            amount=charge.amount,
            theirs=_evidence(charge),
        )


def _both(mine: OurCharge, told: Sequence[ChargeOutcome], theirs: Theirs, frame: Frame) -> Iterator[Found]:
    charge = max(told, key=lambda one: _weight(one, mine))
    paid = [one for one in told if one.outcome is Outcome.SUCCEEDED and not one.was_returned]
    if len(paid) > 1 and frame.is_settled(max(one.paid_at or frame.since for one in paid)):
        yield _found(Kind.PAID_TWICE, mine, charge, transactions=", ".join(one.gateway_ref for one in paid))
    if not frame.is_settled(mine.changed_at) or not frame.is_settled(charge.paid_at):
        return
    if charge.outcome is Outcome.SUCCEEDED:
        yield from _paid(mine, charge, theirs, frame)
    elif mine.payment is not None:
        if charge.outcome in _NOT_PAID and not mine.payment.is_reversed:
            yield _found(_NOT_PAID[charge.outcome], mine, charge)
    elif charge.outcome is Outcome.DECLINED and mine.status in IN_DOUBT:
        yield _found(Kind.OPEN_THOUGH_DECLINED, mine, charge)
    elif mine.status is AttemptStatus.WAITING:
        yield _found(Kind.WAITING_THOUGH_KNOWN, mine, charge)
    elif charge.outcome is Outcome.PENDING and mine.status in (AttemptStatus.DECLINED, AttemptStatus.CANCELED):
        yield _found(Kind.CLOSED_THOUGH_PENDING, mine, charge)


def _weight(charge: ChargeOutcome, mine: OurCharge) -> tuple[bool, bool, bool]:
    """The one that our payment names first, then one that was paid."""
    names_it = mine.payment is not None and charge.gateway_ref == mine.payment.gateway_ref
    return names_it, charge.outcome is Outcome.SUCCEEDED, not charge.was_returned


def _paid(mine: OurCharge, charge: ChargeOutcome, theirs: Theirs, frame: Frame) -> Iterator[Found]:
    payment = mine.payment
    if payment is None:
        yield _found(_PAID[mine.status], mine, charge)
        return
    for kind in _details(mine, payment, charge, frame):
        yield _found(kind, mine, charge)
    if charge.was_returned and payment.returned.is_zero and not _goes_back(charge, theirs):
        yield _found(Kind.RETURNED_UNSEEN, mine, charge)
    if payment.is_reversed and not charge.was_returned and not _goes_back(charge, theirs):
        yield _found(Kind.REVERSED_HERE_ONLY, mine, charge)


def _details(mine: OurCharge, payment: OurPayment, charge: ChargeOutcome, frame: Frame) -> Iterator[Kind]:
    """In what a payment that both sides know differs."""
    if charge.currency and charge.currency != payment.amount.currency:
        yield Kind.CURRENCY_DIFFERS
    elif charge.amount is not None and charge.amount != payment.amount:
        yield Kind.BOOKED_TOO_MUCH if payment.amount > charge.amount else Kind.BOOKED_TOO_LITTLE
    elif charge.fee is not None and charge.fee.currency == payment.fee.currency and charge.fee != payment.fee:
        yield Kind.FEE_DIFFERS
    if charge.gateway_ref and charge.gateway_ref != payment.gateway_ref:
        yield Kind.NUMBER_DIFFERS
    if charge.paid_at and abs(day(charge.paid_at, frame.zone) - payment.received_on) > DAYS_APART:
        yield Kind.DAY_DIFFERS
    if charge.session and mine.session and not _same(charge.session, mine.session, mine.reference):
        yield Kind.SESSION_DIFFERS
    if charge.payer_email and mine.payer_email and charge.payer_email.casefold() != mine.payer_email.casefold():
        yield Kind.PAYER_DIFFERS
    if charge.mode and charge.mode != frame.mode:
        yield Kind.MODE_DIFFERS


def _same(heard: str, *known: str) -> bool:
    return heard.casefold() in {one.casefold() for one in known}


def _goes_back(charge: ChargeOutcome, theirs: Theirs) -> bool:
    """Does a refund or a dispute of theirs explain it? That is compared by itself."""
    refunds = any(one.charge_ref == charge.gateway_ref for one in theirs.refunds or ())
    return refunds or any(one.charge_ref == charge.gateway_ref for one in theirs.disputes or ())


def _absent(mine: OurCharge, frame: Frame) -> Iterator[Found]:
    """Ours that the gateway does not list."""
    if not frame.holds(mine.created_at) or not frame.is_settled(mine.changed_at):
        return
    if mine.payment is not None and not mine.payment.is_reversed:
        yield _found(Kind.BOOKED_THOUGH_MISSING, mine, None)
    elif mine.status in IN_DOUBT and mine.was_sent:
        yield _found(Kind.OPEN_THOUGH_MISSING, mine, None)


def _loose(loose: Sequence[Loose], theirs: Theirs, frame: Frame) -> Iterator[Found]:
    """Payments through the gateway that no attempt of ours asked for, and of which it knows nothing."""
    numbers = {one.gateway_ref for told in theirs.charges.values() for one in told}
    for one in loose:
        if one.payment.gateway_ref not in numbers and frame.holds(one.created_at) and not one.payment.is_reversed:
            yield Found(
                Kind.BOOKED_WITHOUT_CHARGE,
                f"payment:{one.payment.ref}",
                one.created_at,
                one.customer_id,
                one.payment.id,
                one.payment.amount,
                ours={"payment": one.payment.ref, "amount": money_words(one.payment.amount), "customer": one.customer},
            )


def _found(kind: Kind, mine: OurCharge, charge: ChargeOutcome | None, **more: str) -> Found:
    payment = mine.payment
    known = {"reference": mine.reference, "status": mine.status.value, "customer": mine.customer}
    known |= {"invoice": mine.invoice, "asked": money_words(mine.amount)}
    if payment is not None:
        known |= {
            "payment": payment.ref,
            "amount": money_words(payment.amount),
            "fee": money_words(payment.fee),
            "number": payment.gateway_ref,
            "day": payment.received_on.isoformat(),
            "returned": "" if payment.returned.is_zero else money_words(payment.returned),
        }
    known |= {"session": mine.session, "payer": mine.payer_email}
    paid_at = charge.paid_at if charge else None
    return Found(
        kind,
        f"charge:{mine.reference}",
        min(paid_at, mine.created_at) if paid_at else mine.created_at,
        mine.customer_id,
        payment.id if payment else None,
        (charge.amount if charge else None) or (payment.amount if payment else mine.amount),
        {name: value for name, value in known.items() if value},
        _evidence(charge) | more,
    )


def _evidence(charge: ChargeOutcome | None) -> dict[str, str]:
    if charge is None:
        return {"outcome": "not listed"}
    told = {
        "reference": charge.reference,
        "outcome": charge.outcome.value,
        "amount": money_words(charge.amount),
        "fee": money_words(charge.fee),
        "number": charge.gateway_ref,
        "paid": charge.paid_at.isoformat() if charge.paid_at else "",
        "session": charge.session,
        "payer": charge.payer_email,
        "mode": charge.mode,
        "returned": "yes" if charge.was_returned else "",
    }
    return {name: value for name, value in told.items() if value}
