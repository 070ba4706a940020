"""What is done when: every kind of work that rows wait for, and every piece of housekeeping. One table each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select

from jobs.app import Job
from jobs.attempts import resolve_due
from jobs.audit import seal_entries
from jobs.billing_run import plan_run, renew_due
from jobs.charges import charge_due
from jobs.disputes import ask_about_disputes_due
from jobs.documents import bind_due, render_due
from jobs.due import first_of, first_waiting_attempts, of_free_customers, of_working_accounts
from jobs.dunning import advance_cases
from jobs.gateway_accounts import retire_keys
from jobs.gateway_news import receive_news
from jobs.housekeeping import prune_rows
from jobs.invoices import lapse_due
from jobs.messages import relay_events, send_due
from jobs.proofs import prove_all, prove_recent
from jobs.reconciling import ask_reconciliation_daily, reconcile_due
from jobs.refunds import ask_about_refunds_due, send_refunds
from jobs.revenue import recognise_due
from jobs.statements import import_due, match_due
from jobs.upcoming import announce_due
from portal.banking.statements.models import BankLine, StatementImport
from portal.core.business import STOP_CHARGES, STOP_MAILS
from portal.core.outbox import OutboxEntry
from portal.dunning.models import DunningCase
from portal.invoicing.models import Document, Invoice, PrintRun
from portal.notifications.models import Message
from portal.payments.models import Attempt, GatewayAccount, GatewayNews
from portal.payments.refund_models import Dispute, Refund
from portal.payments.refund_states import RefundStatus
from portal.payments.states import AttemptStatus
from portal.reconciling.models import Reconciliation
from portal.runs.models import BillingRun


@dataclass(frozen=True)
class Work:
    """A job that is woken when the earliest of `rows` is due; None: when a run slot has no run.

    `stopped_by` names the switch that holds it; read_only holds everything.
    """

    job: Job
    rows: Select[Any] | None
    stopped_by: str = ""


@dataclass(frozen=True)
class Tick:
    """A job that is woken once in each slot: `every` so much wall time; None: at each run hour of the business."""

    job: Job
    every: timedelta | None


PLAN = plan_run.name


def _sendable_refunds() -> Select[Any]:
    is_approved = Refund.status == RefundStatus.APPROVED
    return first_of(Refund, is_approved, of_free_customers(Refund), of_working_accounts(Refund))


_WORKS: tuple[Work, ...] = (
    Work(plan_run, None),
    Work(renew_due, first_of(BillingRun)),
    Work(charge_due, first_waiting_attempts(), stopped_by=STOP_CHARGES),
    Work(receive_news, first_of(GatewayNews)),
    Work(retire_keys, first_of(GatewayAccount)),
    Work(resolve_due, first_of(Attempt, Attempt.status != AttemptStatus.WAITING)),
    Work(send_refunds, _sendable_refunds()),
    Work(ask_about_refunds_due, first_of(Refund, Refund.status != RefundStatus.APPROVED)),
    Work(import_due, first_of(StatementImport)),
    Work(match_due, first_of(BankLine)),
    Work(ask_about_disputes_due, first_of(Dispute)),
    Work(reconcile_due, first_of(Reconciliation)),
    Work(lapse_due, first_of(Invoice, of_free_customers(Invoice))),
    Work(advance_cases, first_of(DunningCase, of_free_customers(DunningCase))),
    Work(relay_events, first_of(OutboxEntry)),
    Work(send_due, first_of(Message), stopped_by=STOP_MAILS),
    Work(render_due, first_of(Document, key=Document.subject)),
    Work(bind_due, first_of(PrintRun)),
)

WORK: dict[str, Work] = {work.job.name: work for work in _WORKS}

TICKS = (
    Tick(announce_due, None),
    Tick(recognise_due, None),
    Tick(seal_entries, timedelta(minutes=1)),
    Tick(prune_rows, timedelta(days=1)),
    Tick(prove_recent, timedelta(hours=1)),
    Tick(prove_all, timedelta(days=1)),
    Tick(ask_reconciliation_daily, timedelta(days=1)),
)
