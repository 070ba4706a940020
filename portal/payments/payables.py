"""What a payer needs for paying something that they send: kept with the attempt, read by pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from portal.core.money import Money
from portal.payments.models import Attempt

PAGE = "page"


@dataclass(frozen=True, slots=True)
class Details:
    """A page has a `link`; an account or a shop has a `number` under `name`, at `bank`; QRIS has the text `qr`.

    `amount` is what the payer has to send and `fee` what of it, or beside it, the gateway keeps. `transaction` and
    `session` are the gateway's names for it. With `keeps_method` what was paid with may be charged again later.
    """

    channel: str = PAGE
    bank: str = ""
    link: str = ""
    number: str = ""
    name: str = ""
    qr: str = ""
    session: str = ""
    transaction: str = ""
    amount: Money | None = None
    fee: Money | None = None
    expires_at: datetime | None = None
    keeps_method: bool = True

    @property
    def is_known(self) -> bool:
        """Can it be paid with what we know of it?"""
        return bool(self.link or self.number or self.qr)

    @property
    def way(self) -> tuple[str, str]:
        return self.channel, self.bank

    def as_row(self) -> dict[str, Any]:
        """For the column; what is empty is left out."""
        row = {name: value for name, value in asdict(replace(self, amount=None, fee=None)).items() if value}
        row["keeps_method"] = self.keeps_method
        if self.expires_at is not None:
            row["expires_at"] = self.expires_at.isoformat()
        for name, money in (("amount", self.amount), ("fee", self.fee)):
            if money is not None:
                row |= {f"{name}_minor": money.minor, "currency": money.currency}
        return row


def details(attempt: Attempt) -> Details:
    """What the attempt's row keeps; of a charge, or before the gateway answered, almost nothing."""
    row: Mapping[str, Any] = attempt.payable or {}
    said = row.get("expires_at")
    return Details(
        **{name: str(row.get(name, "")) for name in ("bank", "link", "number", "name", "qr", "session", "transaction")},
        channel=str(row.get("channel", PAGE)),
        amount=_money(row, "amount"),
        fee=_money(row, "fee"),
        expires_at=datetime.fromisoformat(said) if said else None,
        keeps_method=bool(row.get("keeps_method", True)),
    )


def _money(row: Mapping[str, Any], name: str) -> Money | None:
    minor = row.get(f"{name}_minor")
    return None if minor is None else Money(int(minor), str(row["currency"]))
