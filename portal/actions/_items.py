"""Between what a door asks for, what a subscription has, and what drafting takes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.catalogue import queries as catalogue
from portal.catalogue.pricing import price_of
from portal.catalogue.queries import PlanPrice
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.drafts import PricedItem
from portal.subscriptions.items import Chosen, CurrencyFixed


def choose(session: Session, items: Sequence[tuple[str, int]]) -> tuple[Chosen, ...]:
    """What a door asks for, `(price reference, quantity)` each, as row ids. Raises NotFound."""
    pairs = catalogue.by_price_refs(session, [ref for ref, _ in items])
    return tuple(Chosen(pairs[ref].price.id, quantity) for ref, quantity in items)


def as_sold_today(session: Session, chosen: Sequence[Chosen], held: Collection[int] = ()) -> tuple[Chosen, ...]:
    """`chosen` with the successor of each price that was replaced since. Prices that are `held` are kept."""
    pairs = catalogue.by_price_ids(session, [item.price_id for item in chosen])
    today = []
    for item in chosen:
        price = pairs[item.price_id].price
        successor = None
        if price.retired_at is not None and price.id not in held:
            successor = catalogue.current_price(session, price.plan_id, price.currency, price.interval)
        today.append(item if successor is None else Chosen(successor.id, item.quantity))
    return tuple(today)


def require_currency(customer: Customer, currency: str) -> None:
    """A customer is billed in one currency, fixed by the first subscription, invoice or balance."""
    if customer.currency is not None and customer.currency != currency:
        raise CurrencyFixed(customer.currency)


def listed(chosen: Iterable[Chosen]) -> list[dict[str, Any]]:
    """As JSON, in an order that does not depend on who asks."""
    return [item.as_json for item in sorted(chosen)]


def proposed(pairs: Mapping[int, PlanPrice], chosen: Sequence[Chosen]) -> list[PricedItem]:
    """Items that are only proposed."""
    return [_item(pairs[item.price_id], item.quantity) for item in chosen]


def list_price(items: Sequence[PricedItem]) -> Money:
    """What the items cost for one full period, before tax is added."""
    return Money.total((price_of(item.terms, item.quantity) for item in items), items[0].terms.currency)


def _item(pair: PlanPrice, quantity: int) -> PricedItem:
    plan, price = pair
    return PricedItem(
        item_id=None,
        price_id=price.id,
        plan_id=plan.id,
        plan_name=plan.name,
        kind=plan.kind,
        product_class=plan.product_class,
        terms=catalogue.terms_of(price),
        tax_inclusive=price.tax_inclusive,
        quantity=quantity,
    )
