"""How the house is: its parts, its switches and their banner, a stopped account, tasks; and a read-only house."""

import pytest
from sqlalchemy import select, update

from portal.actions.prove_books import KIND
from portal.core.audit import AuditEntry
from portal.core.business import READ_ONLY, STOP_CHARGES, Switch, beat
from portal.core.clock import wall
from portal.core.tasks import Task, open_task
from portal.payments.models import GatewayAccount, GatewayNews
from portal.payments.states import NewsStatus
from tests.factories import NOON
from tests.people import make_user
from tests.web.account_world import counted_queries

HEALTH = "/billing/health"
QUERIES = 11


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    reader.enter(session, make_user(session, "super_admin", name="Sade Akande"))
    return reader


def throw(staff, name, is_on, reason="Paystack is down"):
    return staff.post(f"{HEALTH}/switches/{name}", seen=HEALTH, is_on=is_on, reason=reason)


def test_every_part_is_shown_with_its_state(session, staff, make):
    make.account()
    beat(session, "scheduler", wall_at=wall(), at=NOON, finished=True)
    beat(session, "prove_recent", wall_at=wall(), at=NOON, finished=True)
    session.commit()
    page = staff.get(HEALTH).text
    for words in ("Scheduler", "Queue: Money", "nobody works on it", "Paystack test", "Database", "Redis", "Disk",
                  "Mail", "Books proved", "Nothing waits", "Nothing failed"):  # fmt: skip
        assert words in page, words


def test_a_broken_rule_of_the_books_is_the_verdict(session, staff):
    beat(session, "prove_all", wall_at=wall(), at=NOON, finished=True)
    open_task(session, KIND, "paid_is_paid", at=NOON, sentence="Paid means paid.", rows=[])
    session.commit()
    page = staff.get(HEALTH).text
    assert "1 rule broken" in page
    assert "Books proved" not in page


def test_the_page_asks_a_fixed_number_of_questions(session, staff):
    for number in range(30):
        open_task(session, "message.failed", f"msg_{number}", at=NOON, reason="550")
    session.commit()
    with counted_queries() as asked:
        staff.get(HEALTH)
    assert len(asked) <= QUERIES


def test_a_switch_is_thrown_with_a_reason_and_stands_on_every_page(session, staff):
    assert throw(staff, STOP_CHARGES, "yes").status_code == 303
    assert session.scalar(select(Switch.is_on).where(Switch.name == STOP_CHARGES))
    for path in (HEALTH, "/billing/runs", "/billing/dunning", "/billing/clock"):
        page = staff.get(path).text
        assert "No charges are sent." in page
        assert "Paystack is down" in page
    assert throw(staff, STOP_CHARGES, "no", "It answers again").status_code == 303
    assert "No charges are sent." not in staff.get("/billing/runs").text
    deeds = session.scalars(
        select(AuditEntry.deed).where(AuditEntry.subject == STOP_CHARGES).order_by(AuditEntry.id)
    ).all()
    assert deeds == ["switch.turned_on", "switch.turned_off"]


@pytest.mark.parametrize(
    ("name", "is_on", "reason", "status"),
    [(STOP_CHARGES, "yes", "", 422), (STOP_CHARGES, "maybe", "x", 422), ("stop_all", "yes", "x", 404),
     (STOP_CHARGES, "yes", "x" * 501, 422)],
)  # fmt: skip
def test_a_switch_is_not_thrown_by_accident(session, staff, name, is_on, reason, status):
    assert throw(staff, name, is_on, reason).status_code == status
    assert not session.scalar(select(Switch.is_on).where(Switch.name == STOP_CHARGES))


def test_a_read_only_house_refuses_every_deed_but_its_switch(session, staff):
    throw(staff, READ_ONLY, "yes", "Moving to another server.")
    answer = staff.post("/billing/runs", typed="run")
    assert answer.status_code == 409
    assert "read-only right now: Moving to another server. Nothing was saved." in answer.text
    assert staff.get("/billing/runs").status_code == 200
    assert throw(staff, READ_ONLY, "no", "Moved").status_code == 303
    assert staff.post("/billing/runs", typed="run").status_code == 303


