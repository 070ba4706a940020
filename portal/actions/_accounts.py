"""Gateway accounts as those who configure them meet them: locked, keys masked, live ones guarded."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.core.actors import Actor
from portal.core.business import VirtualClock
from portal.core.errors import Invalid, NotFound
from portal.core.secrets import SecretUnreadable, masked
from portal.gateways.registry import opens
from portal.identity import passwords
from portal.identity.models import User
from portal.payments.models import GatewayAccount


@dataclass(frozen=True, slots=True)
class ShownKeys:
    """What a screen may say of an account's keys. `source`: environment, stored, none, or unreadable."""

    source: str
    keys: Mapping[str, str]


def locked(session: Session, account_ref: str) -> GatewayAccount:
    """The account, nobody else's to change until the end. Raises NotFound."""
    account = session.scalar(
        select(GatewayAccount).where(GatewayAccount.ref == account_ref).with_for_update(key_share=True)
    )
    if account is None:
        raise NotFound("There is no such account.")
    return account


def shown_keys(account: GatewayAccount) -> ShownKeys:
    """The last four characters of each key, and where they come from."""
    keys, source = _gateways.from_environment(account), "environment"
    if not keys:
        try:
            keys, source = dict(_gateways.stored(account.secrets, account)), "stored"
        except SecretUnreadable:
            return ShownKeys("unreadable", {})
    return ShownKeys(source if keys else "none", {name: masked(key) for name, key in keys.items()})


def require_no_test_features(session: Session, mode: str) -> None:
    """Raise LiveBesideTests for a live account where the time machine, a stand-in or a crash plan is at work."""
    if mode != "live":
        return
    _gateways.require_no_test_features(mode)
    clock = session.scalar(select(VirtualClock).where(VirtualClock.id == 1))
    if clock is not None and (clock.frozen_at is not None or clock.shift_seconds != 0):
        raise _gateways.LiveBesideTests("The clock was moved here, so no live account is used. Nothing was changed.")


def require_password(session: Session, actor: Actor, password: str) -> None:
    """Whoever touches keys says once more who they are. The command line, which has no password, passes."""
    if actor.user_id is None:
        return
    user = session.get_one(User, actor.user_id)
    if not passwords.is_right(password, user.password_hash):
        raise Invalid("This is not your password.", field="password")


def require_known(gateway: str, mode: str) -> None:
    """Raise NotFound for a gateway that has no adapter, or a mode that none has."""
    opens(gateway)
    if mode not in ("test", "live"):
        raise NotFound("There is no such mode.")
