"""Quotes as customers see them: asked for again with today's prices, accepted, and told in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.actions.quote_resume import quote_resume
from portal.actions.quote_start import quote_start
from portal.actions.resubscribe import resubscribe
from portal.actions.resume_subscription import resume_subscription
from portal.actions.start_subscription import start_subscription
from portal.catalogue import queries as catalogue
from portal.core.money import Money
from portal.invoicing.itemised import Line, TaxSum, lines_shown, quoted_lines
from portal.quotes.models import Quote
from portal.reporting.forecast import Part
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.wishes import StartTerms
from portal.web.account import words
from portal.web.filters import day_brief, day_said, written
from portal.web.wording import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuote:
    """An offer ready to be drawn. `later_on`: the day it takes over, None for at once; `next_on`: the next bill's."""

    ref: str
    kind: str
    title: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxSum, ...]
    total: Money
    from_balance: Money
    to_balance: Money
    due: Money
    later_on: date | None
    trial_days: int
    next_on: date
    next_total: Money
    next_tax: Money
    after: Sequence[Part]
    before: Sequence[Part]
    expires_at: datetime


def accept(quote: Quote, *, at: datetime) -> None:
    """Take the offer at its word. Raises QuoteOutdated, QuoteExpired, QuoteReplaced."""
    {
        "start": start_subscription,
        "change": change_plan,
        "resume": resume_subscription,
        "resubscribe": resubscribe,
    }[quote.kind](quote.ref, actor=g.actor, at=at)


def ask_again(session: Session, quote: Quote, *, at: datetime) -> str:
    """The same wish at today's price: another quote, whose reference comes back."""
    actor, inputs = g.actor, quote.inputs
    previous = inputs.get("previous_id")
    previous_ref = subscriptions.by_id(session, previous).ref if previous else ""
    subscription = subscriptions.by_id(session, quote.subscription_id) if quote.subscription_id else None
    if quote.kind == "resume" and subscription is not None:
        return quote_resume(subscription.ref, actor=actor, at=at)
    wanted = [(int(item["price_id"]), int(item["quantity"])) for item in inputs["items"]]
    held = {row.price.id for row in subscriptions.items_of(session, subscription.id)} if subscription else set()
    items = items_today(session, wanted, held)
    if quote.kind == "change" and subscription is not None:
        return quote_change(subscription.ref, items, replace=inputs["replace"], actor=actor, at=at)
    asked = StartTerms.from_json(inputs["asked"])
    return quote_start(g.customer_id, items, asked=asked, previous_ref=previous_ref, actor=actor, at=at)


def items_today(
    session: Session, wanted: Sequence[tuple[int, int]], held: set[int] | frozenset[int] = frozenset()
) -> list[tuple[str, int]]:
    """Prices by reference as they are sold today: one that was replaced since by its successor, unless it is held."""
    pairs = catalogue.by_price_ids(session, [price_id for price_id, _quantity in wanted])
    items = []
    for price_id, quantity in wanted:
        price = pairs[price_id].price
        if price.retired_at is not None and price.id not in held:
            price = catalogue.current_price(session, price.plan_id, price.currency, price.interval) or price
        items.append((price.ref, quantity))
    return items


def present(session: Session, quote: Quote) -> ShownQuote:
    """The offer with all its sentences; one query for the plans it names."""
    inputs = quote.inputs
    currency, following = quote.currency, inputs["following"]
    named = [*inputs.get("items", ()), *inputs.get("before", ())]
    pairs = catalogue.by_price_ids(session, {int(item["price_id"]) for item in named})
    after, before = _parts(pairs, inputs.get("items", ())), _parts(pairs, inputs.get("before", ()))
    lines, taxes = lines_shown(quoted_lines(quote.lines), currency, written())
    later = inputs.get("takes_over_on") or inputs.get("begins_later_on")
    return ShownQuote(
        ref=quote.ref,
        kind=quote.kind,
        title=_title(quote, before, after, date.fromisoformat(later) if later else None),
        lines=lines,
        taxes=taxes,
        total=quote.total,
        from_balance=Money(int(inputs["from_balance_minor"]), currency),
        to_balance=Money(int(inputs["to_balance_minor"]), currency),
        due=quote.due,
        later_on=date.fromisoformat(later) if later else None,
        trial_days=int(inputs.get("given_trial_days") or 0),
        next_on=date.fromisoformat(following["on"]),
        next_total=Money(int(following["total_minor"]), currency),
        next_tax=Money(int(following["tax_minor"]), currency),
        after=after,
        before=before,
        expires_at=quote.expires_at,
    )


def coming(quote: ShownQuote) -> list[tuple[str, str, str, Money | None, bool]]:
    """What follows, for the time line: when, what, why, how much, and whether it is now."""
    name = words.plan_said(quote.after[0]) if quote.after else ""
    short, said = day_brief, day_said
    tax = _("with %(tax)s tax", tax=written().money(quote.next_tax)) if quote.next_tax.is_positive else ""
    forecast = ", ".join(filter(None, (_("A forecast at today's prices"), tax)))
    next_bill = (short(quote.next_on), _("Next bill"), forecast, quote.next_total, False)
    if quote.later_on is None:
        until = _("Free until %(day)s") if quote.trial_days else _("Paid until %(day)s")
        begins = _("The trial of %(plan)s begins") if quote.trial_days else _("%(plan)s begins")
        return [
            (_("Today"), begins % {"plan": name}, until % {"day": said(quote.next_on)}, quote.due, True),
            next_bill,
        ]
    stays = _("%(plan)s stays until then", plan=words.plan_said(quote.before[0])) if quote.before else ""
    begins = _("%(plan)s begins", plan=name)
    chosen = (_("Today"), _("You have chosen"), stays or _("Nothing happens until then"), quote.due, True)
    if quote.later_on == quote.next_on:
        return [chosen, (short(quote.next_on), begins, forecast, quote.next_total, False)]
    free = _("Free until %(day)s", day=said(quote.next_on)) if quote.trial_days else ""
    return [chosen, (short(quote.later_on), begins, free, None, False), next_bill]


def _parts(pairs: Mapping[int, catalogue.PlanPrice], items: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The plan, then its add-ons."""
    found = [Part(*pairs[int(item["price_id"])], int(item["quantity"])) for item in items]
    return sorted(found, key=lambda part: part.plan.kind, reverse=True)


def _title(quote: Quote, before: Sequence[Part], after: Sequence[Part], later_on: date | None) -> str:
    name = words.plan_said(after[0]) if after else ""
    if quote.kind == "resume":
        return _("Resume your subscription")
    if quote.kind == "resubscribe":
        return _("%(plan)s again", plan=name)
    if quote.kind == "start":
        return _("Start %(plan)s", plan=name)
    was = words.plan_said(before[0])
    if was == name:
        said = _("Change what you have on %(plan)s", plan=name)
        return f"{said}, {_('on %(day)s', day=day_said(later_on))}" if later_on else said
    if later_on is not None:
        day = day_said(later_on)
        return _("From %(before)s to %(after)s, on %(day)s", before=was, after=name, day=day)
    return _("From %(before)s to %(after)s, today", before=was, after=name)
