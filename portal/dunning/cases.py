"""Debts join a case and leave it. The only writer of a case's status. Callers hold the customer's lock."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import outbox
from portal.core.bulk import among
from portal.core.business import Business
from portal.core.days import day
from portal.core.ids import public_ref
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy, DunningStep
from portal.dunning.policy import Climb, Ladder, LastStep, next_step_at
from portal.dunning.states import CASE, CLOSED, STANDING, CaseEvent, CaseStatus, PauseKind
from portal.invoicing.models import Invoice
from portal.subscriptions.models import Subscription


def ladder_of(policy: DunningPolicy) -> Ladder:
    return Ladder(
        tuple(policy.pull_days), tuple(policy.push_days), LastStep(policy.last_step), policy.cancel_after_days
    )


def default_ladder(session: Session) -> Ladder:
    """The ladder of whoever has no policy of its own."""
    return ladder_of(session.scalars(select(DunningPolicy).where(DunningPolicy.is_default)).one())


def standing_case(session: Session, customer_id: int, currency: str) -> DunningCase | None:
    """The one case that is not closed."""
    return session.scalar(
        select(DunningCase).where(
            DunningCase.customer_id == customer_id,
            DunningCase.currency == currency,
            DunningCase.status.in_(STANDING),
        )
    )


def open_debts(session: Session, case_id: int) -> list[DunningDebt]:
    """What the case still chases, the oldest first."""
    wanted = select(DunningDebt).where(DunningDebt.case_id == case_id, DunningDebt.closed_at.is_(None))
    return list(session.scalars(wanted.order_by(DunningDebt.began_on, DunningDebt.id)))


def debt_of(session: Session, invoice_id: int) -> DunningDebt | None:
    return session.scalar(
        select(DunningDebt).where(DunningDebt.invoice_id == invoice_id, DunningDebt.closed_at.is_(None))
    )


def join(
    session: Session,
    invoice: Invoice,
    customer: Customer,
    *,
    business: Business,
    is_hard: bool,
    at: datetime,
    began_on: date | None = None,
) -> DunningCase:
    """Chase the invoice: in the customer's standing case, in the one that had ended with its payment, or in a new one.

    Its ladder counts from `began_on`, without it from the due day (push) or today. Again changes nothing but the
    hardness of its last decline.
    """
    case = (
        standing_case(session, customer.id, invoice.currency)
        or _recovered(session, invoice.id)
        or _opened(session, invoice, customer, at)
    )
    debt = debt_of(session, invoice.id)
    if debt is None:
        start = began_on or _began_on(session, invoice, customer, at)
        session.add(DunningDebt(case_id=case.id, invoice_id=invoice.id, began_on=start, step=0, is_hard=is_hard))
        log(session, case, "joined", actor="", text=invoice.label or invoice.ref, step=0, at=at)
        if move(case, CaseEvent.REOPENED, at=at):
            case.next_action_at = at
        session.flush()
    else:
        debt.is_hard = is_hard
    refresh_clock(session, case, business=business, customer=customer, at=at)
    return case


def take_up(session: Session, invoice: Invoice, customer: Customer, *, business: Business, at: datetime) -> bool:
    """What had seemed to pay the invoice was none of it: it is chased again from where it was left off.

    False where it was not chased before, or a person has stopped its case since.
    """
    wanted = select(DunningDebt).where(DunningDebt.invoice_id == invoice.id, DunningDebt.closed_at.is_not(None))
    debt = session.scalar(wanted.order_by(DunningDebt.id.desc()).limit(1))
    if debt is None:
        return False
    case = standing_case(session, customer.id, invoice.currency) or session.get_one(DunningCase, debt.case_id)
    if case.status not in STANDING and not CASE.can(case.status, CaseEvent.REOPENED):
        return False
    if case.id == debt.case_id:
        debt.closed_at = None
    else:
        climbed = {name: getattr(debt, name) for name in ("began_on", "step", "stepped_on", "is_hard")}
        session.add(DunningDebt(case_id=case.id, invoice_id=invoice.id, **climbed))
    log(session, case, "joined", actor="", text=invoice.label or invoice.ref, step=debt.step, at=at)
    if move(case, CaseEvent.REOPENED, at=at):
        case.next_action_at = at
    session.flush()
    refresh_clock(session, case, business=business, customer=customer, at=at)
    return True


def leave(session: Session, invoice_ids: Collection[int], *, event: CaseEvent, at: datetime) -> list[DunningCase]:
    """The invoices are chased no more (paid, voided, written off). Cases without a debt left end by `event`;
    those that ended are returned."""
    debts = list(
        session.scalars(
            select(DunningDebt).where(among(DunningDebt.invoice_id, invoice_ids), DunningDebt.closed_at.is_(None))
        )
    )
    for debt in debts:
        debt.closed_at = at
    session.flush()
    ended = []
    for case_id in sorted({debt.case_id for debt in debts}):
        case = session.get_one(DunningCase, case_id)
        if not open_debts(session, case_id) and move(case, event, at=at):
            outbox.post(session, f"dunning.{event}", at=at, customer_id=case.customer_id, case=case.ref)
            log(session, case, str(event), actor="", text="", step=0, at=at)
            ended.append(case)
    return ended


def move(case: DunningCase, event: CaseEvent, *, at: datetime) -> bool:
    """Take the event; False when it changes nothing. A closed case waits for nothing."""
    after = CASE.after(case.status, event)
    if after is None:
        return False
    case.status, case.closed_at = after, None
    if after is not CaseStatus.PAUSED:
        case.paused_until, case.paused_kind, case.paused_reason = None, None, ""
    if after in CLOSED:
        case.closed_at, case.next_action_at = at, None
    return True


def refresh_clock(
    session: Session,
    case: DunningCase,
    *,
    business: Business,
    customer: Customer,
    at: datetime,
    put_off: Mapping[int, datetime] | None = None,
) -> None:
    """When the case acts next: the earliest of what its debts wait for, those `put_off` (by id) not before then.

    An open case always waits for something, an exhausted one for the day on which it gives up. A paused one waits
    for its own day. What should have been done while nobody chased is due now, or since it was due already.
    """
    if case.status not in (CaseStatus.OPEN, CaseStatus.EXHAUSTED):
        return
    later = put_off or {}
    ladder = ladder_of(session.get_one(DunningPolicy, case.policy_id))
    debts = open_debts(session, case.id)
    free = [climb(session, debt, ladder) for debt in debts if debt.id not in later]
    times = [later[debt.id] for debt in debts if debt.id in later]
    if (step_at := next_step_at(free, business.run_hour, customer.zone)) is not None:
        times.append(step_at)
    wakes_at = min(times, default=at if case.status is CaseStatus.OPEN else None)
    is_behind = wakes_at is not None and wakes_at < at
    case.next_action_at = min(at, case.next_action_at or at) if is_behind else wakes_at


def pause(
    session: Session,
    case: DunningCase,
    *,
    until: date,
    kind: PauseKind,
    reason: str,
    wakes_at: datetime,
    at: datetime,
) -> None:
    """Nothing happens before `until`, for the reason given. What falls due meanwhile is not made up for."""
    move(case, CaseEvent.PAUSED, at=at)
    case.paused_until, case.paused_kind, case.paused_reason = until, kind, reason
    case.next_action_at = wakes_at


def take_step(debt: DunningDebt, step: int, on: date) -> None:
    """The debt's step number `step`, and all before it, lie behind it."""
    debt.step, debt.stepped_on = step, on


