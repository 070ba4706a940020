"""Billing everything that is due: customers are claimed by the hundred, priced purely, and written in lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from portal.actions import _billing, _boundary, _parking
from portal.actions._run_limits import HEARTBEAT, limits_of
from portal.core import audit, outbox
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.bulk import insert_rows
from portal.core.business import Business
from portal.core.clock import wall
from portal.core.crashes import crash_point
from portal.core.db import PASSING, repeated, transaction
from portal.core.errors import PortalError
from portal.core.logging import log
from portal.core.money import Money
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Draft, PricedItem, TaxBook
from portal.invoicing.lifecycle import Order
from portal.invoicing.taxes import TaxMissing
from portal.payments.states import AttemptTrigger
from portal.runs import progress
from portal.runs.progress import OpenRun
from portal.runs.states import RunItemStatus
from portal.runs.stoplines import Limits, StopLine, is_above_median
from portal.subscriptions import due as clock
from portal.subscriptions import lifecycle
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.due import Advance, DueSubscription
from portal.subscriptions.models import Subscription, SubscriptionChange
from portal.subscriptions.schedule import Step, due_step, next_action, next_bill_on
from portal.subscriptions.states import Collection, SubscriptionEvent

Claim = Callable[[Session], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Renewal:
    """One subscription that moves into its next period, and what it is billed for it."""

    due: DueSubscription
    customer: Customer
    draft: Draft


@dataclass(frozen=True, slots=True)
class Held:
    """One that a stop line keeps from being billed."""

    due: DueSubscription
    line: StopLine
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a batch is priced by."""

    business: Business
    book: TaxBook
    limits: Limits
    usual: dict[int, int]
    released: set[int]
    items: dict[int, list[PricedItem]]


def renew_subscriptions(run_ref: str, *, limit: int, actor: Actor, at: datetime) -> int:
    """Bill up to about `limit` of what the run has due; how many subscriptions. 0: nothing is left that is free.

    Safe to run twice and by several workers at once: a customer is claimed by one of them, and what one leaves
    behind is due still, so the run is over only when nobody has anything left. A batch that fails is done one
    customer at a time, so that the culprit is parked alone.
    """
    with transaction() as session:
        run = progress.open_run(session, run_ref, at=at)
    if run is None:
        return 0
    done = 0
    while done < limit:
        found: list[int] = []
        try:
            billed = _batch(run, partial(_claimed, run, found), actor, at)
        except Exception as error:
            if not found:
                raise
            log().warning("a batch is billed one by one", run=run_ref, customers=len(found), error=repr(error))
            billed = sum(_alone(run, customer_id, actor, at) for customer_id in found)
        if not found:
            _close(run, actor, at)
            return done
        done += billed
    with transaction() as session:
        progress.put_back(session, run_ref, at=at)
    return done


def _close(run: OpenRun, actor: Actor, at: datetime) -> None:
    with transaction() as session:
        if clock.is_any_due(session, run.as_of):
            return  # somebody has it locked: the run comes up again should they not come to the end of it
        closed = progress.close_run(session, run.ref, at=at)
        if closed is not None:
            audit.record(session, actor, "run.finished", at=at, subject=run.ref, status=str(closed.status))
            outbox.post(session, "run.finished", at=at, run=run.ref)
            businesses.beat(session, HEARTBEAT, wall_at=wall(), at=at, finished=True)


def _claimed(run: OpenRun, found: list[int], session: Session) -> list[int]:
    """Claim, and remember who was claimed even if the batch is rolled back."""
    found[:] = clock.claim(session, run.as_of)
    return found


def _alone(run: OpenRun, customer_id: int, actor: Actor, at: datetime) -> int:
    """One customer; if that fails too it is parked with the reason, and a person looks."""
    try:
        return repeated(lambda: _batch(run, lambda session: [customers.lock(session, customer_id).id], actor, at))
    except PASSING:
        raise  # the database was away or held: the customer stays due
    except Exception as error:
        log().error("customer not billed", customer=customer_id, error=repr(error), exc_info=error)
        with transaction() as session:
            customer = customers.lock(session, customer_id)
            due = clock.of_customers(session, [customer_id], run.as_of)
            reason = error.message if isinstance(error, PortalError) else repr(error)
            progress.except_all(session, run.id, [(one.id, reason) for one in due], RunItemStatus.FAILED, at=at)
            _parking.park(session, customer, f"Billing failed: {reason}", actor=actor, at=at)
        return len(due)


def _batch(run: OpenRun, claim: Claim, actor: Actor, at: datetime) -> int:
    crash_point("C-01")
    with transaction() as session:
        claimed = claim(session)
        crash_point("C-02")
        if not claimed:
            return 0
        locked = {customer.id: customer for customer in customers.lock_all(session, claimed)}
        due = clock.of_customers(session, claimed, run.as_of)
        handled = len(due)
        due = _past_their_boundary(session, due, locked, run.as_of, actor)
        sheet = _sheet(session, due)
        renewals, held = _priced(due, locked, sheet)
        _advance(session, renewals, actor, at)
        _bill(session, run, renewals, sheet.business, actor, at)
        for one in held:
            progress.except_all(session, run.id, [(one.due.id, one.reason)], RunItemStatus.HELD, at=at)
            _parking.park(session, locked[one.due.customer_id], one.reason, actor=actor, at=at)
        progress.note_billed(session, run.id, [one.draft.total for one in renewals], at=at)
        businesses.beat(session, HEARTBEAT, wall_at=wall(), at=at)
    crash_point("C-05")
    return handled


