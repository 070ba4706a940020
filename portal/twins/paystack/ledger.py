"""The books of the twin: customers, authorizations, transactions, refunds, disputes. One lock for all of them."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Container
from dataclasses import asdict, dataclass, field
from datetime import datetime
from string import ascii_lowercase, digits
from typing import Any

from portal.twins.memory import Records


def stamp(at: datetime) -> str:
    """As Paystack writes instants: UTC with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


@dataclass(slots=True)
class Integration:
    """What one secret key opens. A rotated key opens the same one; the former is refused."""

    id: int
    key: str


@dataclass(slots=True)
class Customer:
    id: int
    integration: int
    code: str
    email: str
    created_at: str
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: Any = None


@dataclass(slots=True)
class Authorization:
    """A stored card. `pan` decides how it behaves and stays inside; `declined` counts charges it has refused."""

    code: str
    integration: int
    customer: int
    pan: str
    signature: str
    brand: str
    bank: str
    created_at: str
    exp_month: str = "12"
    exp_year: str = "2050"
    is_active: bool = True
    declined: int = 0

    @property
    def last4(self) -> str:
        return self.pan[-4:]


@dataclass(slots=True)
class Transaction:
    """`authorization` is empty until a card was used; `step` is what a payer on the page is asked for next.

    `ends` and `ends_at`: how and when a transaction that is processing will be decided.
    """

    id: int
    integration: int
    customer: int
    reference: str
    amount: int
    currency: str
    status: str
    created_at: str
    kind: str
    access_code: str = ""
    callback_url: str = ""
    metadata: Any = ""
    authorization: str = ""
    pan: str = ""
    step: int = 0
    gateway_response: str = ""
    code: str = ""
    response_code: str = ""
    message: str | None = None
    paid_at: str | None = None
    fees: int | None = None
    refunded: int = 0
    attempts: int = 0
    ends: str = ""
    ends_at: str = ""


@dataclass(slots=True)
class Refund:
    id: int
    integration: int
    transaction: int
    amount: int
    currency: str
    status: str
    created_at: str
    customer_note: str
    merchant_note: str
    ends: str = "processed"
    reference: str = ""
    updated_at: str = ""
    refunded_at: str | None = None
    dispute: int | None = None


@dataclass(slots=True)
class Dispute:
    """A payer's objection. `ends`: how his bank decides once the merchant has contested it, won or lost."""

    id: int
    integration: int
    transaction: int
    amount: int
    currency: str
    category: str
    created_at: str
    due_at: str
    ends: str = "lost"
    status: str = "awaiting-merchant-feedback"
    resolution: str | None = None
    refund_amount: int | None = None
    evidence: dict[str, Any] | None = None
    filename: str = ""
    updated_at: str = ""
    resolved_at: str | None = None
    decides_at: str = ""
    history: list[dict[str, str]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)


Row = Integration | Customer | Authorization | Transaction | Refund | Dispute
_KINDS: dict[str, type[Row]] = {
    kind.__name__: kind for kind in (Integration, Customer, Authorization, Transaction, Refund, Dispute)
}


@dataclass(slots=True)
class Ledger:
    """All records. Whoever reads and then writes holds `lock` in between."""

    records: Records
    seed: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    integrations: dict[int, Integration] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    authorizations: dict[str, Authorization] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    by_reference: dict[tuple[int, str], int] = field(default_factory=dict)
    by_access_code: dict[str, int] = field(default_factory=dict)
    by_email: dict[tuple[int, str], int] = field(default_factory=dict)
    chance: random.Random = field(default_factory=random.SystemRandom)

    def __post_init__(self) -> None:
        self._begin_chance()

    def _begin_chance(self) -> None:
        if self.seed is not None:
            self.chance = random.Random(self.seed)  # noqa: S311 - made-up codes that are the same every time

    def restore(self, kind: str, record: dict[str, Any]) -> None:
        """Take in a record that was kept; unknown kinds are not ours."""
        if kind in _KINDS:
            self._index(_KINDS[kind](**record))

    def save(self, row: Row) -> None:
        self._index(row)
        key = row.code if isinstance(row, Authorization) else str(row.id)
        self.records.put(type(row).__name__, key, asdict(row))

    def _index(self, row: Row) -> None:
        match row:
            case Integration():
                self.integrations[row.id] = row
                self.keys = {one.key: one.id for one in self.integrations.values()}
            case Customer():
                self.customers[row.id] = row
                self.by_email[row.integration, row.email.lower()] = row.id
            case Authorization():
                self.authorizations[row.code] = row
            case Transaction():
                self.transactions[row.id] = row
                self.by_reference[row.integration, row.reference] = row.id
                if row.access_code:
                    self.by_access_code[row.access_code] = row.id
            case Refund():
                self.refunds[row.id] = row
            case Dispute():
                self.disputes[row.id] = row

    def integration(self, key: str) -> Integration:
        """The integration that `key` opens, begun at its first use."""
        with self.lock:
            if key not in self.keys:
                self.save(Integration(463_001 + len(self.integrations), key))
            return self.integrations[self.keys[key]]

    def transaction(self, integration: int, reference: str) -> Transaction | None:
        number = self.by_reference.get((integration, reference))
        return None if number is None else self.transactions[number]

    def by_code(self, access_code: str) -> Transaction | None:
        number = self.by_access_code.get(access_code)
        return None if number is None else self.transactions[number]

    def customer(self, integration: int, email: str, at: datetime) -> Customer:
        """The customer with this address, made if there is none."""
        with self.lock:
            number = self.by_email.get((integration, email.lower()))
            if number is not None:
                return self.customers[number]
            code = "CUS_" + self.code(15, {customer.code for customer in self.customers.values()})
            fresh = Customer(181_870_001 + len(self.customers), integration, code, email, stamp(at))
            self.save(fresh)
            return fresh

    def authorize(self, customer: Customer, pan: str, brand: str, bank: str, at: datetime) -> Authorization:
        """A fresh code for a card, with the signature that this card always has."""
        with self.lock:
            signature = "SIG_" + hashlib.sha256(pan.encode()).hexdigest()[:20]
            code = "AUTH_" + self.code(10, self.authorizations)
            fresh = Authorization(code, customer.integration, customer.id, pan, signature, brand, bank, stamp(at))
            self.save(fresh)
            return fresh

    def next_transaction_id(self) -> int:
        return 6_641_900_001 + len(self.transactions)

    def next_refund_id(self) -> int:
        return 18_633_001 + len(self.refunds)

    def next_dispute_id(self) -> int:
        return 2_867_001 + len(self.disputes)

    def code(self, size: int, taken: Container[str]) -> str:
        """Letters and digits that are not among the taken ones."""
        while True:
            code = "".join(self.chance.choices(ascii_lowercase + digits, k=size))
            if not any(prefix + code in taken for prefix in ("", "AUTH_", "CUS_")):
                return code

    def clear(self) -> None:
        with self.lock:
            for table in (self.integrations, self.customers, self.authorizations):
                table.clear()
            for rows in (self.transactions, self.refunds, self.disputes):
                rows.clear()
            for index in (self.keys, self.by_reference, self.by_access_code, self.by_email):
                index.clear()
            self._begin_chance()
            self.records.clear()
