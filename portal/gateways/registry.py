"""Which adapters there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.core.errors import NotFound
from portal.core.money import Money
from portal.gateways.paystack import Paystack
from portal.gateways.paystack_reading import money
from portal.gateways.paystack_tables import MINIMA
from portal.gateways.protocols import Deadlines

ADAPTERS: Mapping[str, type[Paystack]] = {Paystack.name: Paystack}
_MINIMA: Mapping[str, Mapping[str, int]] = {Paystack.name: MINIMA}


def adapter_for(
    gateway: str,
    *,
    secret_key: str,
    base_url: str = "",
    former_keys: Sequence[str] = (),
    deadlines: Deadlines | None = None,
) -> Paystack:
    """The adapter named `gateway`, for one account. An empty `base_url` is the gateway's own address.

    Raises NotFound for a gateway we do not know and WrongKey for a key that cannot be one.
    """
    adapter = ADAPTERS.get(gateway)
    if adapter is None:
        raise NotFound(f"There is no gateway {gateway!r}.")
    if base_url:
        return adapter(secret_key=secret_key, base_url=base_url, former_keys=former_keys, deadlines=deadlines)
    return adapter(secret_key=secret_key, former_keys=former_keys, deadlines=deadlines)


def minimum(gateway: str, currency: str) -> Money:
    """The least the gateway takes in a currency, zero where it states none. Needs no account and no key."""
    least = money(_MINIMA[gateway].get(currency), currency)
    return least or Money.zero(currency)
