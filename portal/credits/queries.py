"""Finding unit credits: what is left of each type, and what a period grants."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import CreditType, PlanCredit, Price
from portal.credits.models import CreditBalance
from portal.subscriptions.models import SubscriptionItem


class Units(NamedTuple):
    """One type of one subscription: what is left, and what its items grant each period. `turn` as in CreditType."""

    name: str
    turn: str
    left: int
    granted: int


def of_subscriptions(session: Session, subscription_ids: Collection[int]) -> dict[int, list[Units]]:
    """The credits of each subscription by name, types that are used up or only left over too; one query."""
    ids = list(subscription_ids)
    found: dict[int, list[Units]] = {subscription_id: [] for subscription_id in ids}
    for subscription_id, name, turn, units, each_period in session.execute(_UNITS, {"ids": ids}):
        found[subscription_id].append(Units(name, turn, int(units), int(each_period)))
    return found


def _units() -> Select[*tuple[Any, ...]]:
    granted = (
        select(
            SubscriptionItem.subscription_id,
            PlanCredit.credit_type_id,
            func.sum(PlanCredit.units * SubscriptionItem.quantity).label("units"),
        )
        .join(Price, Price.id == SubscriptionItem.price_id)
        .join(PlanCredit, PlanCredit.plan_id == Price.plan_id)
        .where(
            SubscriptionItem.subscription_id.in_(bindparam("ids", expanding=True)), SubscriptionItem.until_on.is_(None)
        )
        .group_by(SubscriptionItem.subscription_id, PlanCredit.credit_type_id)
        .subquery()
    )
    left = select(CreditBalance).where(CreditBalance.subscription_id.in_(bindparam("ids", expanding=True))).subquery()
    is_same = (granted.c.subscription_id == left.c.subscription_id) & (
        granted.c.credit_type_id == left.c.credit_type_id
    )
    both = granted.join(left, is_same, full=True)
    owner = func.coalesce(granted.c.subscription_id, left.c.subscription_id)
    kind = func.coalesce(granted.c.credit_type_id, left.c.credit_type_id)
    return (
        select(
            owner,
            CreditType.name,
            CreditType.turn,
            func.coalesce(left.c.units, 0),
            func.coalesce(granted.c.units, 0),
        )
        .select_from(both)
        .join(CreditType, CreditType.id == kind)
        .order_by(CreditType.name, CreditType.id)
    )


_UNITS = _units()
