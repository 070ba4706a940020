"""The scheduler's look: what is due is woken once, whatever is lost on the way."""

from datetime import timedelta

from sqlalchemy import func, select, update

from jobs.app import connection
from jobs.audit import seal_entries
from jobs.schedule import TICKS
from jobs.schedule import Tick as TickOf
from jobs.scheduler import Scheduler
from portal.core.business import READ_ONLY, Switch, Tick, claim_tick
from tests.jobs.pretend import RELAY

NOW, LATER = timedelta(0), timedelta(hours=5)


def test_a_row_that_is_due_wakes_its_work_once(noon, events, waiting_jobs):
    events(NOW, NOW, LATER)

    first, second = Scheduler(RELAY, ()).dispatch(), Scheduler(RELAY, ()).dispatch()

    assert [row.work for row in first.due] == ["relay_rows"]
    assert [row.work for row in second.due] == ["relay_rows"]
    assert waiting_jobs("messages") == 1


def test_what_is_not_due_wakes_nobody_and_names_the_next_time(noon, events, waiting_jobs):
    events(LATER)

    look = Scheduler(RELAY, ()).dispatch()

    assert look.due == ()
    assert look.next_at == noon + LATER
    assert waiting_jobs("messages") == 0


def test_without_rows_the_next_run_slot_is_the_next_time(noon):
    look = Scheduler(RELAY, ()).dispatch()

    assert look.next_at.isoformat() == "2027-03-11T05:00:00+00:00"  # six o'clock in Lagos


def test_an_emptied_queue_is_filled_again(noon, events, relayed, work_off):
    events(NOW)
    Scheduler(RELAY, ()).dispatch()

    connection().flushall()
    Scheduler(RELAY, ()).dispatch()
    work_off()

    assert relayed() == [noon]


def test_doing_a_job_twice_changes_nothing(noon, events, relayed, work_off):
    events(NOW)
    RELAY["relay_rows"].job.enqueue()
    RELAY["relay_rows"].job.enqueue()

    work_off()

    assert relayed() == [noon]


def test_a_started_job_leaves_room_for_the_next_wake_up(noon, events, work_off, waiting_jobs):
    events(NOW)
    Scheduler(RELAY, ()).dispatch()
    work_off()
    events(NOW)

    Scheduler(RELAY, ()).dispatch()

    assert waiting_jobs("messages") == 1


def test_a_slot_is_claimed_once_by_two_schedulers(session, noon, waiting_jobs):
    Scheduler({}).dispatch()
    Scheduler({}).dispatch()

    claimed = session.execute(select(Tick.name, func.count()).group_by(Tick.name)).all()
    assert {name for name, _ in claimed} >= {"seal_entries", "prune_rows"}
    assert all(count == 1 for _, count in claimed)
    assert waiting_jobs("documents") == sum(tick.job.lane == "documents" for tick in TICKS)


def test_a_slot_whose_job_was_lost_with_its_queue_is_done_all_the_same(session, noon, work_off, waiting_jobs):
    scheduler = Scheduler({}, (TickOf(seal_entries, timedelta(days=1)),))
    scheduler.dispatch()
    connection().flushall()

    assert [scheduler.dispatch().woken for _ in range(3)] == [1, 0, 0]
    work_off()
    connection().flushall()
    assert scheduler.dispatch().woken == 0
    assert waiting_jobs("documents") == 0


def test_a_slot_has_one_owner(session, noon):
    assert claim_tick(session, "anything", noon)
    assert not claim_tick(session, "anything", noon)
    assert claim_tick(session, "anything", noon + timedelta(days=1))


def test_a_portal_that_only_reads_wakes_nobody(session, noon, events, waiting_jobs):
    events(NOW)
    session.execute(update(Switch).where(Switch.name == READ_ONLY).values(is_on=True, reason="moving house"))
    session.commit()

    look = Scheduler(RELAY).dispatch()

    assert look.woken == 0
    assert waiting_jobs("messages") == 0
