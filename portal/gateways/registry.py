"""Which adapters there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from portal.core.errors import NotFound
from portal.core.money import Money
from portal.gateways.paystack import Paystack
from portal.gateways.paystack_reading import money
from portal.gateways.paystack_tables import MINIMA
from portal.gateways.protocols import Deadlines

ADAPTERS: dict[str, type[Paystack]] = {Paystack.name: Paystack}
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


@contextmanager
def replaced(adapter: type[Paystack]) -> Iterator[None]:
    """While it lasts `adapter` stands in for the one of its name: for measuring without a gateway's own time."""
    kept = ADAPTERS[adapter.name]
    ADAPTERS[adapter.name] = adapter
    try:
        yield
    finally:
        ADAPTERS[adapter.name] = kept


@lru_cache(maxsize=256)
def minimum(gateway: str, currency: str) -> Money:
    """The least the gateway takes in a currency, zero where it states none. Needs no account and no key."""
    least = money(_MINIMA[gateway].get(currency), currency)
    return least or Money.zero(currency)
