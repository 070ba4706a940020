"""`flask portal bench`: how fast the portal is here, each figure against a reference of the same run."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import create_engine, text, update

from portal.actions.create_customer import Entered, create_customer
from portal.core import clock
from portal.core.actors import Actor
from portal.core.business import VirtualClock
from portal.core.db import db, transaction
from portal.simulation import company
from portal.simulation.bench import book, measuring, pages
from portal.simulation.bench.report import Measure

VISITOR = "visitor@bench.example"
HERE = "bench-here"


def register(group: AppGroup) -> None:
    group.command("bench")(bench)
    group.command(HERE, hidden=True)(bench_here)


@click.option("--small", is_flag=True, help="A small book and few turns: shows that it works, not how fast.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def bench(small: bool, as_json: bool) -> None:
    """Measure on a database of its own beside DATABASE_URL, made now and dropped in the end; the book is not touched.

    The ratios count. Let nothing else work on this machine meanwhile. Fails only where something is wrong that no
    slow machine explains: a plan that reads a whole table, a paper that differs, a page that asks too often.
    """
    with _scratch() as env:
        _portal(env, "migrate")
        told = _portal(env, HERE, *(["--small"] if small else []))
    measures = [Measure(**each) for each in json.loads(told)]
    if as_json:
        missed = [one.name for one in measures if one.passes is False]
        click.echo(json.dumps({"small": small, "missed": missed, "measures": [one.as_json for one in measures]}))
    else:
        click.echo("\n".join(one.line for one in measures))
    sys.exit(1 if any(one.is_wrong for one in measures) else 0)


@click.option("--small", is_flag=True)
def bench_here(small: bool) -> None:
    """Measure on this empty database. Writes JSON; `bench` calls it in a process of its own."""
    extent = measuring.SMALL if small else measuring.WHOLE
    with transaction() as session:
        session.execute(update(VirtualClock).values(frozen_at=book.hour(100)))
    measures = measuring.measure(db.engine, extent, lambda line: click.echo(line, err=True))
    click.echo("pages", err=True)
    measures += _pages(extent.times)
    click.echo(json.dumps([one.as_json for one in measures]))


def _portal(env: Mapping[str, str], *words: str) -> str:
    """What a command of ours printed, run in a process of its own; if it fails, so do we."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", *words]
    done = subprocess.run(command, env=env, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


@contextmanager
def _scratch() -> Iterator[dict[str, str]]:
    """The environment of an installation on an empty database, which is dropped afterwards."""
    name = f"portal_bench_{token_hex(4)}"
    # Its own engine: a database can be made only outside a transaction.
    server = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection, tempfile.TemporaryDirectory() as files:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            url = db.engine.url.set(database=name).render_as_string(hide_password=False)
            own = {"DATABASE_URL": url, "FILES_DIR": files, "TEST_MODE": "1", "LOG_LEVEL": "ERROR"}
            own |= {"PAYSTACK_SECRET_KEY": "sk_test_bench", "TWIN_URLS": "", "CRASH_PLAN": ""}
            yield os.environ | own
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def _pages(times: int) -> list[Measure]:
    """As a customer of the book and as its staff see them."""
    customer_id = _visitor()
    measured: list[pages.Page] = []
    bare = _hello().test_client()
    for email, paths in ((VISITOR, pages.ACCOUNT), (company.STAFF[1][0], pages.STAFF)):
        with transaction() as session:
            as_customer = customer_id if email == VISITOR else None
            token = pages.sign_in(session, email, wall_at=clock.wall(), customer_id=as_customer)
            addresses = pages.addresses(session, customer_id, paths)
        browser = current_app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        measured += pages.measure(browser, bare, db.engine, addresses, times)
    return pages.report(measured)


def _visitor() -> int:
    """Somebody who can sign in for the first customer of the book."""
    who = Entered(name="Visitor", email=VISITOR, person="Visitor", country="NG", zone="Africa/Lagos")
    create_customer(who, actor=Actor.operator("bench"), at=clock.now())
    return int(db.session.execute(text("SELECT id FROM customers WHERE ref = 'cus_bench1'")).scalar_one())


def _hello() -> Flask:
    """The barest page of the same framework."""
    bare = Flask("hello")

    @bare.get("/")
    def hello() -> Any:
        return "hello"

    return bare
