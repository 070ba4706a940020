"""Which adapters there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from portal.core.errors import NotFound
from portal.core.money import Money
from portal.gateways.base import Channel
from portal.gateways.ipaymu import Ipaymu
from portal.gateways.ipaymu_tables import WAYS
from portal.gateways.paystack import Paystack
from portal.gateways.protocols import Adapter, Deadlines, Opens

NAMES: Mapping[str, str] = {"ipaymu": "iPaymu", "paystack": "Paystack"}
ADAPTERS: dict[str, Opens] = {Paystack.name: Paystack, Ipaymu.name: Ipaymu}
# A card is typed on the gateway's own page only.
_WAYS: Mapping[str, Mapping[Channel, tuple[str, ...]]] = {
    Ipaymu.name: {channel: way.banks for channel, way in WAYS.items() if channel is not Channel.CARD},
}


def adapter_for(
    gateway: str,
    *,
    secrets: Mapping[str, str],
    mode: str = "",
    base_url: str = "",
    former_secrets: Sequence[Mapping[str, str]] = (),
    deadlines: Deadlines | None = None,
) -> Adapter:
    """The adapter named `gateway`, for one account. An empty `base_url` is the gateway's own address.

    `secrets` are those that its class names in `secret_names`. Raises NotFound for a gateway we do not know and
    WrongKey for secrets that cannot be right.
    """
    return opens(gateway)(
        secrets=secrets, mode=mode, base_url=base_url, former_secrets=former_secrets, deadlines=deadlines
    )


def opens(gateway: str) -> Opens:
    """The class behind a gateway's name. Raises NotFound."""
    found = ADAPTERS.get(gateway)
    if found is None:
        raise NotFound(f"There is no gateway {gateway!r}.")
    return found


def gateway_name(gateway: str) -> str:
    """As the gateway writes its own name."""
    return NAMES.get(gateway, gateway.title())


@contextmanager
def replaced(adapter: Opens) -> Iterator[None]:
    """While it lasts `adapter` stands in for the one of its name: for measuring without a gateway's own time."""
    kept = ADAPTERS[adapter.name]
    ADAPTERS[adapter.name] = adapter
    try:
        yield
    finally:
        ADAPTERS[adapter.name] = kept


def ways(gateway: str, chosen: Collection[str] = ()) -> Mapping[Channel, tuple[str, ...]]:
    """The channels in which the gateway takes money without its own page, each with its banks, wallets or shops.

    `chosen` are those an account offers, as `virtual_account:bni`; none: all.
    """
    every = _WAYS.get(gateway, {})
    if not chosen:
        return every
    kept = {channel: tuple(bank for bank in banks if f"{channel}:{bank}" in chosen) for channel, banks in every.items()}
    return {channel: banks for channel, banks in kept.items() if banks}


def minimum(gateway: str, currency: str) -> Money:
    """The least the gateway takes in a currency, zero where it states none. Needs no account and no key."""
    return opens(gateway).least(currency) or Money.zero(currency)
