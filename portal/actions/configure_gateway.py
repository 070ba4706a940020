"""What an account is used for: its currencies, the ways to pay it offers, and how fast it is called."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from portal.actions import _accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.gateways.registry import opens, ways
from portal.payments.models import GatewayAccount

MOST_CALLS = 6000


@dataclass(frozen=True, slots=True)
class Configuration:
    """`channels` as `virtual_account:bni`, none of them for all; `calls_per_minute` 0: no pace is kept."""

    currencies: Sequence[str]
    channels: Sequence[str]
    calls_per_minute: int


def configure_gateway(account_ref: str, wish: Configuration, *, actor: Actor, at: datetime) -> None:
    """Raises Invalid, naming the field, for what the gateway cannot do. Nothing changed: nothing is recorded."""
    with transaction() as session:
        account = _accounts.locked(session, account_ref)
        _require_possible(account, wish)
        before = _of(account)
        account.currencies = sorted(set(wish.currencies))
        account.channels = sorted(set(wish.channels))
        account.calls_per_minute = wish.calls_per_minute
        after = _of(account)
        if after != before:
            audit.record(
                session, actor, "gateway.configured", at=at, subject=account.ref, before=asdict(before),
                after=asdict(after),
            )  # fmt: skip


def channel_codes(gateway: str) -> list[str]:
    """Every way to pay without its page that the gateway has, as `virtual_account:bni`."""
    return [f"{channel}:{bank}" for channel, banks in ways(gateway).items() for bank in banks]


def _of(account: GatewayAccount) -> Configuration:
    return Configuration(list(account.currencies), list(account.channels), account.calls_per_minute)


def _require_possible(account: GatewayAccount, wish: Configuration) -> None:
    if not wish.currencies:
        raise Invalid("Choose at least one currency.", field="currencies")
    for currency in wish.currencies:
        if len(currency) != 3 or opens(account.gateway).least(currency) is None:
            raise Invalid("The gateway does not take one of these currencies.", field="currencies")
    if not set(wish.channels) <= set(channel_codes(account.gateway)):
        raise Invalid("The gateway does not have one of these ways to pay.", field="channels")
    if not 0 <= wish.calls_per_minute <= MOST_CALLS:
        raise Invalid("Write a whole number from 0 to %(most)s.", field="calls_per_minute", most=MOST_CALLS)
