from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.days import midnight
from portal.core.periods import Interval, Period, Unit
from portal.subscriptions.schedule import (
    CLOCKED,
    Due,
    Step,
    Timetable,
    due_step,
    first_turn,
    next_action,
    next_bill_on,
    next_due,
    turn_after,
    turn_on,
    turns_missed,
)
from portal.subscriptions.states import SubscriptionStatus as S

LAGOS, MONTHLY = "Africa/Lagos", Interval(Unit.MONTH)
MAR, APR, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
ACTIVE = Timetable(status=S.ACTIVE, zone=LAGOS, period_end_on=APR)
maybe_days = some.none() | some.dates(date(2026, 1, 1), date(2026, 12, 31))
timetables = some.builds(
    Timetable,
    status=some.sampled_from(list(S)),
    zone=some.sampled_from(["UTC", LAGOS, "Asia/Jakarta", "America/New_York"]),
    **dict.fromkeys(
        ("start_on", "period_end_on", "trial_ends_on", "cancel_on", "pause_on", "resume_on", "change_on"), maybe_days
    ),
)
moments = some.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("changes", "step", "on"),
    [
        ({}, Step.RENEW, APR),
        ({"cancel_on": APR}, Step.CANCEL, APR),
        ({"cancel_on": MAY}, Step.RENEW, APR),
        ({"pause_on": APR, "change_on": APR}, Step.PAUSE, APR),
        ({"change_on": APR}, Step.CHANGE, APR),
        ({"cancel_on": APR, "pause_on": APR, "change_on": APR}, Step.CANCEL, APR),
        ({"status": S.PAST_DUE, "pause_on": MAR}, Step.RENEW, APR),
        ({"status": S.TRIALING, "trial_ends_on": MAR}, Step.TRIAL_END, MAR),
        ({"status": S.TRIALING, "trial_ends_on": MAR, "cancel_on": MAR}, Step.CANCEL, MAR),
        ({"status": S.PENDING, "start_on": MAR}, Step.START, MAR),
        ({"status": S.PAUSED, "resume_on": MAY}, Step.RESUME, MAY),
        ({"status": S.PAUSED, "resume_on": MAY, "cancel_on": APR}, Step.CANCEL, APR),
        ({"status": S.SUSPENDED, "cancel_on": MAY}, Step.CANCEL, MAY),
    ],
)
def test_what_comes_next(changes, step, on):
    assert next_due(replace(ACTIVE, **changes)) == Due(step, on)


@pytest.mark.parametrize("status", [S.DRAFT, S.PENDING, S.SUSPENDED, S.PAUSED, S.CANCELED, S.EXPIRED])
def test_what_waits_for_a_deed_has_no_next_action(status):
    assert next_action(replace(ACTIVE, status=status)) is None


def test_the_next_action_is_the_local_midnight():
    assert next_action(ACTIVE) == datetime(2026, 3, 31, 23, tzinfo=UTC)


def test_missed_days_are_taken_in_their_order():
    late = replace(ACTIVE, period_end_on=MAR, cancel_on=APR)
    at = datetime(2026, 4, 15, tzinfo=UTC)
    assert due_step(late, at) == Due(Step.RENEW, MAR)
    assert due_step(replace(late, period_end_on=APR), at) == Due(Step.CANCEL, APR)


def test_nothing_is_due_a_moment_before_midnight():
    first = midnight(APR, LAGOS)
    assert due_step(ACTIVE, first - timedelta(microseconds=1)) is None
    assert due_step(ACTIVE, first) == Due(Step.RENEW, APR)


@pytest.mark.parametrize(
    ("changes", "bill_on"),
    [
        ({}, APR),
        ({"cancel_on": APR}, None),
        ({"cancel_on": MAY}, APR),
        ({"pause_on": APR}, None),
        ({"status": S.PAST_DUE}, APR),
        ({"status": S.TRIALING, "trial_ends_on": MAY}, MAY),
        ({"status": S.PENDING, "start_on": MAR}, MAR),
        ({"status": S.PAUSED, "resume_on": MAY, "pause_on": MAR}, MAY),
        ({"status": S.SUSPENDED}, None),
        ({"status": S.CANCELED}, None),
    ],
)
def test_the_next_bill_is_shown_only_if_it_will_come(changes, bill_on):
    assert next_bill_on(replace(ACTIVE, **changes)) == bill_on


def test_a_turn_counts_from_the_anchor():
    anchor = date(2026, 1, 31)
    assert first_turn(anchor, MONTHLY).period == Period(anchor, date(2026, 2, 28))
    assert turn_after(anchor, MONTHLY, 0).period == Period(date(2026, 2, 28), date(2026, 3, 31))
    assert turn_on(anchor, MONTHLY, date(2026, 3, 30)).number == 1


def test_each_missed_period_is_billed_by_itself():
    missed = turns_missed(date(2026, 1, 31), MONTHLY, 0, date(2026, 4, 30))
    assert [turn.number for turn in missed] == [1, 2, 3]
    assert missed[-1].period == Period(date(2026, 4, 30), date(2026, 5, 31))
    assert turns_missed(date(2026, 1, 31), MONTHLY, 0, date(2026, 2, 27)) == []


@given(timetables)
def test_the_clock_waits_for_a_step_of_the_status(timetable):
    due = next_due(timetable)
    assert due is None or due.step in CLOCKED[timetable.status]


@given(timetables, moments)
def test_a_step_is_due_exactly_when_its_time_has_come(timetable, at):
    when = next_action(timetable)
    assert (due_step(timetable, at) is not None) is (when is not None and when <= at)


@given(timetables, some.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_scheduling_a_cancellation_never_puts_the_next_action_off(timetable, on):
    before, after = next_action(timetable), next_action(replace(timetable, cancel_on=on))
    if timetable.cancel_on is None and before is not None:
        assert after is not None
        assert after <= before
