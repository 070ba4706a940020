"""The bench measures on a small book, and its reference writes what the engine writes."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from portal.core.actors import Actor
from portal.core.db import db
from portal.core.secrets import vault
from portal.gateways import registry
from portal.simulation import company
from portal.simulation.bench import book, engine, plans, reference
from portal.simulation.bench.instant import Instant
from portal.simulation.bench.report import at_most, never_above
from tests.jobs.conftest import CHECKOUT, environment

ONCE_PER_RUN = {"billing_runs", "run_batches", "heartbeats", "number_series"}
DEEDS_OF_A_RUN = {"audit_entries": 2, "outbox": 1}
DUE = 7


@pytest.fixture
def connection(app: Flask):
    company.found(gateway_url="https://gateway.invalid", actor=Actor.operator("test"), at=book.FEBRUARY)
    with db.engine.connect() as opened, registry.replaced(Instant):
        book.grow(opened, 2 * DUE + 1, vault=vault())
        yield opened


def counted(connection: Connection) -> Counter[str]:
    with connection.begin():
        tables = list(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        return Counter({table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables})


def test_the_reference_writes_as_many_rows_as_the_engine(connection):
    account_id = connection.scalar(text("SELECT id FROM gateway_accounts"))
    connection.rollback()
    begun = counted(connection)

    book.make_due(connection, DUE, book.hour(0))
    assert engine.renew(account_id, book.hour(0)) == DUE
    by_engine = counted(connection)
    book.make_due(connection, DUE, book.hour(1))
    assert reference.renew(connection, book.hour(1)) == DUE
    by_sql = counted(connection)

    ours = by_engine - begun - Counter(DEEDS_OF_A_RUN)
    assert {name: rows for name, rows in ours.items() if name not in ONCE_PER_RUN} == dict(by_sql - by_engine)
    assert by_sql["invoices"] == begun["invoices"] + 2 * DUE


def test_what_the_engine_bills_here_is_paid_and_credited(connection):
    account_id = connection.scalar(text("SELECT id FROM gateway_accounts"))
    connection.rollback()
    book.make_due(connection, DUE, book.hour(0))
    engine.renew(account_id, book.hour(0))

    paid = connection.scalar(text("SELECT count(*) FROM invoices WHERE status = 'paid' AND label LIKE 'INV%'"))
    granted = connection.scalar(
        text("SELECT count(*) FROM credit_entries WHERE created_at > :at"), {"at": book.FEBRUARY}
    )

    assert paid == DUE
    assert granted >= 2 * DUE


def test_a_plan_that_no_index_serves_is_found(connection):
    statements = [
        "SELECT id FROM subscriptions WHERE next_action_at <= %(at)s::timestamptz ORDER BY next_action_at LIMIT 100",
        "SELECT id FROM subscriptions WHERE cancel_reason = %(reason)s",
    ]

    found = plans.whole_scans(connection, statements, is_large=False)

    assert found == ["SELECT id FROM subscriptions WHERE cancel_reason = %(reason)s: subscriptions"]


def test_a_slow_machine_is_told_and_a_wrong_answer_fails():
    slow = at_most("pdf_warm", 51, "ms", 50)
    wrong = never_above("pdf_variants", 2, "files", 1)

    assert (slow.passes, slow.is_wrong) == (False, False)
    assert (wrong.passes, wrong.is_wrong) == (False, True)
    assert not never_above("pdf_variants", 1, "files", 1).is_wrong


@pytest.mark.slow
def test_the_command_measures_and_leaves_nothing_behind(app, settings):
    before = databases()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "bench", "--small", "--json"]

    answer = subprocess.run(
        command, check=False, env=environment(settings), cwd=CHECKOUT, capture_output=True, text=True
    )

    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert set(told["measures"][0]) == {"name", "value", "unit", "target", "passes", "note", "is_certain"}
    figures = {one["name"]: one["value"] for one in told["measures"]}
    assert {"renewals_share_of_plain_sql", "renewal_cpu", "pdf_warm", "webhook_intake", "bare_page", "memory"} <= set(
        figures
    )
    assert figures["generic_plans_that_scan"] == 0
    assert figures["pdf_variants"] == 1
    assert figures["pages_not_answered"] == 0
    assert figures["page_queries"] <= 8
    assert databases() == before


def databases() -> set[str]:
    with db.engine.connect() as opened:
        return set(opened.scalars(text("SELECT datname FROM pg_database")))
