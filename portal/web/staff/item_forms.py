"""Forms in which staff choose a plan's price, its quantity and add-ons beside it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.catalogue import queries as catalogue
from portal.catalogue.queries import PlanPrice
from portal.core.errors import Invalid
from portal.core.periods import Interval
from portal.web.filters import written
from portal.web.forms import ChoiceField, PortalForm, QuantityField, required
from portal.web.wording import gettext, ngettext
from portal.web.wording import lazy_gettext as _

ADDON = "addon_"
MOST = 1_000_000


class ItemForm(PortalForm):
    """The plan. Fields for add-ons are given by `of`, one for each add-on on sale, named by the add-on's reference."""

    price = ChoiceField(_("Plan and price"), [required()])
    quantity = QuantityField(_("Quantity"), [required()], least=1, most=MOST)

    offered: Sequence[PlanPrice] = ()

    @property
    def addons(self) -> list[Any]:
        return [field for field in self if field.name.startswith(ADDON)]

    def items(self) -> list[tuple[str, int]]:
        """`(price reference, quantity)` each, the plan first. Add-ons go by the plan's interval and currency."""
        chosen = next(pair.price for pair in self.offered if pair.price.ref == self.price.data)
        found = [(str(self.price.data), int(self.quantity.data))]
        for field in self.addons:
            if not field.data:
                continue
            plan_ref = field.name.removeprefix(ADDON)
            fitting = [
                pair.price.ref
                for pair in self.offered
                if pair.plan.ref == plan_ref
                and (pair.price.currency, pair.price.interval) == (chosen.currency, chosen.interval)
            ]
            if not fitting:
                raise Invalid(gettext("This add-on is not sold at the plan's interval and currency."), field=field.name)
            found.append((fitting[0], int(field.data)))
        return found


def on_offer(session: Session, currency: str | None, held: Sequence[PlanPrice] = ()) -> list[PlanPrice]:
    """What is on sale, and what is `held` already though it may not be."""
    sold = catalogue.on_sale(session, currency=currency)
    known = {pair.price.id for pair in sold}
    return [*sold, *(pair for pair in held if pair.price.id not in known)]


def of(base: type[ItemForm], offered: Sequence[PlanPrice]) -> type[ItemForm]:
    """`base` with a field for each add-on in `offered`, and the plans' prices to choose from."""
    addons = {pair.plan.ref: pair.plan.name for pair in offered if pair.plan.kind == "addon"}
    fields = {f"{ADDON}{ref}": QuantityField(name, least=0, most=MOST, default=0) for ref, name in addons.items()}
    return type(base.__name__, (base,), {**fields, "offered": tuple(offered)})


def price_choices(offered: Sequence[PlanPrice]) -> list[tuple[str, str]]:
    """Plans only: name, amount, interval."""
    return [
        (
            pair.price.ref,
            f"{pair.plan.name}, {written().money(pair.price.amount)} {interval_words(pair.price.interval)}",
        )
        for pair in offered
        if pair.plan.kind == "plan"
    ]


def interval_words(interval: Interval) -> str:
    """a month, every 3 months."""
    one = {"day": gettext("a day"), "week": gettext("a week"), "month": gettext("a month"), "year": gettext("a year")}
    if interval.count == 1:
        return one[str(interval.unit)]
    many = {
        "day": ngettext("every %(n)s day", "every %(n)s days", interval.count, n=interval.count),
        "week": ngettext("every %(n)s week", "every %(n)s weeks", interval.count, n=interval.count),
        "month": ngettext("every %(n)s month", "every %(n)s months", interval.count, n=interval.count),
        "year": ngettext("every %(n)s year", "every %(n)s years", interval.count, n=interval.count),
    }
    return many[str(interval.unit)]
