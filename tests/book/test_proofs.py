"""The invariants hold of a lively world, and each is named when it is broken."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.book.proofs import failures, invariants, prove
from portal.core.db import db
from portal.core.outbox import OutboxEntry
from tests.book.plants import PLANTS


def test_every_invariant_holds_of_a_lively_world(lively):
    counted = {
        table: lively.session.scalar(text(f"SELECT count(*) FROM {table}"))
        for table in ("invoices", "payments", "credit_notes", "credit_entries", "dunning_debts", "audit_seals")
    }
    assert min(counted.values()) > 0, counted
    assert failures(prove(lively.session, at=lively.at, without={"news_of_ours_is_told_in_time"})) == {}


def test_every_invariant_is_named_when_it_is_broken(lively):
    """Each violation is planted past the schema's own guards, in a transaction that is rolled back."""
    silent = {}
    for name, statements in PLANTS.items():
        try:
            found = _planted(lively, statements)
        except DBAPIError as error:
            found = [str(error.orig)]
        if name not in found:
            silent[name] = sorted(found)
    assert silent == {}


def test_every_invariant_has_a_violation_planted():
    assert sorted(one.name for one in invariants()) == sorted(PLANTS)


def test_the_rules_of_the_domain_are_all_asked_or_not_a_question():
    """10 is asked of pages and papers, 18 by doing everything twice; there are no coupons (19)."""
    asked = {rule for one in invariants() for rule in one.rules}
    assert set(range(1, 29)) - asked == {10, 18, 19}


def test_events_that_are_pruned_in_another_order_than_they_came_are_no_violation(lively):
    gone = [
        "UPDATE messages SET created_at = created_at - interval '31 days'",
        "DELETE FROM outbox WHERE posted_at IS NOT NULL AND id > (SELECT min(id) FROM outbox)",
    ]
    assert "messages_belong_to_events" not in _planted(lively, gone)


def test_a_later_look_is_only_at_who_changed(lively, session):
    since = lively.at + timedelta(minutes=1)
    session.execute(text("UPDATE invoices SET paid_minor = paid_minor - 1 WHERE status = 'issued' AND paid_minor > 0"))
    statement = PLANTS["paid_is_what_was_allocated"]
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for one in statement:
        session.execute(text(one))
    assert "paid_is_what_was_allocated" in failures(prove(session, at=lively.at))
    assert "paid_is_what_was_allocated" not in failures(prove(session, at=lively.at, since=since))
    before = failures(prove(session, at=lively.at, since=lively.at - timedelta(days=400)))
    assert "paid_is_what_was_allocated" in before
    session.rollback()


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_every_name_and_ends_with_1_when_one_is_broken(app, lively, travel, as_json):
    travel(lively.at)
    lively.session.query(OutboxEntry).filter(OutboxEntry.next_action_at.is_not(None)).delete()
    lively.session.execute(text("UPDATE messages SET next_action_at = NULL"))
    lively.session.commit()
    runner = app.test_cli_runner()
    args = ["portal", "prove", *(["--json"] if as_json else [])]
    sound = runner.invoke(args=args)
    assert sound.exit_code == 0, sound.output
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(PLANTS["balances_are_their_entries"][0]))
    broken = runner.invoke(args=args)
    assert broken.exit_code == 1
    if as_json:
        said = json.loads(broken.output)
        assert [one["name"] for one in said["invariants"] if not one["ok"]] == ["balances_are_their_entries"]
        assert len(said["invariants"]) == len(invariants())
    else:
        assert "BROKEN  balances_are_their_entries" in broken.output


def _planted(world, statements):
    with Session(db.engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for one in statements:
            if session.execute(text(one)).rowcount == 0:
                return ["nothing was planted", one]
        return failures(prove(session, at=world.at))
