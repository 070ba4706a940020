"""`flask portal prove`: are all invariants of the books true?"""

import json
import sys
from datetime import datetime

import click
from flask.cli import AppGroup
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.book.proofs import Verdict
from portal.book.proofs import prove as ask_all
from portal.core import clock
from portal.core.db import db


def register(group: AppGroup) -> None:
    group.command("prove")(prove)


@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option("--since", type=click.DateTime(), help="Only what changed since this instant of business time, in UTC.")
def prove(as_json: bool, since: datetime | None) -> None:
    """Ask every invariant and print its name and whether it holds. Exit 1 if one does not."""
    with Session(db.engine) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        at = clock.now()
        verdicts = ask_all(session, at=at, since=since.replace(tzinfo=at.tzinfo) if since else None)
    holds = all(one.ok for one in verdicts)
    if as_json:
        click.echo(json.dumps({"ok": holds, "at": at.isoformat(), "invariants": [one.as_json for one in verdicts]}))
    else:
        _print(verdicts)
    sys.exit(0 if holds else 1)


def _print(verdicts: list[Verdict]) -> None:
    for one in verdicts:
        click.echo(f"{'ok' if one.ok else 'BROKEN':7} {one.name}  ({one.seconds:.2f} s)")
        if not one.ok:
            click.echo(f"        {one.sentence}")
            for row in one.as_json["rows"]:
                click.echo(f"        {json.dumps(row, ensure_ascii=False)}")
            click.echo("        … and more" * one.has_more)
    broken = sum(not one.ok for one in verdicts)
    click.echo(f"{len(verdicts)} invariants, {broken or 'none'} broken.")
