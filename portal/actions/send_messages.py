"""Send the mails whose time has come, each at most once.

A mail is read, checked against the present and written down with its content as `sending` before the server
hears of it. Whoever dies after that leaves a row that says so: it is sent again only if that cannot confuse.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from portal.actions._papers import ask_for
from portal.core.business import STOP_MAILS, is_on
from portal.core.crashes import crash_point
from portal.core.db import db, transaction
from portal.core.logging import log
from portal.core.settings import current
from portal.core.tasks import open_task
from portal.notifications.delivery import Envelope, Outcome, Postman, Result, postman
from portal.notifications.letters import Unneeded
from portal.notifications.mailing import PaperMissing, envelope_of
from portal.notifications.messages import BY_TEMPLATE
from portal.notifications.models import Message
from portal.notifications.rendering import Desk, desk
from portal.notifications.states import MESSAGE, MessageEvent, MessageStatus

LEASE = timedelta(minutes=10)
BATCH_SECONDS = 60.0
PATIENCE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
FAILED, DOUBTFUL = "message.failed", "message.doubtful"
_IDLE = {"synchronize_session": False}

_TAKE = (
    update(Message)
    .where(Message.id == bindparam("message_id"), Message.status == MessageStatus.QUEUED)
    .values(status=MESSAGE.after(MessageStatus.QUEUED, MessageEvent.LEASED), tries=Message.tries + 1)
    .returning(Message.id)
)
_SENT = (
    update(Message)
    .where(Message.id == bindparam("message_id"), Message.status == MessageStatus.SENDING)
    .values(status=MESSAGE.after(MessageStatus.SENDING, MessageEvent.ACCEPTED), note="", next_action_at=None)
)


class Claimed(NamedTuple):
    id: int
    template: str


def send_messages(*, limit: int, at: datetime) -> int:
    """Send up to `limit` mails; returns how many were taken up. With mails stopped nothing is."""
    with transaction() as session:
        if is_on(session, STOP_MAILS):
            return 0
        doubtful = _settle_doubtful(session, limit, at)
        claimed = _claim(session, limit, at)
        shared = desk(session) if claimed else None
    if shared is None:
        return doubtful
    started = time.monotonic()
    post, is_down = postman(current().smtp_url), ""
    post.begin()
    for place, message in enumerate(claimed):
        if time.monotonic() - started > BATCH_SECONDS:
            _give_back(claimed[place:], at)
            break
        is_down = _send(message, shared, post, is_down, at)
    return len(claimed) + doubtful


def _claim(session: Session, limit: int, at: datetime) -> list[Claimed]:
    """Those that are due, put off by a lease so that no other sender takes them. They are still `queued`."""
    due = (
        select(Message.id)
        .where(Message.next_action_at <= at, Message.status == MessageStatus.QUEUED)
        .order_by(Message.next_action_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = update(Message).where(Message.id.in_(session.scalars(due).all())).values(next_action_at=at + LEASE)
    rows = session.execute(taken.returning(Message.id, Message.template), execution_options=_IDLE)
    return sorted(Claimed(*row) for row in rows)


def _give_back(claimed: Sequence[Claimed], at: datetime) -> None:
    with transaction() as session:
        ids = [message.id for message in claimed]
        session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.status == MessageStatus.QUEUED)
            .values(next_action_at=at),
            execution_options=_IDLE,
        )


def _settle_doubtful(session: Session, limit: int, at: datetime) -> int:
    """Mails whose sender died with them: nobody knows whether they left."""
    rows = session.scalars(
        select(Message)
        .where(Message.next_action_at <= at, Message.status == MessageStatus.SENDING)
        .order_by(Message.next_action_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _settle(session, row, Outcome(Result.UNKNOWN, "the sender stopped while it was being sent"), at)
    return len(rows)


def _send(claimed: Claimed, shared: Desk, post: Postman, is_down: str, at: datetime) -> str:
    """One mail from reading to its outcome; returns why the server is down, empty while it is not."""
    envelope = _written(claimed, shared, at)
    if envelope is None:
        return is_down
    crash_point("mail-written")
    outcome = Outcome(Result.LATER, is_down, is_down=True) if is_down else post.deliver(envelope)
    crash_point("C-18")
    with transaction() as session:
        if outcome.result is Result.SENT:
            session.execute(_SENT, {"message_id": claimed.id, "sent_at": at}, execution_options=_IDLE)
        elif (row := session.get_one(Message, claimed.id, with_for_update=True)).status is MessageStatus.SENDING:
            _settle(session, row, outcome, at)
    return outcome.note if outcome.is_down else ""


def _written(claimed: Claimed, shared: Desk, at: datetime) -> Envelope | None:
    """The mail as of now, stored as `sending`; None if it is not to leave, or not yet."""
    told = BY_TEMPLATE[claimed.template]
    with Session(db.engine) as reading:
        row = reading.get_one(Message, claimed.id)
        try:
            envelope = envelope_of(reading, row, told, shared, at=at, can_wait=at < row.created_at + 2 * PATIENCE)
        except Unneeded as unneeded:
            _finish(claimed.id, MessageEvent.OUTDATED, unneeded.note)
            return None
        except PaperMissing:
            _wait_for_paper(claimed.id, at)
            return None
        except Exception as error:  # one mail that cannot be written holds up no other
            log().error("mail cannot be written", message=row.ref, error=repr(error))
            _unwritable(claimed.id, repr(error), at)
            return None
    kept = {"subject": envelope.subject, "text": envelope.text, "html": envelope.html, "next_action_at": at + LEASE}
    with transaction() as session:
        taken = session.execute(_TAKE, {"message_id": claimed.id} | kept, execution_options=_IDLE)
        return envelope if taken.first() is not None else None


def _settle(session: Session, row: Message, outcome: Outcome, at: datetime) -> None:
    """What the server said instead of taking it, or did not say, becomes the state of the message."""
    row.note = outcome.note
    is_doubtful = outcome.result is Result.UNKNOWN and not BY_TEMPLATE[row.template].repeatable
    is_too_old = at >= row.created_at + GIVEN_UP_AFTER
    if is_doubtful or is_too_old or outcome.result is Result.REFUSED:
        row.status, row.next_action_at = _moved(row, MessageEvent.GIVEN_UP), None
        kind = DOUBTFUL if is_doubtful else FAILED
        open_task(session, kind, row.ref, at=at, customer_id=row.customer_id, reason=outcome.note)
        return
    row.status = _moved(row, MessageEvent.DEFERRED)
    row.next_action_at = at + BACKOFF[min(row.tries, len(BACKOFF)) - 1]


def _finish(message_id: int, event: MessageEvent, note: str) -> None:
    with transaction() as session:
        row = session.get_one(Message, message_id, with_for_update=True)
        if row.status is MessageStatus.QUEUED:
            row.status, row.note, row.next_action_at = _moved(row, event), note, None


def _wait_for_paper(message_id: int, at: datetime) -> None:
    with transaction() as session:
        row = session.get_one(Message, message_id)
        assert row.document is not None  # else nothing could be missing  # noqa: S101
        digest = ask_for(session, row.document, row.language, at=at)
        session.refresh(row, with_for_update=True)
        if row.status is MessageStatus.QUEUED:
            row.note, row.next_action_at = "waits for its paper", at if digest is not None else at + PATIENCE


def _unwritable(message_id: int, reason: str, at: datetime) -> None:
    """Tried again for three days, in case what is wrong is put right; staff know meanwhile."""
    with transaction() as session:
        row = session.get_one(Message, message_id, with_for_update=True)
        if row.status is not MessageStatus.QUEUED:
            return
        row.tries += 1
        row.note = f"cannot be written: {reason}"[:300]
        open_task(session, FAILED, row.ref, at=at, customer_id=row.customer_id, reason=row.note)
        if at >= row.created_at + GIVEN_UP_AFTER:
            row.status, row.next_action_at = _moved(row, MessageEvent.OUTDATED), None
        else:
            row.next_action_at = at + BACKOFF[min(row.tries, len(BACKOFF)) - 1]


def _moved(row: Message, event: MessageEvent) -> MessageStatus:
    after = MESSAGE.after(row.status, event)
    return row.status if after is None else after
