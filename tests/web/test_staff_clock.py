"""The time machine: sent forward by staff of a test installation, refused everywhere else, with the reason."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from portal.core.business import VirtualClock
from portal.core.settings import install
from portal.core.tasks import open_task
from portal.payments.models import GatewayAccount
from tests.factories import NOON
from tests.people import make_user
from tests.web.account_world import HTMX, counted_queries

CLOCK = "/billing/clock"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    reader.enter(session, make_user(session, "super_admin"))
    return reader


def target(session) -> datetime | None:
    session.expire_all()
    return session.scalar(select(VirtualClock.target_at))


@pytest.mark.parametrize(
    ("fields", "to"),
    [({"by": "day"}, datetime(2026, 3, 11, 12, tzinfo=UTC)), ({"by": "week"}, datetime(2026, 3, 17, 12, tzinfo=UTC)),
     ({"by": "month"}, datetime(2026, 4, 10, 12, tzinfo=UTC)),
     ({"by": "date", "to": "2026-05-01"}, datetime(2026, 4, 30, 23, tzinfo=UTC))],
)  # fmt: skip
def test_the_clock_is_sent_forward(session, staff, fields, to):
    answer = staff.post(CLOCK, **fields)
    assert answer.status_code == 303
    assert target(session) == to
    page = staff.get(answer.location).text
    assert "On its way to" in page
    assert 'hx-trigger="every 1s"' in page
    assert 'http-equiv="refresh"' in page
    assert "A later target can be set when it has arrived" in page


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"by": "date", "to": "2026-03-01"}, 409), ({"by": "date", "to": "2099-03-01"}, 422), ({"by": "year"}, 422),
     ({"by": "date", "to": "x"}, 422), ({"by": "day", "at": "1"}, 422), ({}, 422),
     ({"by": "day", "form_key": ""}, 422)],
)  # fmt: skip
def test_it_never_goes_back_nor_anywhere_unclear(session, staff, fields, status):
    assert staff.post(CLOCK, **fields).status_code == status
    assert target(session) is None


def test_it_is_let_run_and_let_stand(session, staff):
    assert staff.post(f"{CLOCK}/stand", seen=CLOCK, stands="no").status_code == 303
    assert "The clock runs" in staff.get(CLOCK).text
    assert staff.post(f"{CLOCK}/stand", seen=CLOCK, stands="yes").status_code == 303
    assert "The clock stands" in staff.get(CLOCK).text
    assert staff.post(f"{CLOCK}/stand", seen=CLOCK, stands="maybe").status_code == 422


def test_where_bills_are_real_the_page_says_why_it_stays(app, session, staff, settings):
    real = replace(settings, test_mode=False)
    app.extensions["settings"] = real
    install(real)
    try:
        page = staff.get(CLOCK).text
        assert "This installation bills for real" in page
        assert "One week" not in page
        answer = staff.post(CLOCK, by="day")
        assert answer.status_code == 409
        assert "TEST_MODE" in answer.text
    finally:
        app.extensions["settings"] = settings
        install(settings)
    assert target(session) is None


def test_a_live_account_keeps_the_clock(session, staff, make):
    make.account()
    session.execute(update(GatewayAccount).values(mode="live"))
    session.commit()
    assert "A live account of Paystack is enabled" in staff.get(CLOCK).text
    assert staff.post(CLOCK, by="day").status_code == 409


def test_a_journey_that_was_broken_off_shows_what_stays_due(session, staff):
    open_task(session, "clock_stuck", "clock", at=NOON, rows=["renew_due: billing_runs 7"])
    session.commit()
    assert "renew_due: billing_runs 7" in staff.get(CLOCK).text


def test_the_page_is_small_and_htmx_gets_the_clock_alone(staff):
    with counted_queries() as asked:
        staff.get(CLOCK)
    assert len(asked) <= 3
    assert staff.client.get(CLOCK, headers=HTMX).text.strip().startswith('<div id="clock"')


def test_others_see_the_clock_and_leave_it(session, reader, travel):
    travel(NOON)
    reader.enter(session, make_user(session, "billing"))
    assert "Only those who operate the house" in reader.get(CLOCK).text
    assert reader.post(CLOCK, by="day").status_code == 403
    assert reader.post(f"{CLOCK}/stand", seen=CLOCK, stands="no").status_code == 403
