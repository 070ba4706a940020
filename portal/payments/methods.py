"""Storing what a gateway keeps for us. Callers hold the customer's lock."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.ids import public_ref
from portal.core.secrets import Vault
from portal.gateways.base import StoredMethod
from portal.payments.models import PaymentMethod


def place(method_ref: str) -> str:
    """Where its token lies: a ciphertext copied to another row cannot be read there."""
    return f"payment_methods.token:{method_ref}"


def keep(
    session: Session, stored: StoredMethod, *, customer_id: int, account_id: int, vault: Vault, at: datetime
) -> PaymentMethod:
    """Store the method, or renew the row of the same card. The newest becomes the default."""
    fingerprint = stored.fingerprint or f"{stored.kind}:{stored.last4}:{stored.expires_on}"
    method = session.scalar(
        select(PaymentMethod).where(
            PaymentMethod.customer_id == customer_id,
            PaymentMethod.gateway_account_id == account_id,
            PaymentMethod.fingerprint == fingerprint,
        )
    )
    if method is None:
        method = PaymentMethod(
            ref=public_ref("pm"),
            customer_id=customer_id,
            gateway_account_id=account_id,
            fingerprint=fingerprint,
            created_at=at,
            is_default=False,
        )
    method.token = vault.seal(stored.token, place=place(method.ref))
    method.payer_email = stored.payer_email
    method.kind, method.brand, method.last4, method.bank = stored.kind, stored.brand, stored.last4, stored.bank
    method.expires_on = stored.expires_on
    method.is_refused, method.removed_at = False, None
    session.add(method)
    make_default(session, method)
    return method


def make_default(session: Session, method: PaymentMethod) -> None:
    """From now on the customer's subscriptions without a method of their own are charged with this one."""
    session.flush()
    session.execute(
        update(PaymentMethod)
        .where(PaymentMethod.customer_id == method.customer_id, PaymentMethod.is_default, PaymentMethod.id != method.id)
        .values(is_default=False)
    )
    method.is_default = True
    session.flush()
