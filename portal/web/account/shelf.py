"""What can be chosen, put beside what is had: the plans of one family at one interval and currency, and add-ons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.catalogue import queries as catalogue
from portal.catalogue.models import Plan, Price
from portal.catalogue.pricing import PriceModel, price_of
from portal.catalogue.queries import PlanPrice
from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.reporting.forecast import Part
from portal.reporting.standing import Held
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.subscriptions.upgrades import Basket, Takeover, takeover
from portal.web.account import words
from portal.web.wording import gettext as _
from portal.web.wording import ngettext

MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`plans` at the interval in the order of their tiers, `all_plans` at every interval.

    `held` is the subscription that would be changed, if any lives.
    """

    family: str
    families: tuple[str, ...]
    currency: str
    currencies: tuple[str, ...]
    interval: Interval
    intervals: tuple[Interval, ...]
    plans: tuple[PlanPrice, ...]
    all_plans: tuple[PlanPrice, ...]
    addons: tuple[PlanPrice, ...]
    held: Held | None

    @property
    def plan(self) -> Part | None:
        """The plan that is had."""
        return self.held.plan if self.held else None

    @property
    def is_own_interval(self) -> bool:
        return self.plan is not None and self.plan.price.interval == self.interval

    def quantity_of(self, plan: Plan) -> int:
        """How many are had of a plan or add-on: none of an add-on that is not had, one of a plan."""
        for part in self.held.parts if self.held else ():
            if part.plan.id == plan.id:
                return part.quantity
        own = self.plan
        return own.quantity if plan.kind == "plan" and own is not None else int(plan.kind == "plan")


def shelf(
    on_sale: Sequence[PlanPrice], held: Held | None, *, currency: str, family: str = "", every: str = ""
) -> Shelf | None:
    """The shelf for these wishes, each taken only where something is there; None: nothing is on sale."""
    own = held.plan if held is not None else None
    kept = [PlanPrice(part.plan, part.price) for part in held.parts] if held is not None else []
    sold = {pair.price.id: pair for pair in [*on_sale, *kept]}.values()
    plans = [pair for pair in sold if pair.plan.kind == "plan"]
    families = tuple(dict.fromkeys(pair.plan.family for pair in plans))
    family = own.plan.family if own else family if family in families else next(iter(families), "")
    plans = [pair for pair in plans if pair.plan.family == family]
    currencies = tuple(sorted({pair.price.currency for pair in plans}))
    currency = currency if currency in currencies else next(iter(currencies), currency)
    plans = [pair for pair in plans if pair.price.currency == currency]
    intervals = tuple(sorted({pair.price.interval for pair in plans}, key=_length))
    if not intervals:
        return None
    default = own.price.interval if own else intervals[0]
    interval = next((each for each in intervals if key_of(each) == every), default)
    return Shelf(
        family=family,
        families=families if own is None else (family,),
        currency=currency,
        currencies=currencies if own is None else (currency,),
        interval=interval,
        intervals=intervals,
        plans=_at(plans, interval, own),
        all_plans=tuple(plans),
        addons=_at([pair for pair in sold if pair.plan.kind == "addon"], interval, None, currency),
        held=held,
    )


def key_of(interval: Interval) -> str:
    """An interval in an address: month-1."""
    return f"{interval.unit}-{interval.count}"


def direction(shelf: Shelf, pair: PlanPrice) -> str:
    """now, at the end of the period, or none where it is what is had; start where nothing is."""
    own = shelf.plan
    if own is None or shelf.held is None:
        return "start"
    if own.price.id == pair.price.id:
        return "same"
    if shelf.held.subscription.status is Status.TRIALING:
        return str(Takeover.NOW)
    quantity = shelf.quantity_of(pair.plan)
    return str(takeover(_basket(own.plan, own.price, own.quantity), _basket(pair.plan, pair.price, quantity)))


def is_counted(price: Price) -> bool:
    """Does its quantity make a difference?"""
    return price.model is not PriceModel.FLAT


def unit_amount(price: Price) -> Money:
    """What one costs for a full period."""
    return price_of(catalogue.terms_of(price), 1)


def price_words(price: Price) -> str:
    """What stands after the amount: "a month, before tax", "each and a month"."""
    time = words.each(price.interval)
    if price.model is PriceModel.FLAT:
        said = time
    elif price.model is PriceModel.PACKAGE:
        said = _("for each %(number)s, %(time)s", number=price.package_units, time=time)
    elif price.model is PriceModel.PER_UNIT:
        said = _("each, %(time)s", time=time)
    else:
        said = _("for the first, %(time)s", time=time)
    return _("%(price)s, tax included", price=said) if price.tax_inclusive else _("%(price)s, before tax", price=said)


def tab(interval: Interval) -> str:
    """On a switch between intervals: "Monthly", "Every 3 months"."""
    number = interval.count
    if number == 1:
        return {
            Unit.DAY: _("Daily"),
            Unit.WEEK: _("Weekly"),
            Unit.MONTH: _("Monthly"),
            Unit.YEAR: _("Yearly"),
        }[interval.unit]
    said = words.each(interval)
    return said[:1].upper() + said[1:]


def saving(shelf: Shelf, interval: Interval) -> str:
    """What an interval of years saves beside months, where all plans save the same: "two months free"."""
    months = MONTHS.get(interval.unit, 0) * interval.count
    if months < MONTHS[Unit.YEAR]:
        return ""
    monthly = {pair.plan.id: pair.price for pair in shelf.all_plans if pair.price.interval == Interval(Unit.MONTH)}
    ratios = {
        Fraction(unit_amount(pair.price).minor, unit_amount(monthly[pair.plan.id]).minor)
        for pair in shelf.all_plans
        if pair.price.interval == interval and pair.plan.id in monthly and unit_amount(monthly[pair.plan.id]).minor
    }
    return _free(months, ratios)


def _free(months: int, ratios: Iterable[Fraction]) -> str:
    found = set(ratios)
    if len(found) != 1:
        return ""
    free = months - next(iter(found))
    if free <= 0 or free.denominator != 1:
        return ""
    return ngettext("one month free", "%(n)s months free", int(free), n=int(free))


def _at(pairs: Iterable[PlanPrice], interval: Interval, own: Part | None, currency: str = "") -> tuple[PlanPrice, ...]:
    """One price for each plan at the interval; of the plan that is had, the price it is had at."""
    found: dict[int, PlanPrice] = {}
    for pair in pairs:
        if pair.price.interval != interval or (currency and pair.price.currency != currency):
            continue
        is_own = own is not None and pair.price.id == own.price.id
        if pair.plan.id not in found or is_own or (not found[pair.plan.id].is_on_sale and pair.is_on_sale):
            found[pair.plan.id] = pair
    return tuple(sorted(found.values(), key=lambda pair: (pair.plan.tier, pair.plan.id)))


def _basket(plan: Plan, price: Price, quantity: int) -> Basket:
    return Basket(plan.family, plan.tier, price.interval, price_of(catalogue.terms_of(price), quantity))


def _length(interval: Interval) -> int:
    return {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}[interval.unit] * interval.count
