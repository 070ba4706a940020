"""One dunning case with all that staff see of it, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, Text, cast, func, literal, select, true, union_all
from sqlalchemy.orm import Session

from portal.banking import proofs
from portal.banking.holding import held_until
from portal.banking.proof_models import TransferProof
from portal.core.business import Business
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy, DunningStep
from portal.dunning.policy import Climb, LastStep
from portal.dunning.states import STANDING
from portal.identity.models import User
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.notifications.models import Message
from portal.payments import queries as payments
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.states import LIVE, AttemptStatus
from portal.reporting.dunning_rows import NextStep, climb_of, next_step
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus

MOST_TRIES = 100
MOST_EVENTS = 200
MAIL = "mail"


class Debt(NamedTuple):
    """One invoice that the case chases or chased."""

    debt: DunningDebt
    invoice: Invoice
    subscription: Subscription | None
    climb: Climb
    proof_ref: str | None  # of a transfer, sent by its customer, that nobody has looked at yet
    proof_at: datetime | None


class Try(NamedTuple):
    """One try at one of the invoices."""

    attempt: Attempt
    method: PaymentMethod | None
    invoice: str


class Event(NamedTuple):
    """A step of the case or, of kind MAIL, a mail: `word` is then its status, `who` its recipient, `text` its subject.

    `template` and `note` belong to mails.
    """

    at: datetime
    kind: str
    word: str
    step: int
    who: str
    text: str
    template: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case and everything around it. `tries` and `events` the latest first, `debts` the oldest first.

    `rests_until`: how long the debt that `proof` speaks of is left alone, by `held_until`; None without one.
    """

    case: DunningCase
    customer: Customer
    policy: DunningPolicy
    owner: str
    run_hour: int
    debts: Sequence[Debt]
    tries: Sequence[Try]
    events: Sequence[Event]
    methods: Sequence[PaymentMethod]
    rests_until: datetime | None

    @property
    def proof(self) -> Debt | None:
        """The first debt of which a proof of transfer waits to be looked at."""
        return next((one for one in self.open_debts if one.proof_ref), None)

    @property
    def is_standing(self) -> bool:
        return self.case.status in STANDING

    @property
    def open_debts(self) -> list[Debt]:
        return [one for one in self.debts if one.debt.closed_at is None]

    @property
    def leading(self) -> Debt:
        """The debt whose ladder is drawn: the oldest that is open, of a closed case the last that was settled."""
        return next(iter(self.open_debts), self.debts[-1])

    @property
    def owed(self) -> Money:
        return Money.total((one.invoice.open for one in self.open_debts), self.case.currency)

    @property
    def collected(self) -> Money:
        """What was paid of the invoices the case ever chased."""
        paid = (Money(one.invoice.paid_minor, self.case.currency) for one in self.debts)
        return Money.total(paid, self.case.currency)

    @property
    def last_answer(self) -> Attempt | None:
        return next((one.attempt for one in self.tries if one.attempt.status is AttemptStatus.DECLINED), None)

    @property
    def live(self) -> list[Attempt]:
        """Tries whose outcome is still to come."""
        return [one.attempt for one in self.tries if one.attempt.status in LIVE]

    @property
    def next_step(self) -> NextStep:
        leading = self.leading
        is_tried = leading.subscription is not None and leading.subscription.collection == "pull"
        climb = leading.climb if self.open_debts else None
        return next_step(self.case.status, self.policy, climb, is_tried=is_tried and not leading.debt.is_hard)

    @property
    def last_step(self) -> LastStep:
        return LastStep(self.policy.last_step)

    @property
    def may_suspend(self) -> bool:
        """Is anything of it late and still served?"""
        return any(
            one.subscription and one.subscription.status is SubscriptionStatus.PAST_DUE for one in self.open_debts
        )

    @property
    def may_retry(self) -> bool:
        in_doubt = {attempt.invoice_id for attempt in self.live}
        free = [one for one in self.open_debts if one.invoice.id not in in_doubt]
        return bool(self.methods) and any(one.invoice.status is InvoiceStatus.ISSUED for one in free)


