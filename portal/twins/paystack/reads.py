"""The calls that only look: verify, lists, customers, refunds, balance."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from portal.twins.faults import Slot
from portal.twins.paystack import asked as read
from portal.twins.paystack import shapes
from portal.twins.paystack.calls import Body, Turn, accepted
from portal.twins.paystack.cards import CURRENCIES
from portal.twins.paystack.ledger import Customer, Refund, Transaction
from portal.twins.paystack.refusals import invalid, not_found, unknown_reference

SESSION_SECONDS = 1800


def verify(turn: Turn) -> Body:
    rule = turn.plan.get(Slot.MONEY)
    row = turn.ledger.transaction(turn.integration.id, turn.words[0])
    if row is None or (rule and rule.do == "not_found"):
        raise unknown_reference()
    return accepted("Verification successful", shapes.transaction(turn.ledger, row))


def transaction(turn: Turn) -> Body:
    row = turn.ledger.transactions.get(int(turn.words[0]))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Transaction not found", "transaction_not_found")
    told = shapes.transaction(turn.ledger, row) | {"helpdesk_link": None}
    return accepted("Transaction retrieved", told)


def timeline(turn: Turn) -> Body:
    named = turn.words[0]
    row = turn.ledger.transaction(turn.integration.id, named)
    if row is None and named.isdigit() and len(named) < 19:
        row = turn.ledger.transactions.get(int(named))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Transaction not found", "transaction_not_found")
    return accepted("Timeline retrieved", shapes.log(row))


def transactions(turn: Turn) -> Body:
    """Newest first; a customer is named by number, a code finds none."""
    asked = turn.asked
    status, payer, amount = (read.words(asked, name) for name in ("status", "customer", "amount"))
    inside = window(turn)
    found = [
        row
        for row in own(turn, list(turn.ledger.transactions.values()))
        if inside(row.created_at)
        and status in ("", row.status)
        and payer in ("", str(row.customer))
        and amount in ("", str(row.amount))
    ]
    volume = sum(row.amount for row in found if row.status == "success")
    rows, meta = paged(turn, found)
    told = [shapes.transaction(turn.ledger, row) for row in rows]
    return accepted("Transactions retrieved", told, meta=meta | {"total_volume": volume})


def totals(turn: Turn) -> Body:
    rows = [row for row in own(turn, list(turn.ledger.transactions.values())) if row.status == "success"]
    volumes: Counter[str] = Counter()
    for row in rows:
        volumes[row.currency] += row.amount
    by_currency = [{"currency": currency, "amount": volume} for currency, volume in sorted(volumes.items())]
    told = {
        "total_transactions": len(rows),
        "unique_customers": len({row.customer for row in rows}),
        "total_volume": sum(volumes.values()),
        "total_volume_by_currency": by_currency,
        "pending_transfers": 0,
        "pending_transfers_by_currency": [],
    }
    return accepted("Transaction totals", told)


def refunds(turn: Turn) -> Body:
    """Of one transaction, named by number; a reference finds none."""
    named, inside = read.words(turn.asked, "transaction"), window(turn)
    found = [
        row
        for row in own(turn, list(turn.ledger.refunds.values()))
        if named in ("", str(row.transaction)) and inside(row.created_at)
    ]
    rows, meta = paged(turn, found)
    return accepted("Refunds retrieved", [shapes.refund(row) for row in rows], meta=meta)


def refund(turn: Turn) -> Body:
    row = turn.ledger.refunds.get(int(turn.words[0]))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Refund not found")
    return accepted("Refund retrieved", shapes.refund(row))


def customers(turn: Turn) -> Body:
    rows, meta = paged(turn, own(turn, list(turn.ledger.customers.values())))
    return accepted("Customers retrieved", [shapes.customer_alone(row) for row in rows], meta=meta)


def customer(turn: Turn) -> Body:
    named = turn.words[0].lower()
    for row in list(turn.ledger.customers.values()):
        if row.integration == turn.integration.id and named in (row.email.lower(), row.code.lower(), str(row.id)):
            return accepted("Customer retrieved", shapes.customer_whole(turn.ledger, row))
    raise not_found("Customer email is invalid for your test domain.", "customer_not_found")


def balance(turn: Turn) -> Body:
    """What came in less what was given back, per currency; the default currency is always there."""
    sums: Counter[str] = Counter({CURRENCIES[0]: 0})
    for row in own(turn, list(turn.ledger.transactions.values())):
        if row.paid_at:
            sums[row.currency] += row.amount - row.refunded - (row.fees or 0)
    told = [{"currency": currency, "balance": whole} for currency, whole in sums.items()]
    return accepted("Balances retrieved", told)


def session_timeout(turn: Turn) -> Body:
    return accepted("Payment session timeout retrieved", {"payment_session_timeout": SESSION_SECONDS})


def banks(turn: Turn) -> Body:
    told = [{"id": 1, "name": "Test Bank", "slug": "test-bank", "code": "001", "currency": "NGN", "active": True}]
    return accepted("Banks retrieved", told)


def own(turn: Turn, rows: Sequence[Any]) -> list[Any]:
    return [row for row in reversed(rows) if row.integration == turn.integration.id]


def window(turn: Turn) -> Callable[[str], bool]:
    """Whether an instant lies between `from` and `to`, days or instants, both inclusive."""
    since, until = _instant(turn, "from"), _instant(turn, "to")

    def inside(stamp: str) -> bool:
        at = datetime.fromisoformat(stamp)
        return (since is None or since <= at) and (until is None or at <= until)

    return inside


def _instant(turn: Turn, name: str) -> datetime | None:
    told = read.words(turn.asked, name, 60)
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError as error:
        raise invalid(f'"{name}" must be a valid date') from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def paged(turn: Turn, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """One page of rows and its meta, by number or, if asked, by cursor."""
    size = read.whole_number(turn.asked, "perPage", 50, 1000)
    cursor = read.words(turn.asked, "next", 100)
    if cursor or read.words(turn.asked, "use_cursor").lower() == "true":
        last = _cursor_id(cursor) if cursor else None
        rest = [row for row in rows if last is None or row.id < last]
        page = rest[:size]
        following = _cursor_after(page[-1]) if len(rest) > size else None
        return page, {"next": following, "previous": None, "perPage": size}
    number = read.whole_number(turn.asked, "page", 1, 10**6)
    skipped = (number - 1) * size
    meta = {"total": len(rows), "skipped": skipped, "perPage": size, "page": number}
    return rows[skipped : skipped + size], meta | {"pageCount": max(1, -(-len(rows) // size))}


def _cursor_after(row: Transaction | Refund | Customer) -> str:
    return base64.urlsafe_b64encode(f"id:{row.id}".encode()).decode()


def _cursor_id(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("id:"))
    except (ValueError, binascii.Error) as error:
        raise invalid("The cursor is not valid") from error
