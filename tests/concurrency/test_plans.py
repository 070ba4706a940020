"""The statements that every look and every batch begins with find their rows by an index, however the table has grown.

They are taken from the running portal, not written down here, and planned as the server plans them when it has stopped
looking at the values.
"""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from jobs.scheduler import Scheduler
from portal.actions.advance_dunning import advance_dunning
from portal.actions.charge_invoices import charge_invoices
from portal.actions.lapse_invoices import lapse_invoices
from portal.actions.receive_gateway_news import receive_gateway_news
from portal.actions.relay_outbox import relay_outbox
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.actions.resolve_attempts import resolve_attempts
from portal.actions.send_messages import send_messages
from portal.core.db import db
from tests.concurrency.rig import RULE
from tests.concurrency.test_news import told

FIRST = 1_000_000  # beyond every id that a sequence of the tests has given
ROWS = 8000
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
UNIQUE = {
    "customers": "'ref', 'x' || n",
    "subscriptions": "'ref', 'x' || n, 'customer_id', n",
    "invoices": "'ref', 'x' || n, 'payment_reference', 'x' || n, 'customer_id', n, 'number', n, 'label', n,"
    "'subscription_id', n, 'status', 'issued',"
    "'next_action_at', at, 'closed_at', null, 'paid_minor', 0, 'open_minor', null",
    "attempts": "'reference', 'x' || n, 'customer_id', n, 'invoice_id', n, 'gateway_ref', n, 'closed_at', null,"
    "'status', CASE WHEN n % 2 = 0 THEN 'waiting' ELSE 'pending' END",
    "gateway_news": "'body_digest', '\\x' || lpad(to_hex(n), 8, '0')",
    "outbox": "'topic', 'x'",
}


@pytest.fixture(autouse=True)
def _proved():
    """These rows are no books."""


@pytest.fixture
def grown(rig):
    """A portal in which each of the big tables holds thousands of rows that wait for later."""
    (attempt,) = rig.waiting(1)
    told(rig, "charge.success", attempt.reference)
    for table, changed in UNIQUE.items():
        changed += "" if "next_action_at" in changed or table == "customers" else ", 'next_action_at', at"
        rig.sql(f"""
            INSERT INTO {table} ({columns(rig, table)}) OVERRIDING SYSTEM VALUE
            SELECT {columns(rig, table, "made.")}
              FROM {table} AS one, generate_series({FIRST}, {FIRST + ROWS}) AS n,
                   LATERAL (SELECT timestamptz '2050-01-01' + n * interval '1 minute' AS at) AS t,
                   LATERAL jsonb_populate_record(one, jsonb_build_object('id', n, {changed})) AS made
             WHERE one.id = (SELECT min(id) FROM {table})
        """)
    rig.sql("ANALYZE")
    return rig


def columns(rig, table, of=""):
    asked = "SELECT column_name FROM information_schema.columns WHERE table_name = :t AND is_generated = 'NEVER'"
    return ", ".join(of + name for name in rig.session.scalars(text(asked), {"t": table}))


@pytest.fixture
def said(grown):
    """said(call): every statement that the call sends to the server."""

    def listen(call):
        heard = []

        def keep(_connection, _cursor, statement, *_):
            heard.append(statement)

        event.listen(db.engine, "before_cursor_execute", keep)
        try:
            call()
        finally:
            event.remove(db.engine, "before_cursor_execute", keep)
        return [one for one in heard if re.match(r"\s*(SELECT|UPDATE|WITH)", one)]

    return listen


def generic_plan(session, statement):
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    connection = session.connection().connection.driver_connection
    rows = connection.execute("EXPLAIN (GENERIC_PLAN) " + statement.replace("%%", "%")).fetchall()
    return "\n".join(row[0] for row in rows)


LOOKS = {
    "charges": lambda rig: charge_invoices(rig.account.id, limit=10, actor=RULE, at=LONG_AGO),
    "attempts in doubt": lambda rig: resolve_attempts(limit=10, actor=RULE, at=LONG_AGO),
    "news": lambda rig: receive_gateway_news(limit=10, actor=RULE, at=LONG_AGO),
    "unpaid invoices": lambda rig: lapse_invoices(limit=10, actor=RULE, at=LONG_AGO),
    "dunning": lambda rig: advance_dunning(limit=10, actor=RULE, at=LONG_AGO),
    "outbox": lambda rig: relay_outbox(limit=10, at=LONG_AGO),
    "mails": lambda rig: send_messages(limit=10, at=LONG_AGO),
    "scheduler": lambda rig: Scheduler().dispatch(),
}


def test_no_look_reads_a_big_table_from_end_to_end(grown, said):
    for name, look in LOOKS.items():
        statements = said(lambda look=look: look(grown))
        assert statements, name
        for statement in statements:
            plan = generic_plan(grown.session, statement)
            walked = [table for table in UNIQUE if re.search(rf"Seq Scan on {table}\b", plan)]
            assert not walked, f"{name}: {statement}\n{plan}"


def test_a_batch_finds_customers_subscriptions_and_charges_by_their_indexes(grown, said):
    grown.sql("UPDATE subscriptions SET next_action_at = :at WHERE id < 1000", at=grown.at)
    run = grown.plan()
    statements = said(lambda: renew_subscriptions(run, limit=10, actor=RULE, at=grown.at))
    claims = [one for one in statements if "SKIP LOCKED" in one]
    dues = [one for one in statements if "ANY(" in one and "FROM subscriptions" in one]
    assert claims
    assert dues
    for statement in [*claims, *dues]:
        plan = generic_plan(grown.session, statement)
        assert re.search(r"Index Scan using ix_subscriptions_(due|customer)", plan), plan
    for statement in statements:
        plan = generic_plan(grown.session, statement)
        assert not re.search(r"Seq Scan on (subscriptions|customers|invoices|attempts)\b", plan), f"{statement}\n{plan}"


def test_a_lease_uses_the_index_of_what_waits(grown, said):
    (lease,) = [one for one in said(lambda: LOOKS["charges"](grown)) if "UPDATE attempts" in one]
    plan = generic_plan(grown.session, lease)
    assert "Index Scan using ix_attempts_waiting" in plan
    assert "Join Filter" not in plan
