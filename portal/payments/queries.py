"""Finding accounts, methods, attempts and payments."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarResult, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.core.bulk import among
from portal.core.errors import NotFound
from portal.payments.models import (
    Attempt,
    GatewayAccount,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    SubscriptionMethod,
)
from portal.payments.states import LIVE, AttemptStatus

_METHODS_IN_USE = (
    select(PaymentMethod, func.array_remove(func.array_agg(SubscriptionMethod.subscription_id), None))
    .outerjoin(SubscriptionMethod, SubscriptionMethod.method_id == PaymentMethod.id)
    .where(PaymentMethod.customer_id == bindparam("customer_id"), PaymentMethod.removed_at.is_(None))
    .group_by(PaymentMethod.id)
    .order_by(PaymentMethod.is_default.desc(), PaymentMethod.id.desc())
)
_ACCOUNT_BY_TOKEN = select(GatewayAccount).where(
    GatewayAccount.gateway == bindparam("gateway"), GatewayAccount.hook_token == bindparam("token")
)


def enabled_account(session: Session, currency: str) -> GatewayAccount | None:
    """The gateway account that takes this currency, if one is enabled."""
    return session.scalar(
        select(GatewayAccount)
        .where(GatewayAccount.is_enabled, any_(GatewayAccount.currencies) == currency)
        .order_by(GatewayAccount.id)
        .limit(1)
    )


def accounts(session: Session) -> list[GatewayAccount]:
    return list(session.scalars(select(GatewayAccount).order_by(GatewayAccount.id)))


def account_by_token(session: Session, gateway: str, token: str) -> GatewayAccount:
    """The account a callback address belongs to."""
    found = session.scalar(_ACCOUNT_BY_TOKEN, {"gateway": gateway, "token": token})
    if found is None:
        raise NotFound("There is no such callback address.")
    return found


def methods_of(session: Session, customer_id: int) -> list[PaymentMethod]:
    """The customer's stored methods, the default first."""
    wanted = select(PaymentMethod).where(PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None))
    return list(session.scalars(wanted.order_by(PaymentMethod.is_default.desc(), PaymentMethod.id.desc())))


def methods_in_use(session: Session, customer_id: int) -> tuple[tuple[PaymentMethod, frozenset[int]], ...]:
    """The customer's stored methods, the default first, each with the subscriptions it was chosen for."""
    rows = session.execute(_METHODS_IN_USE, {"customer_id": customer_id})
    return tuple((method, frozenset(users)) for method, users in rows)


def own_method(session: Session, customer_id: int, ref: str) -> PaymentMethod:
    """The customer's own stored method; another's is not found."""
    found = session.scalar(
        select(PaymentMethod).where(
            PaymentMethod.ref == ref, PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None)
        )
    )
    if found is None:
        raise NotFound("There is no such payment method.")
    return found


def usable_methods(session: Session, subscription_ids: Collection[int], on: date) -> dict[int, PaymentMethod]:
    """The method each subscription is charged with: its own, else its customer's default. Without one: no key.

    A method is usable unless it was removed, refused for good by its bank, or has expired by the day `on`.
    """
    from_own = (
        select(SubscriptionMethod.subscription_id, PaymentMethod)
        .join(PaymentMethod, PaymentMethod.id == SubscriptionMethod.method_id)
        .where(among(SubscriptionMethod.subscription_id, subscription_ids), *_usable(on))
    )
    return dict(session.execute(from_own).all())


def usable_defaults(session: Session, customer_ids: Collection[int], on: date) -> dict[int, PaymentMethod]:
    """Each customer's default method, if it can be charged on the day `on`."""
    wanted = select(PaymentMethod).where(
        among(PaymentMethod.customer_id, customer_ids), PaymentMethod.is_default, *_usable(on)
    )
    return {method.customer_id: method for method in session.scalars(wanted)}


def usable_method(
    session: Session, *, customer_id: int, on: date, subscription_id: int | None = None
) -> PaymentMethod | None:
    """The method one subscription, or a customer without one, is charged with on the day `on`."""
    if subscription_id is not None:
        own = usable_methods(session, [subscription_id], on).get(subscription_id)
        if own is not None:
            return own
    return usable_defaults(session, [customer_id], on).get(customer_id)


def live_attempt(session: Session, invoice_id: int) -> Attempt | None:
    """The one attempt that may still bring money for the invoice."""
    return session.scalar(select(Attempt).where(Attempt.invoice_id == invoice_id, Attempt.status.in_(LIVE)))


