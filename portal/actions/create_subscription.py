"""Staff give a customer a subscription, without an offer."""

from collections.abc import Sequence
from datetime import datetime

from portal.actions import _items, _starting
from portal.actions._start_price import price_start
from portal.core import once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.customers import queries as customers
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import Beginning, StartTerms


def create_subscription(
    customer_id: int,
    items: Sequence[tuple[str, int]],
    *,
    beginning: Beginning,
    asked: StartTerms | None = None,
    form_key: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Create it as draft, or let it begin at today's price; returns its reference.

    ACTIVE serves at once and collects the first invoice like any later one; PENDING waits for its first payment
    or its start day; TRIALING needs a trial to begin. A form that is sent twice gets the same answer.
    """
    asked = asked or StartTerms()
    with transaction() as session:
        customer = customers.lock(session, customer_id)
        before = once.answered(session, "create_subscription", form_key)
        if before is not None:
            return before
        chosen = _items.choose(session, items)
        priced = price_start(session, customer, chosen, asked, at=at)
        on, trial_days = _starting.first_day(asked, customer, at), int(priced.terms["given_trial_days"])
        if beginning is Beginning.TRIALING and not trial_days:
            raise Invalid("A trial is at least one day long.", field="trial_days")
        if beginning is Beginning.ACTIVE and on > priced.on:
            raise Invalid("What is active at once begins today.", field="start_on")
        status = SubscriptionStatus.PENDING
        if beginning in (Beginning.DRAFT, Beginning.ACTIVE):
            status = SubscriptionStatus.DRAFT
        subscription = _starting.give_birth(session, customer, chosen, asked, status=status, actor=actor, at=at)
        if beginning is Beginning.ACTIVE:
            _starting.activate_at_once(session, customer, subscription, on=on, actor=actor, at=at)
        elif beginning is not Beginning.DRAFT:
            days = trial_days if beginning is Beginning.TRIALING else 0
            _starting.begin(session, customer, subscription, on=on, trial_days=days, actor=actor, at=at)
        once.keep(session, "create_subscription", form_key, answer=subscription.ref, at=at)
        return subscription.ref
