"""Print everything that waits for the post, in postal order, as one file. What is in a run never waits again."""

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.actions._papers import ask_for
from portal.core import audit, once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound, Refused
from portal.core.ids import public_ref
from portal.invoicing import post
from portal.invoicing.models import Invoice, PostLetter, PrintRun

MOST = 500
"""Letters of one run: a file that an office printer takes."""

SCOPE = "begin_print_run"


class NothingToPost(Refused):
    """No invoice waits for the post. Nothing was printed."""

    code = "nothing_to_post"


def begin_print_run(*, form_key: str = "", actor: Actor, at: datetime) -> str:
    """Put the first letters that wait, up to MOST, into a run and have it printed; its reference.

    From now on they count as posted. The same form sent twice makes one run.
    """
    with transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('print-runs'))"))
        done = once.answered(session, SCOPE, form_key)
        if done is not None:
            return done
        invoices = post.waiting(session)[:MOST]
        if not invoices:
            raise NothingToPost("No invoice waits for the post. Nothing was printed.")
        run = PrintRun(
            ref=public_ref("prn"), status="printing", made_by=actor.name, letters=len(invoices), pages=0,
            created_at=at, next_action_at=at,
        )  # fmt: skip
        session.add(run)
        session.flush()
        _put_into(session, run, invoices, at)
        once.keep(session, SCOPE, form_key, answer=run.ref, at=at)
        audit.record(session, actor, "print_run.begun", at=at, subject=run.ref, letters=len(invoices))
        return run.ref


def repeat_print_run(run_ref: str, *, actor: Actor, at: datetime) -> None:
    """Print the same letters again, in the same order. Being printed already: nothing."""
    with transaction() as session:
        run = session.scalar(select(PrintRun).where(PrintRun.ref == run_ref).with_for_update(key_share=True))
        if run is None:
            raise NotFound("There is no such print run.")
        if run.status == "printing":
            return
        run.status, run.digest, run.printed_at, run.next_action_at = "printing", None, None, at
        for invoice in post.of_run(session, run.id):
            ask_for(session, invoice.ref, post.language_of(invoice), at=at)
        audit.record(session, actor, "print_run.repeated", at=at, subject=run.ref)


def _put_into(session: Session, run: PrintRun, invoices: list[Invoice], at: datetime) -> None:
    for position, invoice in enumerate(invoices, 1):
        session.execute(
            update(PostLetter)
            .where(PostLetter.invoice_id == invoice.id, PostLetter.print_run_id.is_(None))
            .values(print_run_id=run.id, position=position)
        )
        ask_for(session, invoice.ref, post.language_of(invoice), at=at)
