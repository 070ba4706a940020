from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.dunning.policy import (
    SOFT_DECLINE,
    Climb,
    Ladder,
    Stage,
    may_try,
    next_reminder_at,
    next_step_at,
    stage_due,
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
    assert next_step_at([Climb(FAILED, (1,), 2)], 6, "Africa/Lagos") is None


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


@pytest.mark.parametrize(("stepped_on", "on"), [(None, 15), (14, 15), (13, 15), (35, 36)])
def test_what_follows_the_ladder_comes_a_day_after_its_last_mail(stepped_on, on):
    last = FAILED + timedelta(days=stepped_on) if stepped_on else None
    used_up = Climb(FAILED, LADDER.pull_days, 5, last, 30)
    assert used_up.ends_on == used_up.waits_until == FAILED + timedelta(days=on)
    assert stage_due(used_up, used_up.ends_on) == (Stage.LAST, 6)
    assert stage_due(used_up, used_up.ends_on - timedelta(days=1)) is None


@pytest.mark.parametrize(("after", "on"), [(30, date(2026, 3, 17)), (5, date(2026, 2, 20)), (None, None)])
def test_a_suspended_subscription_is_given_up_by_policy(after, on):
    over = Climb(FAILED, LADDER.pull_days, 6, date(2026, 2, 15), after)
    assert over.is_over
    assert over.waits_until == over.gives_up_on == on
    assert stage_due(over, date(2027, 1, 1)) == (on and (Stage.GIVE_UP, 7))
    assert Climb(FAILED, LADDER.pull_days, 7, date(2026, 3, 17), after).waits_until is None


def test_of_several_steps_missed_only_the_last_is_acted_on():
    assert stage_due(Climb(FAILED, LADDER.pull_days, 1), FAILED + timedelta(days=8)) == (Stage.STEP, 4)
    assert stage_due(Climb(FAILED, LADDER.pull_days, 1), FAILED + timedelta(days=400)) == (Stage.STEP, 5)
    assert stage_due(Climb(FAILED, LADDER.pull_days, 1), FAILED + timedelta(days=1)) is None


def test_a_ladder_without_steps_ends_the_day_after_it_began():
    assert stage_due(Climb(FAILED, ()), FAILED) is None
    assert stage_due(Climb(FAILED, ()), FAILED + timedelta(days=1)) == (Stage.LAST, 1)


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
