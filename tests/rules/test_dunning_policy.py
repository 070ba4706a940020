from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.dunning.policy import (
    SOFT_DECLINE,
    Climb,
    Ladder,
    LastStep,
    gives_up_on,
    may_try,
    next_reminder_at,
    next_step_at,
    steps_due,
)
from portal.gateways.base import DeclineKind

FAILED = date(2026, 1, 31)
LADDER = Ladder()
ladders = some.lists(some.integers(1, 60), min_size=1, max_size=8, unique=True).map(sorted).map(tuple)


@pytest.mark.parametrize(
    ("taken", "on"),
    [(0, "2026-02-01"), (1, "2026-02-02"), (2, "2026-02-04"), (3, "2026-02-07"), (4, "2026-02-14"), (5, None)],
)
def test_retries_count_from_the_first_failure(taken, on):
    climb = Climb(FAILED, LADDER.pull_days, taken)
    assert climb.next_on == (on and date.fromisoformat(on))
    assert climb.is_used_up is (on is None)
    assert climb.last_on == date(2026, 2, 14)


def test_the_push_ladder_is_split_at_the_due_day():
    assert LADDER.reminder_days == (-3, 0)
    assert LADDER.overdue_days == (3, 7, 14)


@pytest.mark.parametrize(("passed", "due"), [(0, 0), (1, 1), (3, 2), (4, 3), (13, 4), (14, 5), (400, 5)])
def test_steps_that_have_come(passed, due):
    on = FAILED + timedelta(days=passed)
    assert steps_due(Climb(FAILED, LADDER.pull_days), on) == due
    assert steps_due(Climb(FAILED, LADDER.pull_days, taken=2), on) == max(due - 2, 0)


def test_a_case_acts_when_any_of_its_invoices_has_a_step():
    climbs = [Climb(FAILED, LADDER.pull_days, 4), Climb(date(2026, 2, 10), LADDER.pull_days, 0)]
    assert next_step_at(climbs, 6, "Africa/Lagos") == datetime(2026, 2, 11, 5, tzinfo=UTC)
    assert next_step_at([Climb(FAILED, (1,), 1)], 6, "Africa/Lagos") is None


@pytest.mark.parametrize(
    ("after", "at"),
    [
        (date(2026, 3, 1), datetime(2026, 3, 11, 23, tzinfo=UTC)),
        (date(2026, 3, 12), datetime(2026, 3, 14, 23, tzinfo=UTC)),
        (date(2026, 3, 15), None),
    ],
)
def test_reminders_up_to_the_due_day_belong_to_the_invoice(after, at):
    assert next_reminder_at(LADDER, date(2026, 3, 15), after, 6, "Asia/Jakarta") == at


@pytest.mark.parametrize(
    ("ladder", "on"),
    [
        (LADDER, date(2026, 3, 16)),
        (Ladder(cancel_after_days=5), date(2026, 2, 19)),
        (Ladder(last_step=LastStep.CANCEL), None),
        (Ladder(last_step=LastStep.KEEP_PAST_DUE), None),
    ],
)
def test_a_suspended_subscription_is_given_up_by_policy(ladder, on):
    assert gives_up_on(ladder, date(2026, 2, 14)) == on


@pytest.mark.parametrize("days", [(2, 1), (1, 1), (0, 1)])
def test_a_ladder_rises(days):
    with pytest.raises(ValueError, match=r"rise|day"):
        Ladder(pull_days=days)


@pytest.mark.parametrize(
    ("declines", "method", "answer"),
    [
        ([], 1, True),
        ([], None, False),
        ([(1, DeclineKind.RETRY_LATER)], 1, True),
        ([(1, DeclineKind.RETRY_LATER), (1, DeclineKind.NEW_METHOD_NEEDED)], 1, False),
        ([(1, DeclineKind.NEVER_RETRY)], 2, True),
        ([(1, DeclineKind.SUSPECTED_FRAUD)], 1, False),
    ],
)
def test_a_method_declined_for_good_is_not_tried_again(declines, method, answer):
    assert may_try(declines, method) is answer


def test_the_soft_decline_is_the_one_of_the_gateways():
    assert DeclineKind.RETRY_LATER == SOFT_DECLINE


@given(some.dates(date(2020, 1, 1), date(2060, 1, 1)), ladders, some.integers(0, 90))
def test_climbing_day_by_day_takes_every_step_once(began_on, days, passed):
    taken, acted_on = 0, []
    for distance in range(passed + 1):
        on = began_on + timedelta(days=distance)
        if steps_due(Climb(began_on, days, taken), on):
            taken, acted_on = taken + 1, [*acted_on, distance]
    assert acted_on == [day for day in days if day <= passed]


@given(some.dates(date(2020, 1, 1), date(2060, 1, 1)), ladders, some.integers(0, 8))
def test_the_next_step_never_comes_before_the_last_one_taken(began_on, days, taken):
    earlier, later = Climb(began_on, days, taken).next_on, Climb(began_on, days, taken + 1).next_on
    assert earlier is None or later is None or earlier < later
