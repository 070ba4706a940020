"""The books of the twin: merchants, sessions of the hosted page, transactions. One lock for all of them."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.twins.memory import Records

FIRST_TRANSACTION = 300_001


@dataclass(slots=True)
class Merchant:
    """`va` is the number that names it, `key` what it signs with."""

    id: int
    va: str
    key: str
    name: str = "Contoh Portal"


@dataclass(slots=True)
class Buyer:
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(slots=True)
class Visit:
    """A session of the hosted page. Choosing a channel on it makes a transaction, each time another one."""

    sid: str
    merchant: int
    reference: str
    amount: int
    product: str
    notify_url: str
    return_url: str
    cancel_url: str
    buyer: Buyer
    bears: str
    method: str
    seconds: float
    created_at: str


@dataclass(slots=True)
class Transaction:
    """`bears`: MERCHANT or BUYER pays the fee on top. Instants are UTC; `status` is iPaymu's number.

    `comes_at`, `comes_to`: when and to which status it goes on by itself, besides expiring.
    """

    id: int
    merchant: int
    sid: str
    reference: str
    via: str
    channel: str
    kind: int
    says: str
    sub_total: int
    fee: int
    bears: str
    created_at: str
    expires_at: str
    payment_no: str
    notify_url: str
    buyer: Buyer
    return_url: str = ""
    is_direct: bool = False
    status: int = 0
    paid_at: str = ""
    settled_at: str = ""
    notes: str = ""
    comes_at: str = ""
    comes_to: int = 0

    @property
    def amount(self) -> int:
        """What the buyer pays."""
        return self.sub_total + (self.fee if self.bears == "BUYER" else 0)

    @property
    def is_paid(self) -> bool:
        return self.status in (1, 6, 7)


Row = Merchant | Visit | Transaction


@dataclass(slots=True)
class Ledger:
    """All records. Whoever reads and then writes holds `lock` in between."""

    records: Records
    seed: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    merchants: dict[str, Merchant] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    chance: random.Random = field(default_factory=random.SystemRandom)

    def __post_init__(self) -> None:
        self._begin_chance()

    def _begin_chance(self) -> None:
        if self.seed is not None:
            self.chance = random.Random(self.seed)  # noqa: S311 - made-up codes that are the same every time

    def restore(self, kind: str, record: dict[str, Any]) -> None:
        """Take in a record that was kept; unknown kinds are not ours."""
        if kind == "Merchant":
            self._index(Merchant(**record))
        elif kind == "Visit":
            self._index(Visit(**{**record, "buyer": Buyer(**record["buyer"])}))
        elif kind == "Transaction":
            self._index(Transaction(**{**record, "buyer": Buyer(**record["buyer"])}))

    def save(self, row: Row) -> None:
        self._index(row)
        key = row.sid if isinstance(row, Visit) else str(row.id)
        self.records.put(type(row).__name__, key, asdict(row))

    def _index(self, row: Row) -> None:
        match row:
            case Merchant():
                self.merchants[row.va] = row
            case Visit():
                self.visits[row.sid.lower()] = row
            case Transaction():
                self.transactions[row.id] = row

    def enlist(self, va: str, key: str) -> Merchant:
        """The merchant `va`, who signs with `key` from now on."""
        with self.lock:
            known = self.merchants.get(va)
            fresh = Merchant(known.id if known else 1 + len(self.merchants), va, key)
            self.save(fresh)
            return fresh

    def of(self, merchant: Merchant) -> Iterator[Transaction]:
        """His transactions, newest first."""
        return (row for row in reversed(list(self.transactions.values())) if row.merchant == merchant.id)

    def merchant_of(self, row: Transaction) -> Merchant:
        return next(one for one in self.merchants.values() if one.id == row.merchant)

    def next_id(self) -> int:
        return max(self.transactions, default=FIRST_TRANSACTION - 1) + 1

    def fresh_sid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def digits(self, size: int) -> str:
        return "".join(self.chance.choices("0123456789", k=size))

    def clear(self) -> None:
        """Merchants stay: they are the installation, not its history."""
        with self.lock:
            self.visits.clear()
            self.transactions.clear()
            self._begin_chance()
            self.records.clear()
            for merchant in self.merchants.values():
                self.save(merchant)
