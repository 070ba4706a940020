"""What a dunning case does on a day: tries, one mail, and what follows when the ladder is used up.

Steps; the caller holds the customer's lock and commits.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _canceling
from portal.actions._gateways import charge_for
from portal.banking import holding
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.business import Business
from portal.core.days import day
from portal.customers.models import Customer
from portal.dunning import cases, due
from portal.dunning.due import Turn
from portal.dunning.models import DunningCase, DunningPolicy
from portal.dunning.policy import LastStep, Stage, may_try
from portal.dunning.states import CaseEvent, CaseStatus
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import attempts, queries
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.states import AttemptKind, AttemptStatus, AttemptTrigger
from portal.subscriptions import lifecycle
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import ENDED, SUBSCRIPTION, Collection, SubscriptionEvent, SubscriptionStatus

PUT_OFF = timedelta(hours=1)
PAGE_PATIENCE = timedelta(days=2)
UNPAID = "unpaid"


def act(
    session: Session, case: DunningCase, customer: Customer, *, business: Business, actor: Actor, at: datetime
) -> None:
    """Take the steps that are due: all debts of the day together, with one mail at the most.

    A charge in doubt puts its debt off, as does a proof of transfer that nobody has looked at yet; an open payment
    page puts a try off until it has lapsed, two days at the most. Where nothing is tried, an open page or number holds
    no reminder back.
    """
    on = day(at, customer.zone)
    if case.status is CaseStatus.PAUSED:
        cases.move(case, CaseEvent.RESUMED, at=at)
        cases.log(session, case, "resumed", actor="", text="", step=0, at=at)
    _drop_settled(session, case, at=at)
    turns = due.turns(session, case, on)
    live = queries.live_attempts(session, [turn.invoice.id for turn in turns])
    rests = holding.held(session, [turn.invoice.id for turn in turns], zone=customer.zone, business=business, at=at)
    waits = {turn.debt.id: (_put_off(turn, live, on, at), rests.get(turn.invoice.id)) for turn in turns}
    put_off = {debt: max(until for until in both if until is not None) for debt, both in waits.items() if any(both)}
    ready = [turn for turn in turns if turn.debt.id not in put_off]
    _climb(session, case, [turn for turn in ready if turn.stage is Stage.STEP], live, on=on, at=at)
    for turn in ready:
        if turn.stage is not Stage.STEP:
            _end(session, case, turn, on=on, actor=actor, at=at)
    _exhaust(session, case, at=at)
    session.flush()
    cases.refresh_clock(session, case, business=business, customer=customer, at=at, put_off=put_off)
    _record(session, case, ready, actor, at)


def tell_of_failed_try(session: Session, invoice: Invoice, *, at: datetime) -> None:
    """The try of the day has failed: now its mail may leave, unless another invoice's try has sent it."""
    debt = cases.debt_of(session, invoice.id)
    case = session.get_one(DunningCase, debt.case_id) if debt is not None else None
    if debt is not None and case is not None and case.status is CaseStatus.OPEN:
        on = day(at, session.get_one(Customer, invoice.customer_id).zone)
        cases.remind(session, case, step=debt.step, actor="", on=on, at=at)


def chargeable(session: Session, invoice: Invoice, on: date) -> PaymentMethod | None:
    """The method the invoice may be charged with by itself on the day `on`; None: only its customer can pay it.

    Not what the customer sends, not for a subscription that has ended or is paused, and not with a method that was
    refused for good.
    """
    if invoice.subscription_id is None:
        return None
    subscription = session.get_one(Subscription, invoice.subscription_id)
    if subscription.collection != Collection.PULL or subscription.status in (*ENDED, SubscriptionStatus.PAUSED):
        return None
    account = queries.enabled_account(session, invoice.currency)
    method = queries.usable_method(
        session, customer_id=invoice.customer_id, subscription_id=invoice.subscription_id, on=on
    )
    if account is None or method is None or method.gateway_account_id != account.id:
        return None
    declines = queries.declines_of(session, [invoice.id])[invoice.id]
    return method if may_try(declines, method.id) else None


def suspend(session: Session, subscription: Subscription, *, reason: str, actor: Actor, at: datetime) -> bool:
    """Serve it no more until it is paid; False where it is not past due."""
    if not SUBSCRIPTION.can(subscription.status, SubscriptionEvent.SUSPENDED):
        return False
    return lifecycle.move(session, subscription, SubscriptionEvent.SUSPENDED, actor=actor, at=at, reason=reason)


