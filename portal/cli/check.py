"""`flask portal check`: drives one billing year of the demo book and says whether everything held, as JSON."""

import json
import os
import sys
import time
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from portal.book.proofs import prove
from portal.core import clock
from portal.core.db import db
from portal.simulation import report
from portal.simulation.drive import Drive
from portal.simulation.stories import cast
from portal.simulation.world import World

FIRST_DAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LAST_DAY = datetime(2028, 3, 12, 12, 0, tzinfo=UTC)
"""The year has a 29 February, and most of those who pay by the year have paid again."""


def register(group: AppGroup) -> None:
    group.command("check")(check)


@click.option("--portal-url", default=lambda: os.environ["CHECK_BASE_URL"], help="where the portal answers")
@click.option("--twin-url", default=lambda: os.environ["CHECK_TWIN_URL"], help="where the gateway's twin answers")
@click.option("--mailbox-url", default=lambda: os.environ["CHECK_MAILBOX_URL"], help="where the mail inbox answers")
def check(portal_url: str, twin_url: str, mailbox_url: str) -> None:
    """Needs an empty installation with all its processes running, as `./run --check` makes one."""
    began = time.monotonic()
    world = World(portal_url=portal_url, twin_url=twin_url, say=lambda line: click.echo(line, err=True))
    year = Drive(world, cast(), FIRST_DAY, LAST_DAY)
    year.live()
    db.session.rollback()
    session = db.session()
    wrong = year.expectations()
    clock.forget()
    verdicts = prove(session, at=clock.now())
    broken = {one.name: one.as_json["rows"] for one in verdicts if not one.ok}
    told = {
        "customers": len(year.people),
        "counts": report.counts(session),
        "deeds": {str(deed): count for deed, count in sorted(year.done.items())},
        "expectations": {story: found or "holds" for story, found in sorted(wrong.items())},
        "invariants": {one.name: broken.get(one.name, "holds") for one in verdicts},
        "gateway_and_book_agree": report.gateway_differences(session, twin_url) or "holds",
        "mails_arrived_once": report.mail_differences(session, mailbox_url) or "holds",
        "seconds": round(time.monotonic() - began, 1),
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    holds = (
        not any(wrong.values())
        and not broken
        and told["gateway_and_book_agree"] == told["mails_arrived_once"] == "holds"
    )
    sys.exit(0 if holds else 1)
