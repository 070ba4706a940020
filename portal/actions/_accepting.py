"""Taking an offer at its word: locked, still open, priced again, and the same to the minor unit. Steps."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.actions import _starting
from portal.actions._items import as_sold_today
from portal.actions._start_price import price_start
from portal.core import audit, outbox
from portal.core.actors import Actor, ActorKind
from portal.core.errors import NotFound
from portal.customers.models import Customer
from portal.payments.states import AttemptTrigger
from portal.quotes import binding, offering
from portal.quotes import queries as quotes
from portal.quotes.models import Quote
from portal.quotes.queries import LockedQuote
from portal.quotes.states import QuoteStatus
from portal.subscriptions.items import chosen_from
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import StartTerms


def lock(session: Session, key: int | str, kinds: Collection[str]) -> LockedQuote:
    """The customer, locked, and an offer of one of these kinds."""
    locked = quotes.lock(session, key)
    if locked.quote.kind not in kinds:
        raise NotFound("There is no such offer.")
    return locked


def is_accepted(quote: Quote) -> bool:
    """A second click: what was accepted has happened."""
    return quote.status is QuoteStatus.ACCEPTED


def begin_as_offered(session: Session, customer: Customer, quote: Quote, *, actor: Actor, at: datetime) -> Subscription:
    """The subscription of a start or resubscribe quote, at exactly its price. Raises QuoteOutdated with both."""
    binding.require_unexpired(quote, at)
    asked = StartTerms.from_json(quote.inputs["asked"])
    chosen = as_sold_today(session, chosen_from(quote.inputs["items"]))
    priced = price_start(session, customer, chosen, asked, at=at)
    binding.require_same(quote, priced.digest, priced.due)
    subscription = _starting.give_birth(
        session,
        customer,
        chosen,
        asked,
        status=SubscriptionStatus.PENDING,
        previous_id=quote.inputs["previous_id"],
        actor=actor,
        at=at,
    )
    quote.subscription_id = subscription.id
    accept(session, quote, actor=actor, at=at)
    on, trial_days = _starting.first_day(asked, customer, at), quote.inputs["given_trial_days"]
    _starting.begin(
        session, customer, subscription, on=on, trial_days=trial_days, quote_id=quote.id, actor=actor, at=at
    )
    return subscription


def accept(session: Session, quote: Quote, *, actor: Actor, at: datetime) -> None:
    """Say that it was accepted; what it promises is done in the same transaction."""
    offering.accept(quote, at=at)
    owner: dict[str, Any] = {"customer_id": quote.customer_id, "at": at}
    audit.record(
        session,
        actor,
        "quote.accepted",
        subject=quote.ref,
        kind=quote.kind,
        due_minor=quote.due_minor,
        currency=quote.currency,
        **owner,
    )
    outbox.post(session, "quote.accepted", quote=quote.ref, **owner)


def trigger_of(actor: Actor) -> AttemptTrigger:
    """Why a charge is tried that follows from what somebody accepted."""
    return AttemptTrigger.CUSTOMER if actor.kind is ActorKind.CUSTOMER else AttemptTrigger.STAFF
