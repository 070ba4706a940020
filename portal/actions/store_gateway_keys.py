"""Giving an account its keys, and changing them while notices signed with the old ones are still under way."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from portal.actions import _accounts, _gateways
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.secrets import SecretUnreadable, masked, vault
from portal.gateways.base import WrongKey
from portal.gateways.registry import adapter_for, opens
from portal.payments.models import GatewayAccount

OVERLAPS = (timedelta(0), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How long old keys may still be believed in signatures."""


def store_gateway_keys(
    account_ref: str, keys: Mapping[str, str], *, password: str, overlap: timedelta, actor: Actor, at: datetime
) -> None:
    """Encrypt and keep the keys; those before are believed in signatures for `overlap` more, and sent nowhere.

    Raises Invalid with the field for keys that cannot be right and for a wrong `password` of the actor, Refused where
    the environment sets them. Their values stand in no audit entry.
    """
    with transaction() as session:
        account = _accounts.locked(session, account_ref)
        _accounts.require_password(session, actor, password)
        if _gateways.from_environment(account):
            raise Refused("The keys of this account are set by the environment: change them there.")
        _accounts.require_no_test_features(session, account.mode)
        if overlap not in OVERLAPS:
            raise Invalid("Choose one of the list.", field="overlap")
        given = _required(account, keys)
        former = _readable(account)
        if former == given:
            raise Invalid("These are the keys that are in use already.", field=next(iter(given)))
        account.former_secrets = account.secrets if former and overlap else None
        account.next_action_at = at + overlap if account.former_secrets else None
        account.secrets = vault().seal(json.dumps(given), place=_gateways.secret_place(account))
        facts: dict[str, Any] = {f"{name}_ends": masked(key) for name, key in given.items()}
        facts["former_until"] = account.next_action_at.isoformat() if account.next_action_at else None
        audit.record(session, actor, "gateway.keys_stored", at=at, subject=account.ref, **facts)
        outbox.post(session, "gateway.changed", at=at, account=account.ref, what="keys", by=actor.name)


def _required(account: GatewayAccount, keys: Mapping[str, str]) -> dict[str, str]:
    """Every key that the gateway names, tried on its adapter."""
    names = opens(account.gateway).secret_names
    given = {name: keys.get(name, "").strip() for name in names}
    for name, key in given.items():
        if not key:
            raise Invalid("This is needed.", field=name)
    try:
        adapter_for(account.gateway, secrets=given, mode=account.mode, base_url=account.base_url)
    except WrongKey as error:
        raise Invalid(error.message, field=error.about or names[-1]) from error
    return given


def _readable(account: GatewayAccount) -> Mapping[str, str]:
    """The keys so far; none where they can no longer be read, which is when new ones are needed most."""
    try:
        return _gateways.stored(account.secrets, account)
    except SecretUnreadable:
        return {}
