"""iPaymu's words and ours: statuses, channels, minima, hosts, and what the text of a refusal tells.

Sources: its published documentation, its collection of captured answers, its plugins; where they disagree the captures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone

from portal.gateways.base import Channel, Outcome

CURRENCY = "IDR"
MINIMUM = 5_000
LARGEST = 999_999_999

# Times are told without a zone, in western Indonesian time, which knows no summer time.
WIB = timezone(timedelta(hours=7), "WIB")

LIVE_HOST, TEST_HOST = "my.ipaymu.com", "sandbox.ipaymu.com"
BASE_URLS: Mapping[str, str] = {"live": f"https://{LIVE_HOST}", "test": f"https://{TEST_HOST}"}
PAGE_HOSTS: Mapping[str, frozenset[str]] = {
    "live": frozenset({LIVE_HOST, "payment.ipaymu.com"}),
    "test": frozenset({TEST_HOST, "sandbox-payment.ipaymu.com"}),
}
# Wallets send the payer on to their own pages; a host ends in one of these.
WALLET_HOSTS = ("dana.id", "shopee.co.id", "shopeepay.co.id")

# The status of a transaction. One that lapsed leaves its page or its attempt open until that lapses by itself: on a
# page the payer may have chosen another channel, which is another transaction.
STATUSES: Mapping[int, Outcome] = {
    -2: Outcome.ACTION_REQUIRED,
    0: Outcome.ACTION_REQUIRED,
    1: Outcome.SUCCEEDED,
    2: Outcome.DECLINED,
    3: Outcome.SUCCEEDED,
    4: Outcome.DECLINED,
    5: Outcome.DECLINED,
    6: Outcome.SUCCEEDED,
    7: Outcome.SUCCEEDED,
}
LAPSED, RETURNED = -2, 3
CODES: Mapping[int, str] = {-2: "expired", 2: "canceled", 4: "error", 5: "failed"}

# What a callback calls it. Only a claim: the transaction is asked for.
CLAIMS: Mapping[str, Outcome] = {
    "berhasil": Outcome.SUCCEEDED,
    "pending": Outcome.ACTION_REQUIRED,
    "expired": Outcome.ACTION_REQUIRED,
    "gagal": Outcome.DECLINED,
    "batal": Outcome.DECLINED,
}

# Entries of the history that are no payment of a buyer: mutation, withdrawal, commission, moved balance.
NO_PAYMENTS = frozenset({0, 2, 5, 20})


@dataclass(frozen=True, slots=True)
class Way:
    """How iPaymu names a channel, and its banks, wallets or shops; the first is taken where none is named."""

    method: str
    banks: tuple[str, ...]
    has_page: bool = False


WAYS: Mapping[Channel, Way] = {
    Channel.VIRTUAL_ACCOUNT: Way(
        "va",
        ("bca", "bni", "bri", "mandiri", "cimb", "bsi", "bmi", "permata", "danamon", "btn", "bag", "bpd_bali"),
    ),
    Channel.CONVENIENCE_STORE: Way("cstore", ("alfamart", "indomaret")),
    Channel.QRIS: Way("qris", ("mpm",)),
    Channel.EWALLET: Way("ewallet", ("dana", "shopeepay"), has_page=True),
    Channel.CARD: Way("cc", ("cc",), has_page=True),
}
CHANNELS: Mapping[str, Channel] = {way.method: channel for channel, way in WAYS.items()}

# The most hours a code may live, where a bank sets that; 0: it is fixed and no wish is sent.
MOST_HOURS: Mapping[str, int] = {"bsi": 3, "bri": 2, "bca": 0, "alfamart": 0, "mpm": 0}
USUAL_HOURS = 24

# A buyer's phone is required where the payer gives money without iPaymu's page; sent where nobody told us one.
NO_PHONE = "0000000000"

WRONG_ADDRESS = ("invalid ip",)
NOT_FOUND = ("transaction not found",)
