"""Old rows go, entries are sealed, switches are thrown with a reason."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.actions.prune import prune
from portal.actions.seal_audit import seal_audit
from portal.actions.stop_charges import set_switch
from portal.core import audit, business, outbox
from portal.core.actors import Actor
from portal.core.audit import AuditEntry, AuditSeal
from portal.core.business import STOP_CHARGES, Tick, claim_tick
from portal.core.clock import wall
from portal.core.errors import Invalid
from portal.core.outbox import OutboxEntry

ADA = Actor.staff(1, "Ada")


def count(session, table):
    session.rollback()
    return session.scalar(select(func.count()).select_from(table))


def test_events_go_a_month_after_they_were_relayed_and_waiting_ones_stay(session, noon):
    for _ in range(3):
        outbox.post(session, "test.happened", at=noon)
    ids = session.scalars(select(OutboxEntry.id).order_by(OutboxEntry.id)).all()
    for entry_id, age in zip(ids, (31, 29), strict=False):
        relayed = {"posted_at": noon - timedelta(days=age), "next_action_at": None}
        session.execute(update(OutboxEntry).where(OutboxEntry.id == entry_id).values(relayed))
    session.commit()

    assert prune(at=noon, wall_at=wall()) == 1
    assert prune(at=noon, wall_at=wall()) == 0
    assert count(session, OutboxEntry) == 2


def test_claimed_slots_go_after_ninety_days(session, noon):
    claim_tick(session, "old", min(wall(), noon) - timedelta(days=91))
    claim_tick(session, "young", min(wall(), noon) - timedelta(days=89))
    session.commit()

    prune(at=noon, wall_at=wall())

    session.rollback()
    assert session.scalars(select(Tick.name)).all() == ["young"]


def test_all_entries_are_sealed_in_a_chain(session, noon):
    for number in range(1_500):
        audit.record(session, ADA, "test.done", at=noon, subject=f"thing {number}")
    session.commit()

    assert [seal_audit(at=noon) for _ in range(3)] == [1_000, 500, 0]
    first, second = session.scalars(select(AuditSeal).order_by(AuditSeal.id)).all()
    assert second.previous == first.digest
    assert not session.scalar(select(func.count()).where(AuditEntry.seal_id.is_(None)))


def test_a_switch_is_thrown_with_a_reason_and_on_record(session, noon):
    set_switch(STOP_CHARGES, is_on=True, reason="The bank is on strike.", actor=ADA, at=noon)
    set_switch(STOP_CHARGES, is_on=True, reason="Again.", actor=ADA, at=noon)
    assert business.is_on(session, STOP_CHARGES)

    set_switch(STOP_CHARGES, is_on=False, reason="", actor=ADA, at=noon)

    session.rollback()
    assert not business.is_on(session, STOP_CHARGES)
    deeds = session.scalars(select(AuditEntry.deed).order_by(AuditEntry.id)).all()
    assert deeds == ["switch.turned_on", "switch.turned_off"]


@pytest.mark.parametrize(("name", "reason"), [("stop_everything", "why not"), (STOP_CHARGES, "  ")])
def test_a_switch_that_is_none_or_has_no_reason_is_refused(session, noon, name, reason):
    with pytest.raises(Invalid):
        set_switch(name, is_on=True, reason=reason, actor=ADA, at=noon)
