"""The ways to pay: what they are called, what they cost, how long their codes live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Channel:
    """`flat` in rupiah and `share` of the amount are its fee. `fixed`: its codes live so long, whatever was asked.

    `most`: its codes live at most so long. `kind` and `says` are iPaymu's type code and its words for it.
    """

    via: str
    code: str
    name: str
    kind: int
    says: str
    flat: int = 0
    share: Fraction = Fraction(0)
    fixed: timedelta | None = None
    most: timedelta | None = None

    def fee(self, amount: int) -> int:
        return self.flat + int(amount * self.share)

    def life(self, asked: timedelta) -> timedelta:
        if self.fixed is not None:
            return self.fixed
        return min(asked, self.most) if self.most is not None else asked


def _bank(
    code: str, name: str, flat: int = 3500, *, fixed: timedelta | None = None, most: timedelta | None = None
) -> Channel:
    return Channel("va", code, name, 7, "VA & Transfer Bank", flat, fixed=fixed, most=most)


_CHANNELS = (
    _bank("bca", "BCA", 4000, fixed=12 * HOUR),
    _bank("bni", "BNI"),
    _bank("bri", "BRI", most=2 * HOUR),
    _bank("mandiri", "Mandiri", 4000),
    _bank("cimb", "CIMB Niaga"),
    _bank("bsi", "BSI", most=3 * HOUR),
    _bank("bmi", "Bank Muamalat"),
    _bank("permata", "Permata"),
    _bank("danamon", "Danamon"),
    _bank("btn", "BTN"),
    _bank("bag", "Bank Artha Graha"),
    _bank("bpd_bali", "BPD Bali"),
    Channel("cstore", "alfamart", "Alfamart", 11, "Convenience Store", 4000, fixed=24 * HOUR),
    Channel("cstore", "indomaret", "Indomaret", 11, "Convenience Store", 4000),
    Channel("qris", "mpm", "QRIS", 23, "QRIS", share=Fraction(7, 1000), fixed=24 * HOUR),
    Channel("ewallet", "dana", "DANA", 23, "E-Wallet", share=Fraction(15, 1000)),
    Channel("ewallet", "shopeepay", "ShopeePay", 23, "E-Wallet", share=Fraction(15, 1000)),
    Channel("cc", "cc", "Credit Card", 7, "Credit Card", 5000, Fraction(28, 1000)),
    Channel("paylater", "akulaku", "Akulaku", 22, "Akulaku", 3500),
)
CHANNELS: Mapping[tuple[str, str], Channel] = {(one.via, one.code): one for one in _CHANNELS}
# Method → its name in the list, in the order of the page
METHODS: Mapping[str, str] = {
    "va": "Virtual Account",
    "cstore": "Convenience Store",
    "qris": "QRIS",
    "ewallet": "E-Wallet",
    "cc": "Credit Card",
    "paylater": "Paylater",
}
_FORMER_NAMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("qris", "qris"): ("qris", "mpm"),
    ("qris", "linkaja"): ("qris", "mpm"),
    ("banktransfer", "bca"): ("va", "bca"),
}


def find(via: str, code: str) -> Channel | None:
    """The channel of these names, in any case, former ones included."""
    named = (via.lower(), code.lower())
    return CHANNELS.get(_FORMER_NAMES.get(named, named))