def locked_live_attempt(session: Session, invoice_id: int) -> Attempt | None:
    """The same, for whoever calls it off or relies on its state: no worker can begin to send it until the commit.

    Workers lease without the customer's lock, so only the attempt's own row says whether it is still waiting.
    """
    return _locked(session, Attempt.invoice_id == invoice_id, Attempt.status.in_(LIVE)).one_or_none()


def locked_waiting(session: Session, *where: ColumnElement[bool]) -> list[Attempt]:
    """The charges that wait and that no worker is just taking; none can until the commit."""
    return list(_locked(session, Attempt.status == AttemptStatus.WAITING, *where))


def live_attempts(session: Session, invoice_ids: Collection[int]) -> dict[int, Attempt]:
    wanted = select(Attempt).where(Attempt.invoice_id.in_(list(invoice_ids)), Attempt.status.in_(LIVE))
    return {attempt.invoice_id: attempt for attempt in session.scalars(wanted) if attempt.invoice_id is not None}


def live_to_balance(session: Session, customer_id: int) -> Attempt | None:
    """The payable by which the customer is adding a method where nothing is due."""
    return session.scalar(
        select(Attempt).where(
            Attempt.customer_id == customer_id, Attempt.invoice_id.is_(None), Attempt.status.in_(LIVE)
        )
    )


def by_reference(session: Session, reference: str) -> Attempt | None:
    return session.scalar(select(Attempt).where(Attempt.reference == reference))


def attempts_of_invoice(session: Session, invoice_id: int) -> list[Attempt]:
    """Every try at collecting the invoice, the latest first."""
    return list(session.scalars(select(Attempt).where(Attempt.invoice_id == invoice_id).order_by(Attempt.id.desc())))


def tries_of_invoice(session: Session, invoice_id: int) -> list[tuple[Attempt, PaymentMethod | None]]:
    """Every try at collecting the invoice with the method it was tried with, the latest first."""
    rows = session.execute(
        select(Attempt, PaymentMethod)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(Attempt.invoice_id == invoice_id)
        .order_by(Attempt.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def own_attempt(session: Session, customer_id: int, reference: str) -> tuple[Attempt, PaymentMethod | None]:
    """One of the customer's own attempts with its method; another's is not found."""
    found = session.execute(
        select(Attempt, PaymentMethod)
        .outerjoin(PaymentMethod, PaymentMethod.id == Attempt.method_id)
        .where(Attempt.reference == reference, Attempt.customer_id == customer_id)
    ).first()
    if found is None:
        raise NotFound("There is no such payment.")
    return found[0], found[1]


def declines_of(session: Session, invoice_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """For each invoice its declines as (method, kind of decline): what `may_try` asks."""
    rows = session.execute(
        select(Attempt.invoice_id, Attempt.method_id, Attempt.decline).where(
            Attempt.invoice_id.in_(list(invoice_ids)),
            Attempt.status == AttemptStatus.DECLINED,
            Attempt.method_id.is_not(None),
        )
    )
    found: dict[int, list[tuple[int, str]]] = {invoice_id: [] for invoice_id in invoice_ids}
    for invoice_id, method_id, decline in rows:
        found[invoice_id or 0].append((method_id or 0, decline or ""))
    return found


def allocations_of_invoice(session: Session, invoice_id: int) -> list[tuple[PaymentAllocation, Payment]]:
    """Which payments paid the invoice, in the order in which they came."""
    rows = session.execute(
        select(PaymentAllocation, Payment)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(PaymentAllocation.invoice_id == invoice_id)
        .order_by(PaymentAllocation.id)
    )
    return [(row[0], row[1]) for row in rows]


def payment_by_ref(session: Session, ref: str) -> Payment:
    found = session.scalar(select(Payment).where(Payment.ref == ref))
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def waiting_by_account(session: Session, at: datetime) -> dict[int, int]:
    """How many charges wait to be sent to each account that is enabled and not stopped."""
    rows = session.execute(
        select(Attempt.gateway_account_id, func.count())
        .join(GatewayAccount, GatewayAccount.id == Attempt.gateway_account_id)
        .where(Attempt.status == AttemptStatus.WAITING, Attempt.next_action_at <= at)
        .where(GatewayAccount.stopped_reason.is_(None))
        .group_by(Attempt.gateway_account_id)
    )
    return {row[0]: row[1] for row in rows}


def _locked(session: Session, *where: ColumnElement[bool]) -> ScalarResult[Attempt]:
    wanted = select(Attempt).where(*where).order_by(Attempt.id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True))


def _usable(on: date) -> tuple[ColumnElement[bool], ...]:
    return (
        PaymentMethod.removed_at.is_(None),
        PaymentMethod.is_refused.is_(False),
        or_(PaymentMethod.expires_on.is_(None), PaymentMethod.expires_on >= on),
    )