def _past_their_boundary(
    session: Session, due: list[DueSubscription], locked: dict[int, Customer], as_of: datetime, actor: Actor
) -> list[DueSubscription]:
    """Starts, trial ends, cancellations, pauses and scheduled changes first; what is left to renew comes back."""
    special = [one for one in due if one.has_change or not _is_renewal(one, as_of)]
    for one in special:
        customer = locked[one.customer_id]
        subscription = session.get_one(Subscription, one.id, populate_existing=True)
        if not _boundary.take_steps(session, customer, subscription, actor=actor, at=as_of):
            lifecycle.refresh_clock(subscription, customer.zone)  # its zone may have changed since it was set
    if special:
        session.flush()
        due = clock.of_customers(session, list(locked), as_of)
    return [one for one in due if _is_renewal(one, as_of)]


def _is_renewal(one: DueSubscription, as_of: datetime) -> bool:
    found = due_step(one.timetable, as_of)
    return found is not None and found.step is Step.RENEW


def _sheet(session: Session, due: Sequence[DueSubscription]) -> Sheet:
    business = businesses.read(session)
    items = subscriptions.live_items(session, [one.id for one in due])
    return Sheet(
        business,
        invoicing.tax_book(session),
        limits_of(business),
        invoicing.usual_totals(session, [one.id for one in due]),
        progress.released(session, {one.id: next_action(one.timetable) for one in due}),
        {subscription_id: invoicing.priced(rows) for subscription_id, rows in items.items()},
    )


def _priced(
    due: Sequence[DueSubscription], locked: dict[int, Customer], sheet: Sheet
) -> tuple[list[Renewal], list[Held]]:
    """Everything is priced before anything is written. A stop line holds its item, the rest goes on."""
    renewals, held = [], []
    for one in due:
        customer = locked[one.customer_id]
        try:
            draft = _draft(one, customer, sheet)
        except TaxMissing as missing:
            held.append(Held(one, StopLine.TAX_MISSING, missing.message))
            continue
        usual = sheet.usual.get(one.id)
        is_above = usual is not None and is_above_median(draft.total, Money(usual, one.currency), sheet.limits)
        if is_above and one.id not in sheet.released:
            reason = f"The invoice would be more than {sheet.limits.times_median} times the usual one."
            held.append(Held(one, StopLine.INVOICE_ABOVE_MEDIAN, reason))
        else:
            renewals.append(Renewal(one, customer, draft))
    return renewals, held


def _draft(one: DueSubscription, customer: Customer, sheet: Sheet) -> Draft:
    turn = one.turn
    return drafting.for_period(
        invoicing.buyer(customer, sheet.book),
        sheet.items[one.id],
        turn.period,
        subscription_id=one.id,
        number=turn.number,
    )


def _advance(session: Session, renewals: Sequence[Renewal], actor: Actor, at: datetime) -> None:
    """The period moves on when its invoice is issued, paid or not."""
    moved = []
    for one in renewals:
        table = replace(one.due.timetable, period_end_on=one.due.turn.period.end)
        moved.append(Advance(one.due.id, one.due.turn, next_bill_on(table), next_action(table)))
    clock.advance_all(session, moved)
    _tell(session, renewals, actor, at)


def _tell(session: Session, renewals: Sequence[Renewal], actor: Actor, at: datetime) -> None:
    """History, audit and news of each, as lists."""
    event = SubscriptionEvent.RENEWED
    insert_rows(session, SubscriptionChange, [_history_row(one.due, event, actor, at) for one in renewals])
    audit.record_all(
        session,
        [
            audit.entry(
                actor,
                f"subscription.{event}",
                at=at,
                customer_id=one.customer.id,
                subject=one.due.ref,
                period=one.due.turn.number,
            )
            for one in renewals
        ],
    )
    outbox.post_all(
        session,
        [
            outbox.entry("subscription.renewed", at=at, customer_id=one.customer.id, subscription=one.due.ref)
            for one in renewals
        ],
    )


def _history_row(due: DueSubscription, event: SubscriptionEvent, actor: Actor, at: datetime) -> dict[str, Any]:
    return {
        "subscription_id": due.id,
        "at": at,
        "event": event,
        "from_status": due.status,
        "to_status": due.status,
        "actor": f"{actor.kind}:{actor.name}",
        "reason": "",
        "facts": {"period": due.turn.number, "start": due.turn.period.start.isoformat()},
    }


def _bill(
    session: Session,
    run: OpenRun,
    renewals: Sequence[Renewal],
    business: Business,
    actor: Actor,
    at: datetime,
) -> None:
    by_currency: dict[str, list[Order]] = {}
    for one in renewals:
        due_days = one.due.due_days if one.due.collection == Collection.PUSH else 0
        order = Order(one.draft, one.customer, due_days=due_days, run_id=run.id)
        by_currency.setdefault(one.due.currency, []).append(order)
    for orders in by_currency.values():
        _billing.bill(session, orders, trigger=AttemptTrigger.SCHEDULE, business=business, actor=actor, at=at)
