"""Making room for an account at a gateway; keys and settings follow, and until it is switched on nothing uses it."""

import secrets
from datetime import datetime

from sqlalchemy import select

from portal.actions import _accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.ids import public_ref
from portal.core.money import CURRENCIES
from portal.core.settings import current
from portal.gateways.registry import opens
from portal.payments.models import GatewayAccount

USUAL_CALLS = {"paystack": 900, "ipaymu": 50}
"""Calls a minute, below what the gateways document."""


def open_gateway_account(gateway: str, mode: str, *, actor: Actor, at: datetime) -> str:
    """The reference of the account of this gateway and mode, made if there is none, switched off.

    It begins with every currency the gateway takes, a usual pace, and the address that the environment names for it.
    Raises NotFound for a gateway or mode that does not exist, LiveBesideTests for a live one on a test installation.
    """
    _accounts.require_known(gateway, mode)
    with transaction() as session:
        known = session.scalar(
            select(GatewayAccount).where(GatewayAccount.gateway == gateway, GatewayAccount.mode == mode)
        )
        if known is not None:
            return known.ref
        _accounts.require_no_test_features(session, mode)
        account = GatewayAccount(
            ref=public_ref("gw"),
            gateway=gateway,
            mode=mode,
            base_url=current().gateway_base_url(gateway, mode),
            hook_token=secrets.token_urlsafe(24),
            currencies=[each for each in sorted(CURRENCIES) if opens(gateway).least(each) is not None],
            channels=[],
            is_enabled=False,
            calls_per_minute=USUAL_CALLS.get(gateway, 60),
            created_at=at,
        )
        session.add(account)
        session.flush()
        audit.record(session, actor, "gateway.opened", at=at, subject=account.ref, gateway=gateway, mode=mode)
        return account.ref
