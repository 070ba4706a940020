from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.days import midnight
from portal.subscriptions.entitlements import Access, access
from portal.subscriptions.schedule import Timetable
from portal.subscriptions.states import SubscriptionStatus as S

ACTIVE = Timetable(status=S.ACTIVE, zone="Asia/Jakarta", period_end_on=date(2026, 4, 1))
NOON = datetime(2026, 4, 10, 12, tzinfo=UTC)
BEFORE, TODAY, AFTER = date(2026, 4, 9), date(2026, 4, 10), date(2026, 4, 11)
days = some.none() | some.dates(date(2026, 3, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, Access.GRANTED),  # its period is over, the run is late: not the customer's fault
        ({"status": S.TRIALING, "trial_ends_on": AFTER}, Access.GRANTED),
        ({"status": S.TRIALING, "trial_ends_on": TODAY}, Access.GRACE),
        ({"status": S.PAST_DUE}, Access.GRACE),
        ({"status": S.PENDING}, Access.WITHHELD),
        ({"status": S.DRAFT}, Access.WITHHELD),
        ({"status": S.SUSPENDED}, Access.WITHHELD),
        ({"status": S.PAUSED}, Access.WITHHELD),
        ({"status": S.PAUSED, "resume_on": AFTER}, Access.WITHHELD),
        ({"status": S.PAUSED, "resume_on": TODAY}, Access.GRANTED),
        ({"status": S.CANCELED}, Access.WITHHELD),
        ({"status": S.EXPIRED}, Access.WITHHELD),
        ({"cancel_on": AFTER}, Access.GRANTED),
        ({"cancel_on": TODAY}, Access.WITHHELD),
        ({"pause_on": TODAY}, Access.WITHHELD),
        ({"status": S.PAST_DUE, "pause_on": TODAY}, Access.GRACE),
    ],
)
def test_access_follows_from_status_and_dates(changes, answer):
    assert access(replace(ACTIVE, **changes), NOON) is answer


@pytest.mark.parametrize(("until", "answer"), [(AFTER, Access.GRANTED), (TODAY, Access.WITHHELD)])
def test_an_override_lasts_until_its_day_begins(until, answer):
    assert access(replace(ACTIVE, status=S.SUSPENDED), NOON, until) is answer


@given(some.sampled_from(list(S)), days, days, some.integers(0, 60))
def test_a_cancellation_is_never_undone_by_waiting(status, cancel_on, pause_on, passed):
    timetable = replace(ACTIVE, status=status, cancel_on=cancel_on, pause_on=pause_on)
    if access(timetable, NOON) is Access.WITHHELD:
        assert access(timetable, NOON + timedelta(days=passed)) is Access.WITHHELD


@given(some.sampled_from([S.ACTIVE, S.TRIALING, S.PAST_DUE]), some.dates(date(2026, 3, 1), date(2026, 5, 31)))
def test_access_ends_at_the_first_instant_of_the_day_it_is_canceled(status, on):
    timetable = replace(ACTIVE, status=status, cancel_on=on)
    ends = midnight(on, timetable.zone)
    assert access(timetable, ends) is Access.WITHHELD
    assert access(timetable, ends - timedelta(seconds=1)) is not Access.WITHHELD
