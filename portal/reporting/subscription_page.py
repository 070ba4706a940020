"""Everything the staff's page of one subscription shows, in a few statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from portal.catalogue.models import Plan, Price
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.dunning.states import STANDING
from portal.invoicing.models import Invoice
from portal.payments.models import PaymentMethod, SubscriptionMethod
from portal.reporting.forecast import Part
from portal.subscriptions.models import ScheduledChange, Subscription, SubscriptionItem

INVOICES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Held:
    """An item that lasts: what, how many, since when."""

    part: Part
    item: SubscriptionItem


def with_surroundings(session: Session, ref: str) -> Any:
    """The subscription and its customer as entities, the change that waits, the method that will be charged, and
    the customer's standing dunning case."""
    row = session.execute(_SURROUNDED, {"ref": ref}).one_or_none()
    if row is None:
        raise NotFound("There is no such subscription.")
    return row


def held_and_wanted(
    session: Session, subscription_id: int, wanted: Collection[tuple[int, int]] = ()
) -> tuple[list[Held], list[Part]]:
    """The items that last, the plan first, and the `(price id, quantity)` that wait as parts; one query for both."""
    quantities = dict(wanted)
    asked = {"subscription_id": subscription_id, "wanted": list(quantities)}
    rows: Sequence[Any] = session.execute(_HELD, asked).all()
    held = [Held(Part(plan, price, item.quantity), item) for plan, price, item in rows if item is not None]
    parts = [Part(plan, price, quantities[price.id]) for plan, price, _item in rows if price.id in quantities]
    return held, parts


def invoices(session: Session, subscription_id: int) -> list[Any]:
    """The latest of its invoices."""
    return list(session.execute(_INVOICES, {"subscription_id": subscription_id}))


def _surrounded() -> AnySelect:
    own, usual, before = aliased(PaymentMethod), aliased(PaymentMethod), aliased(Subscription)
    chase = and_(
        DunningCase.customer_id == Customer.id,
        DunningCase.currency == Subscription.currency,
        DunningCase.status.in_(STANDING),
    )
    return (
        select(
            Subscription, Customer, ScheduledChange, own.ref.label("own_ref"), own.brand.label("own_brand"),
            own.kind.label("own_kind"), own.last4.label("own_last4"), own.expires_on.label("own_expires_on"),
            usual.brand.label("usual_brand"), usual.kind.label("usual_kind"), usual.last4.label("usual_last4"),
            usual.expires_on.label("usual_expires_on"), before.ref.label("previous_ref"),
            DunningCase.ref.label("case_ref"), DunningCase.status.label("case_status"),
        )
        .join(Customer, Customer.id == Subscription.customer_id)
        .outerjoin(
            ScheduledChange,
            and_(
                ScheduledChange.subscription_id == Subscription.id,
                literal_column("scheduled_changes.status = 'pending'"),
            ),
        )
        .outerjoin(SubscriptionMethod, SubscriptionMethod.subscription_id == Subscription.id)
        .outerjoin(own, and_(own.id == SubscriptionMethod.method_id, own.removed_at.is_(None)))
        .outerjoin(usual, and_(usual.customer_id == Customer.id, usual.is_default, usual.removed_at.is_(None)))
        .outerjoin(before, before.id == Subscription.previous_id)
        .outerjoin(DunningCase, chase)
        .where(Subscription.ref == bindparam("ref"))
    )  # fmt: skip


def _held() -> AnySelect:
    lasting = and_(
        SubscriptionItem.price_id == Price.id,
        SubscriptionItem.subscription_id == bindparam("subscription_id"),
        SubscriptionItem.until_on.is_(None),
    )
    return (
        select(Plan, Price, SubscriptionItem)
        .join(Price, Price.plan_id == Plan.id)
        .outerjoin(SubscriptionItem, lasting)
        .where(or_(SubscriptionItem.id.is_not(None), Price.id.in_(bindparam("wanted", expanding=True))))
        .order_by(Plan.kind.desc(), SubscriptionItem.id, Price.id)
    )


_SURROUNDED, _HELD = _surrounded(), _held()
_INVOICES = (
    select(
        Invoice.ref, Invoice.label, Invoice.kind, Invoice.status, Invoice.currency, Invoice.period_start_on,
        Invoice.period_end_on, Invoice.issued_on, Invoice.due_on, Invoice.total_minor, Invoice.open_minor,
        Invoice.paid_minor, Invoice.credited_minor,
    )
    .where(Invoice.subscription_id == bindparam("subscription_id"))
    .order_by(Invoice.id.desc())
    .limit(INVOICES_SHOWN)
)  # fmt: skip
