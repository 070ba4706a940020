from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.journal import accounts
from portal.journal.accounts import (
    ACCOUNTS,
    POSTINGS,
    Account,
    Entry,
    JournalEvent,
    MoneyPlace,
    PostedLine,
    credited,
    entries,
    issued,
    recognised,
    voided,
)

A, E = Account, JournalEvent
PAYSTACK = MoneyPlace(A.CASH, "paystack/test")


def naira(minor):
    return Money(minor, "NGN")


lines = some.lists(
    some.builds(
        PostedLine,
        some.integers(1, 99),
        some.builds(naira, some.integers(-(10**6), 10**6)),
        some.booleans(),
        some.none() | some.builds(naira, some.integers(0, 10**6)),
    ),
    max_size=6,
)


def pairs(posted):
    return [(entry.debit, entry.credit, entry.amount.minor) for entry in posted]


def balances(posted):
    """What each account holds, debits positive."""
    sums = Counter()
    for entry in posted:
        sums[entry.debit] += entry.amount.minor
        sums[entry.credit] -= entry.amount.minor
    return {account: minor for account, minor in sums.items() if minor}


@pytest.mark.parametrize(
    ("event", "place", "debit", "credit"),
    [
        (E.PAYMENT_BOOKED, PAYSTACK, A.CASH, A.RECEIVABLE),
        (E.PAYMENT_BOOKED, MoneyPlace(A.BANK, "gtb"), A.BANK, A.RECEIVABLE),
        (E.PAYMENT_OVERPAID, PAYSTACK, A.CASH, A.CUSTOMER_BALANCE),
        (E.PAYMENT_UNMATCHED, PAYSTACK, A.CASH, A.UNMATCHED_MONEY),
        (E.PAYMENT_MATCHED, None, A.UNMATCHED_MONEY, A.RECEIVABLE),
        (E.PAYMENT_MATCHED_TO_BALANCE, None, A.UNMATCHED_MONEY, A.CUSTOMER_BALANCE),
        (E.PAYMENT_FEE_CHARGED, PAYSTACK, A.GATEWAY_FEES, A.CASH),
        (E.PAYMENT_REVERSED, PAYSTACK, A.RECEIVABLE, A.CASH),
        (E.PAYMENT_SURPLUS_REVERSED, PAYSTACK, A.CUSTOMER_BALANCE, A.CASH),
        (E.PAYMENT_SURPLUS_LOST, PAYSTACK, A.RECEIVABLE, A.CASH),
        (E.PAYMENT_UNMATCHED_REVERSED, PAYSTACK, A.UNMATCHED_MONEY, A.CASH),
        (E.BALANCE_APPLIED, None, A.CUSTOMER_BALANCE, A.RECEIVABLE),
        (E.BALANCE_UNAPPLIED, None, A.RECEIVABLE, A.CUSTOMER_BALANCE),
        (E.INVOICE_WRITTEN_OFF, None, A.BAD_DEBT, A.RECEIVABLE),
        (E.INVOICE_RECOVERED, None, A.RECEIVABLE, A.BAD_DEBT),
    ],
)
def test_what_an_event_of_one_amount_posts(event, place, debit, credit):
    assert entries(event, naira(500), place) == [Entry(event, debit, credit, naira(500), place and place.name)]
    assert entries(event, naira(0), place) == []


def test_an_issued_invoice_is_posted_line_by_line():
    posted = issued(
        [
            PostedLine(1, naira(1_000)),
            PostedLine(2, naira(75), is_tax=True),
            PostedLine(3, naira(-400)),
            PostedLine(4, naira(-30), is_tax=True),
            PostedLine(5, naira(90), deferred=naira(0)),
            PostedLine(6, naira(0)),
        ]
    )
    assert pairs(posted) == [
        (A.RECEIVABLE, A.DEFERRED_REVENUE, 1_000),
        (A.RECEIVABLE, A.TAX_PAYABLE, 75),
        (A.DEFERRED_REVENUE, A.RECEIVABLE, 400),
        (A.TAX_PAYABLE, A.RECEIVABLE, 30),
        (A.RECEIVABLE, A.REVENUE, 90),
    ]
    assert [entry.line_id for entry in posted] == [1, 2, 3, 4, 5]


def test_voiding_takes_back_what_was_earned_meanwhile():
    posted = voided([PostedLine(1, naira(1_000), deferred=naira(600)), PostedLine(2, naira(75), is_tax=True)])
    assert pairs(posted) == [
        (A.DEFERRED_REVENUE, A.RECEIVABLE, 600),
        (A.REVENUE, A.RECEIVABLE, 400),
        (A.TAX_PAYABLE, A.RECEIVABLE, 75),
    ]


def test_a_credit_note_goes_to_the_balance():
    lines = [PostedLine(1, naira(500), deferred=naira(2_000)), PostedLine(2, naira(38), is_tax=True)]
    posted = credited(lines, to_balance=naira(538), to_refund=naira(0))
    assert balances(posted) == {A.DEFERRED_REVENUE: 500, A.TAX_PAYABLE: 38, A.CUSTOMER_BALANCE: -538}


def test_revenue_is_recognised_per_line():
    assert pairs(recognised(7, naira(31))) == [(A.DEFERRED_REVENUE, A.REVENUE, 31)]
    assert pairs(recognised(7, naira(-31))) == [(A.REVENUE, A.DEFERRED_REVENUE, 31)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: entries(E.PAYMENT_BOOKED, naira(1)),
        lambda: entries(E.BALANCE_APPLIED, naira(1), PAYSTACK),
        lambda: MoneyPlace(A.REVENUE, "x"),
        lambda: MoneyPlace(A.CASH, ""),
        lambda: Entry(E.BALANCE_APPLIED, A.CUSTOMER_BALANCE, A.RECEIVABLE, naira(0)),
        lambda: Entry(E.BALANCE_APPLIED, A.RECEIVABLE, A.RECEIVABLE, naira(1)),
        lambda: Entry(E.PAYMENT_BOOKED, A.CASH, A.RECEIVABLE, naira(1)),
        lambda: Entry(E.BALANCE_APPLIED, A.CUSTOMER_BALANCE, A.RECEIVABLE, naira(1), "paystack/test"),
    ],
)
def test_an_impossible_entry_is_refused(wrong):
    with pytest.raises(ValueError, match=r"place|somewhere|moves"):
        wrong()


def test_the_table_at_the_top_names_every_event():
    assert [event for event in E if f"| {event} |" not in accounts.__doc__] == []
    by_lines = {E.INVOICE_ISSUED, E.INVOICE_VOIDED, E.CREDIT_NOTE_ISSUED, E.CREDIT_NOTE_VOIDED, E.REVENUE_RECOGNISED}
    assert set(POSTINGS) | by_lines == set(E)
    assert set(ACCOUNTS) == set(A)


@given(lines)
def test_the_books_always_balance(posted):
    assert sum(balances(issued(posted)).values()) == 0


@given(lines)
def test_issuing_and_voiding_leaves_nothing(posted):
    assert balances([*issued(posted), *voided(posted)]) == {}


@given(lines)
def test_an_invoice_is_owed_for_exactly_its_total(posted):
    owed = balances(issued(posted)).get(A.RECEIVABLE, 0)
    assert owed == sum(line.amount.minor for line in posted)