def _drop_settled(session: Session, case: DunningCase, *, at: datetime) -> None:
    """Nothing is chased that is not owed, whatever settled it."""
    for debt in cases.open_debts(session, case.id):
        invoice = session.get_one(Invoice, debt.invoice_id, populate_existing=True)
        if invoice.status is not InvoiceStatus.ISSUED or invoice.open_minor == 0:
            event = CaseEvent.RECOVERED if invoice.status is InvoiceStatus.PAID else CaseEvent.STOPPED
            cases.leave(session, [invoice.id], event=event, at=at)


def _put_off(turn: Turn, live: dict[int, Attempt], on: date, at: datetime) -> datetime | None:
    """Until when the debt is left alone, because money may be on its way."""
    attempt = live.get(turn.invoice.id)
    if attempt is None:
        return None
    if attempt.status is not AttemptStatus.ACTION_REQUIRED:
        return max(attempt.next_action_at or at, at + PUT_OFF)
    is_pulled = turn.subscription is not None and turn.subscription.collection == Collection.PULL
    is_page = attempt.kind == AttemptKind.PAYABLE and turn.stage is Stage.STEP and is_pulled
    if is_page and on < turn.due_on + PAGE_PATIENCE:
        return max(attempts.expires_at(attempt), at + PUT_OFF)
    return None


def _climb(
    session: Session,
    case: DunningCase,
    turns: Sequence[Turn],
    live: dict[int, Attempt],
    *,
    on: date,
    at: datetime,
) -> None:
    """Try what can be charged; what cannot is told in the mail at once. A failed try is told when it has failed."""
    wanted = []
    for turn in turns:
        cases.take_step(turn.debt, turn.step, on)
        method = chargeable(session, turn.invoice, on)
        turn.debt.is_hard = method is None and turn.subscription is not None
        if method is not None and turn.invoice.id not in live:
            wanted.append(charge_for(session, turn.invoice, method, AttemptTrigger.DUNNING))
    tried = {one.invoice_id for one in wanted}
    attempts.open_all(session, wanted, at=at)
    for turn in turns:
        if turn.invoice.id in tried:
            cases.log(session, case, "tried", actor="", text=turn.invoice.label or "", step=turn.step, at=at)
    untried = [turn.step for turn in turns if turn.invoice.id not in tried]
    if untried:
        cases.remind(session, case, step=max(untried), actor="", on=on, at=at)


def _end(session: Session, case: DunningCase, turn: Turn, *, on: date, actor: Actor, at: datetime) -> None:
    """The ladder is used up: only the subscription whose invoice it is pays for that, and only if it is late still."""
    last_step = LastStep(session.get_one(DunningPolicy, case.policy_id).last_step)
    cases.take_step(turn.debt, turn.step, on)
    subscription = turn.subscription
    if subscription is None or last_step is LastStep.KEEP_PAST_DUE:
        return
    if turn.stage is Stage.LAST and last_step is LastStep.SUSPEND:
        if suspend(session, subscription, reason=UNPAID, actor=actor, at=at):
            cases.log(session, case, "suspended", actor="", text=turn.invoice.label or "", step=turn.step, at=at)
    elif SUBSCRIPTION.can(subscription.status, SubscriptionEvent.GIVEN_UP):
        event = SubscriptionEvent.GIVEN_UP
        _canceling.cancel(session, subscription, on=on, event=event, reason=UNPAID, actor=actor, at=at)
        cases.log(session, case, "given_up", actor="", text=turn.invoice.label or "", step=turn.step, at=at)


def _exhaust(session: Session, case: DunningCase, *, at: datetime) -> None:
    """Every ladder is used up: the case stays until its invoices are paid or given up, and only waits."""
    ladder = cases.ladder_of(session.get_one(DunningPolicy, case.policy_id))
    debts = cases.open_debts(session, case.id)
    if case.status is not CaseStatus.OPEN or not all(cases.climb(session, debt, ladder).is_over for debt in debts):
        return
    if cases.move(case, CaseEvent.EXHAUSTED, at=at):
        outbox.post(session, "dunning.exhausted", at=at, customer_id=case.customer_id, case=case.ref)
        cases.log(session, case, "exhausted", actor="", text="", step=0, at=at)


def _record(session: Session, case: DunningCase, turns: Sequence[Turn], actor: Actor, at: datetime) -> None:
    if turns:
        steps = [{"invoice": turn.invoice.ref, "stage": str(turn.stage), "step": turn.step} for turn in turns]
        audit.record(
            session, actor, "dunning.advanced", at=at, customer_id=case.customer_id, subject=case.ref, steps=steps
        )
