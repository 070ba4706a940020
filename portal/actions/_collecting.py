"""Beginning to collect what was issued: by a stored method, or by waiting for the customer.

Steps; the caller holds the customers' locks and commits.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _reminding
from portal.actions._gateways import minimum_of
from portal.core.actors import Actor
from portal.core.bulk import among
from portal.core.business import Business
from portal.core.days import day
from portal.customers.models import Customer
from portal.dunning import cases
from portal.invoicing.lifecycle import LAPSING, Issued
from portal.invoicing.models import Invoice
from portal.payments import attempts, queries
from portal.payments.allocation import to_collect
from portal.payments.attempts import ToCollect
from portal.payments.models import GatewayAccount, PaymentMethod
from portal.payments.states import AttemptTrigger
from portal.subscriptions import lifecycle
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection


def collect(
    session: Session,
    issued: Sequence[Issued],
    *,
    account: GatewayAccount | None,
    trigger: AttemptTrigger,
    business: Business,
    actor: Actor,
    at: datetime,
) -> None:
    """Commit a charge for every open invoice that is pulled by a usable method.

    A pulled invoice without a usable method is chased from today on, unless it lapses by itself (a first
    purchase, a change). What the customer sends waits for its reminders and its due day.
    """
    open_ones = [one for one in issued if one.open.is_positive]
    pulled = _pulled(session, open_ones)
    sent = {one.invoice_id for one in open_ones if one.kind not in LAPSING} - {one.invoice_id for one in pulled}
    _reminding.plan(session, sorted(sent), business=business, at=at)
    methods = _methods(session, pulled, day(at, business.zone))
    wanted = [
        ToCollect(
            one.customer_id,
            one.invoice_id,
            method.gateway_account_id,
            method.id,
            to_collect(one.open, minimum_of(account, one.open.currency)),
            trigger,
        )
        for one in pulled
        if (method := methods.get(one.invoice_id)) is not None
        and account is not None
        and method.gateway_account_id == account.id
    ]
    attempts.open_all(session, wanted, at=at)
    taken = {one.invoice_id for one in wanted}
    for one in pulled:
        if one.invoice_id not in taken and one.kind not in LAPSING:
            chase(session, one.invoice_id, business=business, is_hard=True, actor=actor, at=at)


def chase(session: Session, invoice_id: int, *, business: Business, is_hard: bool, actor: Actor, at: datetime) -> None:
    """The invoice failed or is overdue: it joins its customer's dunning case, its subscription falls past due."""
    invoice = session.get_one(Invoice, invoice_id)
    customer = session.get_one(Customer, invoice.customer_id)
    cases.join(session, invoice, customer, business=business, is_hard=is_hard, at=at)
    invoice.next_action_at = None
    if invoice.subscription_id is not None:
        subscription = session.get_one(Subscription, invoice.subscription_id)
        lifecycle.fall_past_due(session, subscription, actor=actor, at=at, invoice=invoice.ref)


def _pulled(session: Session, issued: Sequence[Issued]) -> list[Issued]:
    """Those whose subscription is collected by charging a stored method."""
    ids = [one.subscription_id for one in issued if one.subscription_id is not None]
    by_pull = set(
        session.scalars(
            select(Subscription.id).where(among(Subscription.id, ids), Subscription.collection == Collection.PULL)
        )
    )
    return [one for one in issued if one.subscription_id in by_pull]


def _methods(session: Session, issued: Sequence[Issued], on: date) -> dict[int, PaymentMethod]:
    """The usable method for each invoice: its subscription's own, else its customer's default."""
    chosen = queries.usable_methods(session, {one.subscription_id or 0 for one in issued}, on)
    defaults = queries.usable_defaults(session, {one.customer_id for one in issued}, on)
    found = {}
    for one in issued:
        method = chosen.get(one.subscription_id or 0) or defaults.get(one.customer_id)
        if method is not None:
            found[one.invoice_id] = method
    return found
