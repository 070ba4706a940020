"""The chart of accounts, and the one table of what each event posts.

| event | entries, debit → credit |
|---|---|
| invoice.issued | receivable → deferred_revenue per line (revenue if the service is given), → tax_payable per tax |
| invoice.voided | the same, swapped; what was recognised by then comes out of revenue |
| credit_note.issued | as invoice.voided, per line; then receivable → customer_balance and → refunds_in_transit |
| credit_note.voided | the same, swapped; what would have been earned since is revenue at once |
| revenue.recognised | deferred_revenue → revenue, per line |
| payment.booked | cash or bank → receivable |
| payment.overpaid | cash or bank → customer_balance |
| payment.unmatched | cash or bank → unmatched_money |
| payment.matched | unmatched_money → receivable |
| payment.matched_to_balance | unmatched_money → customer_balance |
| payment.fee_charged | gateway_fees → cash or bank |
| payment.reversed | receivable → cash or bank, for what its invoices got |
| payment.surplus_reversed | customer_balance → cash or bank, for what of its surplus is still there |
| payment.surplus_lost | receivable → cash or bank, for what of its surplus is neither there nor on an invoice |
| payment.unmatched_reversed | unmatched_money → cash or bank |
| refund.approved | customer_balance → refunds_in_transit; what a credit note gives back is in transit already |
| refund.found | goodwill → refunds_in_transit, for what was given back without us |
| refund.succeeded | refunds_in_transit → cash or bank |
| refund.given_up | refunds_in_transit → customer_balance |
| balance.applied | customer_balance → receivable |
| balance.unapplied | receivable → customer_balance |
| invoice.written_off | bad_debt → receivable |
| invoice.recovered | receivable → bad_debt; what came in is posted as payment.booked |

A negative amount swaps debit and credit, nothing posts nothing. An entry balances because it is one amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.core.money import Money


class Account(StrEnum):
    RECEIVABLE = "receivable"
    CASH = "cash"
    BANK = "bank"
    CUSTOMER_BALANCE = "customer_balance"
    DEFERRED_REVENUE = "deferred_revenue"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    REFUNDS_IN_TRANSIT = "refunds_in_transit"
    UNMATCHED_MONEY = "unmatched_money"
    GATEWAY_FEES = "gateway_fees"
    BAD_DEBT = "bad_debt"
    GOODWILL = "goodwill"


ACCOUNTS = tuple(Account)


class JournalEvent(StrEnum):
    INVOICE_ISSUED = "invoice.issued"
    INVOICE_VOIDED = "invoice.voided"
    INVOICE_WRITTEN_OFF = "invoice.written_off"
    INVOICE_RECOVERED = "invoice.recovered"
    CREDIT_NOTE_ISSUED = "credit_note.issued"
    CREDIT_NOTE_VOIDED = "credit_note.voided"
    REVENUE_RECOGNISED = "revenue.recognised"
    PAYMENT_BOOKED = "payment.booked"
    PAYMENT_OVERPAID = "payment.overpaid"
    PAYMENT_UNMATCHED = "payment.unmatched"
    PAYMENT_MATCHED = "payment.matched"
    PAYMENT_MATCHED_TO_BALANCE = "payment.matched_to_balance"
    PAYMENT_FEE_CHARGED = "payment.fee_charged"
    PAYMENT_REVERSED = "payment.reversed"
    PAYMENT_SURPLUS_REVERSED = "payment.surplus_reversed"
    PAYMENT_SURPLUS_LOST = "payment.surplus_lost"
    PAYMENT_UNMATCHED_REVERSED = "payment.unmatched_reversed"
    REFUND_APPROVED = "refund.approved"
    REFUND_FOUND = "refund.found"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_GIVEN_UP = "refund.given_up"
    BALANCE_APPLIED = "balance.applied"
    BALANCE_UNAPPLIED = "balance.unapplied"


_A, _E = Account, JournalEvent
_PLACE = None  # where the money is: the cash of a gateway account, or a bank account

POSTINGS: dict[JournalEvent, tuple[Account | None, Account | None]] = {
    _E.PAYMENT_BOOKED: (_PLACE, _A.RECEIVABLE),
    _E.PAYMENT_OVERPAID: (_PLACE, _A.CUSTOMER_BALANCE),
    _E.PAYMENT_UNMATCHED: (_PLACE, _A.UNMATCHED_MONEY),
    _E.PAYMENT_MATCHED: (_A.UNMATCHED_MONEY, _A.RECEIVABLE),
    _E.PAYMENT_MATCHED_TO_BALANCE: (_A.UNMATCHED_MONEY, _A.CUSTOMER_BALANCE),
    _E.PAYMENT_FEE_CHARGED: (_A.GATEWAY_FEES, _PLACE),
    _E.PAYMENT_REVERSED: (_A.RECEIVABLE, _PLACE),
    _E.PAYMENT_SURPLUS_REVERSED: (_A.CUSTOMER_BALANCE, _PLACE),
    _E.PAYMENT_SURPLUS_LOST: (_A.RECEIVABLE, _PLACE),
    _E.PAYMENT_UNMATCHED_REVERSED: (_A.UNMATCHED_MONEY, _PLACE),
    _E.REFUND_APPROVED: (_A.CUSTOMER_BALANCE, _A.REFUNDS_IN_TRANSIT),
    _E.REFUND_FOUND: (_A.GOODWILL, _A.REFUNDS_IN_TRANSIT),
    _E.REFUND_SUCCEEDED: (_A.REFUNDS_IN_TRANSIT, _PLACE),
    _E.REFUND_GIVEN_UP: (_A.REFUNDS_IN_TRANSIT, _A.CUSTOMER_BALANCE),
    _E.BALANCE_APPLIED: (_A.CUSTOMER_BALANCE, _A.RECEIVABLE),
    _E.BALANCE_UNAPPLIED: (_A.RECEIVABLE, _A.CUSTOMER_BALANCE),
    _E.INVOICE_WRITTEN_OFF: (_A.BAD_DEBT, _A.RECEIVABLE),
    _E.INVOICE_RECOVERED: (_A.RECEIVABLE, _A.BAD_DEBT),
}


@dataclass(frozen=True, slots=True)
class MoneyPlace:
    """Which cash (of a gateway account) or which bank account."""

    account: Account
    name: str

    def __post_init__(self) -> None:
        if self.account not in (Account.CASH, Account.BANK) or not self.name:
            raise ValueError("Money lies in cash or in a bank, and somewhere in particular.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One positive amount from `debit` to `credit`; `money_place` exactly when one of them is cash or bank."""

    event: JournalEvent
    debit: Account
    credit: Account
    amount: Money
    money_place: str | None = None
    line_id: int | None = None

    def __post_init__(self) -> None:
        if not self.amount.is_positive or self.debit is self.credit:
            raise ValueError("An entry moves something from one account to another.")
        if (self.money_place is None) == bool({self.debit, self.credit} & {Account.CASH, Account.BANK}):
            raise ValueError("An entry names a place exactly when it moves money.")


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A line of an invoice or credit note as the journal sees it.

    `deferred` is how much of a line without tax still waits to be recognised: None for all of it, zero where the
    service was given before the bill.
    """

    line_id: int
    amount: Money
    is_tax: bool = False
    deferred: Money | None = None


def entries(event: JournalEvent, amount: Money, place: MoneyPlace | None = None) -> list[Entry]:
    """What an event that moves one amount posts; `place` where its row of the table says cash or bank."""
    debit, credit = POSTINGS[event]
    moves_money = debit is _PLACE or credit is _PLACE
    if moves_money != (place is not None):
        raise ValueError(f"{event} {'needs' if moves_money else 'has no'} place of money.")
    if place is None:
        return list(_moved(event, debit, credit, amount))
    return list(_moved(event, debit or place.account, credit or place.account, amount, money_place=place.name))


def issued(lines: Sequence[PostedLine]) -> list[Entry]:
    """What an invoice posts when it is issued, line by line."""
    return [
        entry
        for line in lines
        for account, part in _accounts(line)
        for entry in _moved(_E.INVOICE_ISSUED, _A.RECEIVABLE, account, part, line_id=line.line_id)
    ]


def voided(lines: Sequence[PostedLine]) -> list[Entry]:
    """What an invoice posts when it is voided."""
    return _taken_back(_E.INVOICE_VOIDED, lines)


def credited(lines: Sequence[PostedLine], *, to_balance: Money, to_refund: Money) -> list[Entry]:
    """What a credit note posts when it is issued. `amount` of its lines is what they credit, so mostly positive."""
    return [
        *_taken_back(_E.CREDIT_NOTE_ISSUED, lines),
        *_moved(_E.CREDIT_NOTE_ISSUED, _A.RECEIVABLE, _A.CUSTOMER_BALANCE, to_balance),
        *_moved(_E.CREDIT_NOTE_ISSUED, _A.RECEIVABLE, _A.REFUNDS_IN_TRANSIT, to_refund),
    ]


def uncredited(entry: Entry, *, as_revenue: bool) -> Entry:
    """An entry of a credit note turned round; `as_revenue`: what would wait to be earned is revenue now."""
    debit, credit = (
        _A.REVENUE if as_revenue and account is _A.DEFERRED_REVENUE else account
        for account in (entry.credit, entry.debit)
    )
    return Entry(_E.CREDIT_NOTE_VOIDED, debit, credit, entry.amount, entry.money_place, entry.line_id)


def recognised(line_id: int, amount: Money) -> list[Entry]:
    """What is posted when the service of one line and month has been given."""
    return list(_moved(_E.REVENUE_RECOGNISED, _A.DEFERRED_REVENUE, _A.REVENUE, amount, line_id=line_id))


def _taken_back(event: JournalEvent, lines: Sequence[PostedLine]) -> list[Entry]:
    return [
        entry
        for line in lines
        for account, part in _accounts(line)
        for entry in _moved(event, account, _A.RECEIVABLE, part, line_id=line.line_id)
    ]


def _accounts(line: PostedLine) -> Iterator[tuple[Account, Money]]:
    """The accounts a line belongs to, the unrecognised part first."""
    if line.is_tax:
        yield _A.TAX_PAYABLE, line.amount
        return
    waiting = abs(line.amount) if line.deferred is None else min(abs(line.amount), abs(line.deferred))
    deferred = -waiting if line.amount.is_negative else waiting
    yield _A.DEFERRED_REVENUE, deferred
    yield _A.REVENUE, line.amount - deferred


def _moved(
    event: JournalEvent,
    debit: Account | None,
    credit: Account | None,
    amount: Money,
    *,
    money_place: str | None = None,
    line_id: int | None = None,
) -> Iterator[Entry]:
    if amount.is_zero or debit is None or credit is None:
        return
    if amount.is_negative:
        debit, credit = credit, debit
    yield Entry(event, debit, credit, abs(amount), money_place, line_id)
