import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.credits.allocation import CreditMove, CreditReason, CreditTurn, turn

units = some.integers(0, 10**6)
GRANT, DISCARD = CreditReason.GRANT, CreditReason.DISCARD


@pytest.mark.parametrize(
    ("balance", "granted", "how", "is_late", "moves"),
    [
        (30, 100, CreditTurn.RESETS, False, [(DISCARD, -30, 0), (GRANT, 100, 100)]),
        (0, 100, CreditTurn.RESETS, False, [(GRANT, 100, 100)]),
        (30, 100, CreditTurn.ACCUMULATES, False, [(GRANT, 100, 130)]),
        (30, 100, CreditTurn.RESETS, True, []),
        (30, 100, CreditTurn.ACCUMULATES, True, [(GRANT, 100, 130)]),
    ],
)
def test_the_turn_of_a_period(balance, granted, how, is_late, moves):
    assert turn(balance, granted, how, is_late=is_late) == [CreditMove(*move) for move in moves]


def test_units_are_never_negative():
    for balance, granted in ((-1, 5), (5, -1)):
        with pytest.raises(ValueError, match="negative"):
            turn(balance, granted, CreditTurn.RESETS, is_late=False)


@given(units, units, some.sampled_from(list(CreditTurn)), some.booleans())
def test_each_move_leaves_the_sum_of_what_was_and_what_came(balance, granted, how, is_late):
    for move in turn(balance, granted, how, is_late=is_late):
        balance += move.units
        assert move.units_after == balance >= 0


@given(units, units, units)
def test_resetting_twice_leaves_one_grant(balance, first, second):
    after_first = turn(balance, first, CreditTurn.RESETS, is_late=False)[-1].units_after
    assert turn(after_first, second, CreditTurn.RESETS, is_late=False)[-1].units_after == second


@given(units, some.lists(units, min_size=1, max_size=6), some.randoms())
def test_accumulating_does_not_mind_the_order_of_settlement(balance, grants, shuffled):
    left = balance
    for granted in shuffled.sample(grants, len(grants)):
        left = turn(left, granted, CreditTurn.ACCUMULATES, is_late=True)[-1].units_after
    assert left == balance + sum(grants)
