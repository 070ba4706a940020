from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.money import Money
from portal.payments.allocation import Debt, Share, balance_to_spend, settlement, to_collect


def naira(minor):
    return Money(minor, "NGN")


MARCH, APRIL, MAY = (
    Debt(3, date(2026, 3, 1), naira(300)),
    Debt(2, date(2026, 4, 1), naira(500)),
    Debt(1, date(2026, 5, 1), naira(200)),
)
amounts = some.builds(naira, some.integers(0, 10**9))
debts = some.lists(
    some.builds(Debt, some.integers(1, 99), some.dates(date(2026, 1, 1), date(2026, 12, 31)), amounts),
    max_size=8,
    unique_by=lambda debt: debt.invoice_id,
)


@pytest.mark.parametrize(
    ("received", "first", "shares", "rest"),
    [
        (0, None, [], 0),
        (300, None, [(3, 300)], 0),
        (400, None, [(3, 300), (2, 100)], 0),
        (400, 1, [(1, 200), (3, 200)], 0),
        (1_000, None, [(3, 300), (2, 500), (1, 200)], 0),
        (1_250, 2, [(2, 500), (3, 300), (1, 200)], 250),
        (400, 99, [(3, 300), (2, 100)], 0),
    ],
)
def test_money_pays_what_it_was_sent_for_then_the_oldest(received, first, shares, rest):
    found = settlement(naira(received), [MAY, APRIL, MARCH], first=first)
    assert found.shares == tuple(Share(invoice_id, naira(minor)) for invoice_id, minor in shares)
    assert found.rest == naira(rest)


@pytest.mark.parametrize(
    ("balance", "owed", "minimum", "spent", "collected"),
    [
        (0, 1_000, 100, 0, 1_000),
        (400, 1_000, 100, 400, 600),
        (950, 1_000, 100, 900, 100),  # what remains is never below the minimum
        (1_000, 1_000, 100, 1_000, 0),
        (5_000, 1_000, 100, 1_000, 0),
        (50, 80, 100, 0, 100),  # below the minimum from the start: that is collected, the rest is kept
        (80, 80, 100, 80, 0),
        (50, 100, 100, 0, 100),
        (400, 1_000, 0, 400, 600),
        (400, 0, 100, 0, 0),
    ],
)
def test_how_much_of_a_balance_is_spent(balance, owed, minimum, spent, collected):
    used = balance_to_spend(naira(balance), naira(owed), naira(minimum))
    assert used == naira(spent)
    assert to_collect(naira(owed) - used, naira(minimum)) == naira(collected)


@given(amounts, debts, some.none() | some.integers(1, 99))
def test_no_money_is_made_or_lost(received, owed, first):
    found = settlement(received, owed, first=first)
    assert Money.total((share.amount for share in found.shares), "NGN") + found.rest == received


@given(amounts, debts, some.none() | some.integers(1, 99))
def test_no_invoice_gets_more_than_is_open_and_none_gets_nothing(received, owed, first):
    is_open = {debt.invoice_id: debt.open for debt in owed}
    found = settlement(received, owed, first=first)
    assert all(naira(0) < share.amount <= is_open[share.invoice_id] for share in found.shares)


@given(amounts, debts)
def test_nothing_is_left_over_while_something_is_open(received, owed):
    found = settlement(received, owed)
    paid = Money.total((share.amount for share in found.shares), "NGN")
    assert found.rest.is_zero or paid == Money.total((debt.open for debt in owed), "NGN")


@given(amounts, amounts, some.builds(naira, some.integers(0, 10_000)))
def test_what_remains_after_spending_can_be_collected(balance, owed, minimum):
    spent = balance_to_spend(balance, owed, minimum)
    assert naira(0) <= spent <= min(balance, owed)
    remains = owed - spent
    assert remains.is_zero or remains >= minimum or spent.is_zero


@given(amounts, amounts, some.builds(naira, some.integers(0, 10_000)))
def test_no_more_of_the_balance_could_have_been_spent(balance, owed, minimum):
    spent = balance_to_spend(balance, owed, minimum)
    more = spent + naira(1)
    assert more > balance or more > owed or owed - more < minimum