def test_people_sign_in_and_out_of_a_read_only_house(session, reader, travel):
    travel(NOON)
    user = make_user(session, "support")
    session.execute(update(Switch).where(Switch.name == READ_ONLY).values(is_on=True, reason="Moving"))
    session.commit()
    assert reader.sign_in(user.email).status_code == 303
    assert "The portal is read-only." in reader.get("/billing/dunning").text
    assert reader.post("/sign-out", seen="/billing/dunning").status_code == 303


def test_a_stopped_account_says_why_and_is_started_again(session, staff, make):
    account = make.account()
    session.execute(update(GatewayAccount).values(stopped_reason="Invalid key"))
    open_task(session, "gateway_refused", account.ref, at=NOON, reason="Invalid key")
    session.commit()
    page = staff.get(HEALTH).text
    assert "Paystack is stopped." in page
    assert "Invalid key" in page
    deed = f"{HEALTH}/gateways/{account.ref}/start"
    assert staff.post(deed, seen=HEALTH, reason="").status_code == 422
    assert staff.post(deed, seen=HEALTH, reason="New key").status_code == 303
    assert staff.post(deed, seen=HEALTH, reason="New key").status_code == 303
    session.expire_all()
    assert session.scalar(select(GatewayAccount.stopped_reason)) is None
    assert session.scalars(select(Task)).one().closed_by == "Sade Akande"
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.deed == "gateway.restarted")).all()) == 1
    assert staff.post(f"{HEALTH}/gateways/gw_none/start", seen=HEALTH, reason="x").status_code == 404


def test_a_task_is_closed_with_what_was_done_unless_its_cause_remains(session, staff):
    open_task(session, "message.failed", "msg_1", at=NOON, reason="550 mailbox full")
    open_task(session, "run_held", "run_1", at=NOON, reasons=["clock_ahead"])
    session.commit()
    mail, run = (session.scalars(select(Task).order_by(Task.id))).all()
    assert "550 mailbox full" in staff.get(HEALTH).text
    assert staff.post(f"{HEALTH}/tasks/{mail.id}/close", seen=HEALTH, reason="").status_code == 422
    assert staff.post(f"{HEALTH}/tasks/{mail.id}/close", seen=HEALTH, reason="Called them").status_code == 303
    assert staff.post(f"{HEALTH}/tasks/{run.id}/close", seen=HEALTH, reason="x").status_code == 409
    assert staff.post(f"{HEALTH}/tasks/99999/close", seen=HEALTH, reason="x").status_code == 404
    session.expire_all()
    assert mail.closed_by == "Sade Akande"
    assert run.closed_at is None


def test_news_that_could_not_be_taken_in_are_listed(session, staff, make):
    account = make.account()
    session.execute(
        GatewayNews.__table__.insert().values(
            gateway_account_id=account.id, body_digest=b"x", headers={}, body=b"{}", signature="valid",
            status=NewsStatus.FAILED, kind="charge", reference="at-1", tries=5, outcome="no such attempt",
            received_at=NOON,
        )
    )  # fmt: skip
    session.commit()
    assert "no such attempt" in staff.get(HEALTH).text


@pytest.mark.parametrize("role", ["support", "billing"])
def test_others_look_and_change_nothing(session, reader, travel, role):
    travel(NOON)
    reader.enter(session, make_user(session, role))
    assert "Switch on" not in reader.get(HEALTH).text
    assert throw(reader, STOP_CHARGES, "yes").status_code == 403
    assert reader.post(f"{HEALTH}/tasks/1/close", seen=HEALTH, reason="x").status_code == 403
    assert reader.post(f"{HEALTH}/gateways/x/start", seen=HEALTH, reason="x").status_code == 403
