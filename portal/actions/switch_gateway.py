"""Taking an account into use, or out of it. One account of each gateway is in use at most."""

from datetime import datetime

from sqlalchemy import select

from portal.actions import _accounts
from portal.actions._gateways import NoKey
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.payments.models import GatewayAccount


def switch_gateway(account_ref: str, *, is_on: bool, password: str, actor: Actor, at: datetime) -> None:
    """On: new payments go through this account, and no longer through the gateway's other one. Off: through none.

    What is under way stays with the account it began with. Raises NoKey for an account without keys, LiveBesideTests
    for a live one on a test installation, Invalid for a wrong `password`. As it is already: nothing.
    """
    with transaction() as session:
        account = _accounts.locked(session, account_ref)
        if account.is_enabled is is_on:
            return
        _accounts.require_password(session, actor, password)
        if is_on:
            _require_usable(account)
            _accounts.require_no_test_features(session, account.mode)
            others = select(GatewayAccount).where(
                GatewayAccount.gateway == account.gateway, GatewayAccount.id != account.id
            )
            for other in session.scalars(others.with_for_update(key_share=True)):
                other.is_enabled = False
            session.flush()
        account.is_enabled = is_on
        deed = "gateway.switched_on" if is_on else "gateway.switched_off"
        audit.record(
            session, actor, deed, at=at, subject=account.ref, gateway=account.gateway, mode=account.mode
        )  # fmt: skip
        what = "on" if is_on else "off"
        outbox.post(session, "gateway.changed", at=at, account=account.ref, what=what, by=actor.name)


def _require_usable(account: GatewayAccount) -> None:
    source = _accounts.shown_keys(account).source
    if source == "none":
        raise NoKey("This account has no keys yet. Nothing was changed.")
    if source == "unreadable":
        raise Refused("The keys of this account cannot be read with our encryption keys. Store them again.")
