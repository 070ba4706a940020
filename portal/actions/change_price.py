"""Sell a plan at another price."""

from datetime import datetime
from typing import Any

from portal.catalogue import queries as catalogue
from portal.catalogue import versions
from portal.catalogue.versions import PriceWish
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused


def change_price(plan_ref: str, wanted: PriceWish, *, actor: Actor, at: datetime) -> str:
    """The next version of the plan's price for this currency and interval; returns its reference.

    Whoever has the version sold until now keeps it. Offers that were made with it are not kept, and say so.
    """
    with transaction() as session:
        plan = catalogue.lock_plan(session, plan_ref)
        if plan.archived_at is not None:
            raise Refused("This plan is not sold any more. Nothing was changed.")
        former = catalogue.current_price(session, plan.id, wanted.currency, wanted.interval)
        before = former.ref if former is not None else None
        price = versions.write_price(session, plan.id, wanted, at=at)
        facts: dict[str, Any] = {
            "price": price.ref,
            "before": before,
            "version": price.version,
            "currency": price.currency,
        }
        amounts: dict[str, Any] = {
            "amount_minor": price.amount_minor,
            "interval": f"{price.interval_count} {price.interval_unit}",
        }
        audit.record(session, actor, "price.changed", at=at, subject=plan.ref, **facts, **amounts)
        return price.ref
