"""What a subscription costs on the day it begins."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.actions import _items, _pricing
from portal.actions._pricing import Priced
from portal.catalogue import queries as catalogue
from portal.core.days import day
from portal.core.errors import Invalid
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing.states import InvoiceKind
from portal.subscriptions import queries as subscriptions
from portal.subscriptions.items import Chosen, Offered, plan_of, require_fitting
from portal.subscriptions.schedule import first_turn, turn_after
from portal.subscriptions.wishes import StartTerms

LONGEST_TRIAL = 730
FARTHEST_START = timedelta(days=366)


def price_start(
    session: Session, customer: Customer, chosen: Sequence[Chosen], asked: StartTerms, *, at: datetime
) -> Priced:
    """The first bill, nothing while a trial or a start day lies ahead. Reads only."""
    today = day(at, customer.zone)
    pairs = catalogue.by_price_ids(session, [item.price_id for item in chosen])
    offered = {price_id: subscriptions.as_offered(pair) for price_id, pair in pairs.items()}
    require_fitting(chosen, offered)
    plan = plan_of(chosen, offered)
    _items.require_currency(customer, plan.currency)
    begins_on = start_day(asked, today)
    trial_days = days_of_trial(session, customer, asked, plan)
    turn = first_turn(begins_on + timedelta(days=trial_days), plan.interval)
    buyer, items = _pricing.buyer(session, customer), _items.proposed(pairs, chosen)
    terms = {
        "items": _items.listed(chosen),
        "begins_later_on": begins_on.isoformat() if begins_on > today else None,
        "given_trial_days": trial_days,
    }
    if turn.period.start > today:
        draft = _pricing.nothing(customer, plan.currency, InvoiceKind.FIRST)
        return _pricing.price(session, draft, today, terms=terms, following=_pricing.forecast(buyer, items, turn))
    draft = drafting.for_period(buyer, items, turn.period, subscription_id=0, number=0, kind=InvoiceKind.FIRST)
    following = _pricing.forecast(buyer, items, turn_after(turn.period.start, plan.interval, 0))
    return _pricing.price(session, draft, today, terms=terms, following=following, turn=turn)


def start_day(asked: StartTerms, today: date) -> date:
    """The day it begins: never in the past, which is billed already or given away."""
    begins_on = asked.start_on or today
    if begins_on < today:
        raise Invalid("A subscription cannot begin in the past.", field="start_on")
    if begins_on > today + FARTHEST_START:
        raise Invalid("A subscription begins within a year.", field="start_on")
    return begins_on


def days_of_trial(session: Session, customer: Customer, asked: StartTerms, plan: Offered) -> int:
    """As staff said, else the plan's own: given once per customer and family of plans."""
    if asked.trial_days is not None:
        if not 0 <= asked.trial_days <= LONGEST_TRIAL:
            raise Invalid("A trial is at most %(most)s days long.", field="trial_days", most=LONGEST_TRIAL)
        return asked.trial_days
    if not plan.trial_days or subscriptions.has_tried(session, customer.id, plan.family):
        return 0
    return plan.trial_days