def remind(session: Session, case: DunningCase, *, step: int, actor: str, on: date, at: datetime) -> bool:
    """Have the case's one mail of the day sent; False if it has left already."""
    if case.reminded_on == on:
        return False
    case.reminded_on = on
    outbox.post(session, "dunning.reminded", at=at, customer_id=case.customer_id, case=case.ref, step=step)
    log(session, case, "reminded", actor=actor, text="", step=step, at=at)
    return True


def climb(session: Session, debt: DunningDebt, ladder: Ladder) -> Climb:
    """Where the debt stands on its ladder, which is that of its subscription's way of collecting."""
    days = ladder.overdue_days if is_push(session, debt.invoice_id) else ladder.pull_days
    gives_up_after = ladder.cancel_after_days if ladder.last_step is LastStep.SUSPEND else None
    return Climb(debt.began_on, days, debt.step, debt.stepped_on, gives_up_after)


def is_push(session: Session, invoice_id: int) -> bool:
    """Does the customer send the money, rather than we take it?"""
    collection = session.scalar(
        select(Subscription.collection)
        .join(Invoice, Invoice.subscription_id == Subscription.id)
        .where(Invoice.id == invoice_id)
    )
    return collection != "pull"


def has_open_debts(session: Session, subscription_id: int) -> bool:
    """Is anything of this subscription overdue or failed?"""
    counted = (
        select(func.count())
        .select_from(DunningDebt)
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .where(Invoice.subscription_id == subscription_id, DunningDebt.closed_at.is_(None))
    )
    return bool(session.scalar(counted))


def log(session: Session, case: DunningCase, kind: str, *, actor: str, text: str, step: int, at: datetime) -> None:
    """A line of the case's time line."""
    session.add(DunningStep(case_id=case.id, at=at, kind=kind, step=step, actor=actor, text=text))


def _opened(session: Session, invoice: Invoice, customer: Customer, at: datetime) -> DunningCase:
    policy_id = session.scalars(select(DunningPolicy.id).where(DunningPolicy.is_default)).one()
    case = DunningCase(
        ref=public_ref("dc"),
        customer_id=customer.id,
        currency=invoice.currency,
        policy_id=policy_id,
        status=CaseStatus.OPEN,
        paused_reason="",
        opened_at=at,
        next_action_at=at,
    )
    session.add(case)
    session.flush()
    outbox.post(session, "dunning.opened", at=at, customer_id=customer.id, case=case.ref)
    return case


def _recovered(session: Session, invoice_id: int) -> DunningCase | None:
    """The case that ended when this invoice was paid: it goes on when that money was taken back."""
    return session.scalar(
        select(DunningCase)
        .join(DunningDebt, DunningDebt.case_id == DunningCase.id)
        .where(DunningDebt.invoice_id == invoice_id, DunningCase.status == CaseStatus.RECOVERED)
        .order_by(DunningCase.id.desc())
        .limit(1)
    )


def _began_on(session: Session, invoice: Invoice, customer: Customer, at: datetime) -> date:
    """A push ladder counts from the due day, a pull ladder from the first failure."""
    if is_push(session, invoice.id) and invoice.due_on is not None:
        return invoice.due_on
    return day(at, customer.zone)
