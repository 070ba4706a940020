"""Making and closing offers: the only writer of a quote's status. Steps; none commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.quotes.models import Quote
from portal.quotes.states import QUOTE, QuoteEvent, QuoteStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a quote shows and keeps. `lines` and `inputs` are JSON; `inputs` suffice to price it again."""

    kind: str
    customer_id: int
    subscription_id: int | None
    inputs: dict[str, Any]
    lines: list[dict[str, Any]]
    digest: bytes
    total: Money
    due: Money
    on: date


def offer(session: Session, terms: Offer, *, minutes: int, actor: Actor, at: datetime) -> Quote:
    """Keep what is shown for `minutes`. Earlier offers of the same kind for the same thing are replaced."""
    supersede(session, terms.kind, terms.customer_id, terms.subscription_id, at=at)
    quote = Quote(
        ref=public_ref("quo"),
        customer_id=terms.customer_id,
        subscription_id=terms.subscription_id,
        kind=terms.kind,
        status=QuoteStatus.OFFERED,
        inputs=terms.inputs,
        lines=terms.lines,
        digest=terms.digest,
        currency=terms.total.currency,
        total_minor=terms.total.minor,
        due_minor=terms.due.minor,
        on_day=terms.on,
        created_by=f"{actor.kind}:{actor.name}",
        created_at=at,
        expires_at=at + timedelta(minutes=minutes),
        closed_at=None,
    )
    session.add(quote)
    session.flush()
    return quote


def accept(quote: Quote, *, at: datetime) -> None:
    _close(quote, QuoteEvent.ACCEPTED, at)


def supersede(session: Session, kind: str, customer_id: int, subscription_id: int | None, *, at: datetime) -> None:
    """No open offer of this kind is left for the subscription; for a start, none of the customer."""
    former = select(Quote).where(
        Quote.customer_id == customer_id, Quote.kind == kind, Quote.status == QuoteStatus.OFFERED
    )
    if subscription_id is not None:
        former = former.where(Quote.subscription_id == subscription_id)
    for quote in session.scalars(former):
        _close(quote, QuoteEvent.SUPERSEDED, at)


def expire(session: Session, *, limit: int, at: datetime) -> int:
    """Close offers whose time is over; returns how many. Acceptance asks the clock, not this mark."""
    over = select(Quote).where(Quote.status == QuoteStatus.OFFERED, Quote.expires_at <= at)
    quotes = session.scalars(over.order_by(Quote.id).limit(limit).with_for_update(skip_locked=True)).all()
    for quote in quotes:
        _close(quote, QuoteEvent.EXPIRED, at)
    return len(quotes)


def _close(quote: Quote, event: QuoteEvent, at: datetime) -> None:
    after = QUOTE.after(quote.status, event)
    if after is not None:
        quote.status, quote.closed_at = after, at
