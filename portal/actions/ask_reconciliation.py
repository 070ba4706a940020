"""Having gateways' lists compared with our books: every day by itself, and whenever staff wish."""

from datetime import datetime

from sqlalchemy import select

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.gateways.base import Ability
from portal.gateways.registry import opens
from portal.payments.models import GatewayAccount
from portal.reconciling import looks


def ask_reconciliation(account_ref: str = "", *, actor: Actor, at: datetime) -> int:
    """A look at the account named, or at each enabled one, is due at once; how many were not waiting already."""
    with transaction() as session:
        wanted = select(GatewayAccount).order_by(GatewayAccount.id)
        if account_ref:
            wanted = wanted.where(GatewayAccount.ref == account_ref)
        else:
            wanted = wanted.where(GatewayAccount.is_enabled)
        accounts = [one for one in session.scalars(wanted) if Ability.LIST in opens(one.gateway).abilities]
        if account_ref and not accounts:
            raise NotFound("There is no such gateway account.")
        asked = [one for one in accounts if looks.ask(session, one, by=actor.name, at=at)]
        for account in asked:
            audit.record(session, actor, "gateway.reconciliation_asked", at=at, subject=account.ref)
        return len(asked)
