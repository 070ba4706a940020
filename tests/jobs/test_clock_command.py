"""`flask portal clock` shows and moves business time, or says in one sentence why not."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import update

from jobs.clockwork import drive
from jobs.scheduler import Scheduler
from portal.core.business import VirtualClock, beat
from portal.core.clock import wall
from tests.jobs.pretend import RELAY


@pytest.fixture
def portal(app):
    return lambda *words: app.test_cli_runner().invoke(args=["portal", "clock", *words])


def test_it_shows_the_time_and_whether_it_stands(noon, portal):
    assert portal().output == "2027-03-10T12:00:00+00:00  stands still\n"


def test_it_waits_until_the_clock_is_there(session, noon, crew, app, portal):
    beat(session, "scheduler", wall_at=wall(), at=noon)
    session.commit()
    stop = Event()

    def keep_driving():
        with app.app_context():
            while not stop.wait(0.05):
                drive(Scheduler(RELAY, ()), stop)

    driver = Thread(target=keep_driving)
    driver.start()
    told = portal("--advance", "3d")
    stop.set()
    driver.join()

    assert told.exit_code == 0
    assert "2027-03-13T12:00:00+00:00  stands still" in told.output


def test_without_a_scheduler_it_says_so_and_does_not_wait(noon, portal):
    told = portal("--to", "2027-04-01")

    assert told.exit_code == 1
    assert "No scheduler is running" in told.output


def test_asked_not_to_wait_it_names_the_target(noon, portal):
    told = portal("--freeze", "2027-04-01T06:00:00+01:00", "--no-wait")

    assert told.output == "2027-03-10T12:00:00+00:00  stands still, on its way to 2027-04-01T05:00:00+00:00\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", "2026-01-01"], "forward only"),
        (["--to", "tomorrow"], "is not an instant"),
        (["--advance", "1 month"], "takes a number and h, d or w"),
        (["--advance", "99999w"], "ten years"),
        (["--advance", "1d", "--run"], "Only one of"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(noon, portal, words, sentence):
    told = portal(*words)

    assert told.exit_code != 0
    assert sentence in told.output
    assert "Traceback" not in told.output


def test_a_standing_clock_runs_again_from_where_it_stood(session, noon, portal):
    told = portal("--run")

    assert told.output.startswith("2027-03-10T12:00:0")
    assert "runs" in told.output
    session.execute(update(VirtualClock).values(shift_seconds=int(timedelta(days=1).total_seconds())))
    session.commit()
    assert "runs 1 day, 0:00:00 ahead" in portal().output
