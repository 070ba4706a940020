"""The end of a change of keys: the old ones are believed no longer, and forgotten."""

from datetime import datetime

from sqlalchemy import select

from portal.actions import _accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.payments.models import GatewayAccount


def retire_gateway_keys(account_ref: str, *, actor: Actor, at: datetime) -> None:
    """Forget the former keys now, because a person says that nothing signed with them is under way. None: nothing."""
    with transaction() as session:
        account = _accounts.locked(session, account_ref)
        if account.former_secrets is None:
            return
        account.former_secrets = account.next_action_at = None
        audit.record(session, actor, "gateway.keys_retired", at=at, subject=account.ref)


def retire_due_keys(*, limit: int, actor: Actor, at: datetime) -> int:
    """Forget the former keys of up to `limit` accounts whose overlap is over; how many. A repeat does nothing."""
    due = (
        select(GatewayAccount)
        .where(GatewayAccount.next_action_at <= at)
        .order_by(GatewayAccount.next_action_at, GatewayAccount.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    with transaction() as session:
        accounts = session.scalars(due).all()
        for account in accounts:
            account.former_secrets = account.next_action_at = None
            audit.record(session, actor, "gateway.keys_retired", at=at, subject=account.ref)
        return len(accounts)
