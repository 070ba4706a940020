"""Connecting an account at a gateway."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.actions import _accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.ids import public_ref
from portal.gateways.registry import ADAPTERS
from portal.payments.models import GatewayAccount


def connect_gateway(
    gateway: str,
    mode: str,
    *,
    base_url: str = "",
    currencies: Sequence[str],
    calls_per_minute: int,
    actor: Actor,
    at: datetime,
) -> str:
    """Enable the account of this gateway and mode, made if there is none; its reference.

    `base_url` empty: the gateway's own address. `calls_per_minute` 0: no pace is kept. Its key comes from the
    environment. Another account of the gateway is disabled. Raises LiveBesideTests for a live one on a test
    installation.
    """
    if gateway not in ADAPTERS:
        raise Invalid("There is no such gateway.", field="gateway")
    with transaction() as session:
        _accounts.require_no_test_features(session, mode)
        rows = session.scalars(select(GatewayAccount).where(GatewayAccount.gateway == gateway)).all()
        account = next((row for row in rows if row.mode == mode), None)
        for row in rows:
            row.is_enabled = False
        session.flush()
        if account is None:
            account = GatewayAccount(
                ref=public_ref("gw"), gateway=gateway, mode=mode, hook_token=secrets.token_urlsafe(24), created_at=at
            )
            session.add(account)
        account.base_url = base_url
        account.currencies = list(currencies)
        account.calls_per_minute = calls_per_minute
        account.is_enabled, account.stopped_reason = True, None
        audit.record(session, actor, "gateway.connected", at=at, subject=account.ref, gateway=gateway, mode=mode)
        return account.ref
