"""Bind the letters of a print run into one file, once each of them is printed."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions._papers import ask_for
from portal.core import business as businesses
from portal.core.crashes import crash_point
from portal.core.db import db, require_no_transaction, transaction
from portal.core.formats import formats
from portal.invoicing import cover_list, post
from portal.invoicing.binding import bound, pages_in
from portal.invoicing.documents import pdf_of
from portal.invoicing.files import store
from portal.invoicing.models import PrintRun

LEASE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)


def bind_print_runs(*, limit: int, at: datetime) -> int:
    """Up to `limit` runs whose time has come; returns how many were taken up.

    A run whose letters are not all printed asks for those that are missing and looks again in a minute. Printed
    again it is the same file, so dying half way costs only the work.
    """
    taken = 0
    while taken < limit and (claimed := _claim(at)) is not None:
        _bind(claimed, at)
        taken += 1
    return taken


def _claim(at: datetime) -> int | None:
    with transaction() as session:
        wanted = select(PrintRun).where(PrintRun.next_action_at <= at).order_by(PrintRun.next_action_at, PrintRun.id)
        run = session.scalar(wanted.limit(1).with_for_update(skip_locked=True))
        if run is None:
            return None
        run.next_action_at = at + LEASE
        return run.id


def _bind(run_id: int, at: datetime) -> None:
    letters = _letters(run_id, at)
    if letters is None:
        return
    require_no_transaction()
    pages = [pages_in(letter) for letter in letters]
    with Session(db.engine) as reading:
        run = reading.get_one(PrintRun, run_id)
        house = businesses.read(reading)
        reader = formats(house.language, house.zone)
        html = cover_list.html_of(run, post.of_run(reading, run_id), pages, house, reader)
        ref = run.ref
    content = bound([pdf_of(html, identifier=ref), *letters])
    digest = store().put(content)
    crash_point("print_run.bound")
    with transaction() as session:
        run = session.get_one(PrintRun, run_id, with_for_update=True, populate_existing=True)
        run.status, run.digest, run.pages = "printed", digest, sum(pages)
        run.printed_at, run.next_action_at = at, None


def _letters(run_id: int, at: datetime) -> list[bytes] | None:
    """The stored papers in postal order; None where one is still to be printed."""
    with transaction() as session:
        run = session.get_one(PrintRun, run_id, with_for_update=True)
        digests = [
            ask_for(session, invoice.ref, post.language_of(invoice), at=at) for invoice in post.of_run(session, run_id)
        ]
        if None in digests:
            run.next_action_at = at + AGAIN_AFTER
            return None
    found = [store().get(digest) for digest in digests if digest is not None]
    return [content for content in found if content is not None] if None not in found else None