def read(session: Session, ref: str) -> CaseFile:
    """Five queries, however much there is of it."""
    head = (
        select(DunningCase, Customer, DunningPolicy, User.name, Business)
        .join(Customer, Customer.id == DunningCase.customer_id)
        .join(DunningPolicy, DunningPolicy.id == DunningCase.policy_id)
        .join(Business, true())
        .outerjoin(User, User.id == DunningCase.owner_id)
        .where(DunningCase.ref == ref)
    )
    found = session.execute(head).one_or_none()
    if found is None:
        raise NotFound("There is no such case.")
    case, customer, policy, owner, business = found
    debts = _debts(session, case.id, policy)
    invoice_ids = [one.invoice.id for one in debts]
    return CaseFile(
        case=case,
        customer=customer,
        policy=policy,
        owner=owner or "",
        run_hour=business.run_hour,
        debts=debts,
        tries=_tries(session, invoice_ids),
        events=_events(session, case, [one.invoice.ref for one in debts]),
        methods=payments.methods_of(session, customer.id),
        rests_until=_rests_until(debts, customer, business),
    )


def _rests_until(debts: Sequence[Debt], customer: Customer, business: Business) -> datetime | None:
    since = [one.proof_at for one in debts if one.debt.closed_at is None and one.proof_at is not None]
    return held_until(since[0], zone=customer.zone, business=business) if since else None


def _debts(session: Session, case_id: int, policy: DunningPolicy) -> list[Debt]:
    rows = session.execute(
        select(
            DunningDebt,
            Invoice,
            Subscription,
            proofs.oldest_waiting(TransferProof.ref, Invoice.id),
            proofs.oldest_waiting(TransferProof.submitted_at, Invoice.id),
        )
        .join(Invoice, Invoice.id == DunningDebt.invoice_id)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .where(DunningDebt.case_id == case_id)
        .order_by(DunningDebt.began_on, DunningDebt.id)
    )
    return [Debt(row[0], row[1], row[2], _climb(policy, row[0], row[2]), row[3], row[4]) for row in rows]


def _climb(policy: DunningPolicy, debt: DunningDebt, subscription: Subscription | None) -> Climb:
    is_push = subscription is None or subscription.collection != "pull"
    return climb_of(policy, debt.began_on, debt.step, debt.stepped_on, is_push)


def _tries(session: Session, invoice_ids: Sequence[int]) -> list[Try]:
    rows = session.execute(
        select(Attempt, PaymentMethod, Invoice.label)
        .join(Invoice, Invoice.id == Attempt.invoice_id)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(Attempt.invoice_id.in_(invoice_ids))
        .order_by(Attempt.id.desc())
        .limit(MOST_TRIES)
    )
    return [Try(attempt, method, label or "") for attempt, method, label in rows]


def _events(session: Session, case: DunningCase, invoice_refs: Sequence[str]) -> list[Event]:
    """Steps and mails in one statement. A mail that has not left yet stands where it was written."""
    steps = select(
        DunningStep.at, literal("step").label("kind"), DunningStep.kind.label("word"), DunningStep.step,
        DunningStep.actor.label("who"), DunningStep.text.label("said"), literal("").label("template"),
        literal("").label("note"), DunningStep.id.label("row"),
    ).where(DunningStep.case_id == case.id)  # fmt: skip
    mails = select(
        func.coalesce(Message.sent_at, Message.created_at), literal(MAIL), cast(Message.status, Text),
        cast(0, Integer), Message.recipient, func.coalesce(Message.subject, ""), Message.template, Message.note,
        Message.id,
    ).where(
        Message.customer_id == case.customer_id, Message.subject_ref.in_([case.ref, *invoice_refs])
    )  # fmt: skip
    both = union_all(steps, mails).subquery()
    wanted = select(both).order_by(both.c.at.desc(), both.c.row.desc()).limit(MOST_EVENTS)
    return [Event(*row[:8]) for row in session.execute(wanted)]
