"""What the mail server says decides what becomes of a mail, and nothing is sent twice that would confuse."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.actions.relay_outbox import relay_outbox
from portal.actions.send_messages import send_messages
from portal.core import crashes
from portal.core.settings import Settings, current, install
from portal.core.tasks import open_tasks
from portal.local.mails import Mails, parse, part
from portal.local.processes import Ports
from portal.notifications.delivery import Envelope, Result, message_of, postman
from portal.notifications.models import Message
from tests.notifications.world import NOON, World

Tell = Callable[..., None]
Stored = Callable[..., list[Message]]


class Moody:
    """A mail server that answers as it is told: `answers` for RCPT and DATA; `hangs_up` after the content."""

    def __init__(self) -> None:
        self.rcpt, self.data, self.hangs_up = "250 OK", "250 OK", False
        self.taken = self.greeted = 0
        self.tired: Any = None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name, self.tired = hostname, server
        self.greeted += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.hangs_up:
            server.transport.close()
            await asyncio.sleep(0)
        self.taken += self.data.startswith("2")
        return self.data


@pytest.fixture
def moody(app: Flask, settings: Settings) -> Iterator[Moody]:
    """The portal's mail server for one test is a moody one."""
    server, port = Moody(), Ports.free().smtp
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    install(replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"))
    yield server
    install(settings)
    controller.stop()


@pytest.fixture
def nobody(app: Flask, settings: Settings) -> Iterator[None]:
    """Nobody answers at the address of the mail server."""
    install(replace(settings, smtp_url=f"smtp://127.0.0.1:{Ports.free().smtp}"))
    yield
    install(settings)


@pytest.fixture
def plan_crash() -> Iterator[Callable[[str], None]]:
    yield crashes.load_plan
    crashes.load_plan("")


def test_a_server_that_is_away_is_tried_again_and_the_backlog_is_seen_through(
    world: World, nobody: None, settings: Settings, tell: Tell, stored: Stored, mails: Mails
):
    for _ in range(3):
        world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    assert [(row.status, row.tries, row.next_action_at) for row in stored()] == [
        ("queued", 1, NOON + timedelta(minutes=1))
    ] * 3
    tell(NOON + timedelta(minutes=1))
    assert {row.next_action_at for row in stored()} == {NOON + timedelta(minutes=6)}
    install(settings)
    tell(NOON + timedelta(minutes=6))
    assert len(mails.found()) == 3
    assert {row.status for row in stored()} == {"sent"}


def test_after_three_days_a_mail_is_given_up_and_staff_know(
    world: World, nobody: None, tell: Tell, stored: Stored, session: Session
):
    world.happened("subscription.started", subscription=world.subscription.ref)
    at = NOON
    while at <= NOON + timedelta(days=4) and not stored(status="failed"):
        tell(at)
        at = stored()[0].next_action_at or at
    (row,) = stored()
    assert row.status == "failed"
    assert at >= NOON + timedelta(days=3)
    assert [(task.kind, task.subject) for task in open_tasks(session)] == [("message.failed", row.ref)]


@pytest.mark.parametrize(("where", "answer"), [("rcpt", "450 greylisted"), ("data", "451 try again")])
def test_a_server_that_says_later_is_asked_later(
    world: World, moody: Moody, tell: Tell, stored: Stored, where: str, answer: str
):
    setattr(moody, where, answer)
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    (row,) = stored()
    assert (row.status, row.note) == ("queued", answer)
    setattr(moody, where, "250 OK")
    tell(NOON + timedelta(minutes=1))
    assert stored()[0].status == "sent"
    assert moody.taken == 1


@pytest.mark.parametrize(("where", "answer"), [("rcpt", "550 no such user"), ("data", "554 refused")])
def test_a_server_that_says_never_is_not_asked_again(
    world: World, moody: Moody, tell: Tell, stored: Stored, session: Session, where: str, answer: str
):
    setattr(moody, where, answer)
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    (row,) = stored()
    assert (row.status, row.note, row.next_action_at) == ("failed", answer, None)
    assert [task.kind for task in open_tasks(session)] == ["message.failed"]


def test_silence_after_the_content_repeats_news_but_never_a_receipt(
    world: World, moody: Moody, tell: Tell, stored: Stored, session: Session
):
    moody.hangs_up = True
    invoice = world.bill()
    world.happened("invoice.paid", invoice=invoice.ref, payment=world.pay(invoice).ref)
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    by_template = {row.template: row for row in stored()}
    assert by_template["receipt"].status == "failed"
    assert by_template["started"].status == "queued"
    assert [task.kind for task in open_tasks(session)] == ["message.doubtful"]


@pytest.mark.parametrize("place", ["mail-written", "C-18"])
def test_a_sender_that_dies_leaves_a_receipt_to_staff_and_sends_news_again(
    world: World, app: Flask, mails: Mails, stored: Stored, session: Session, tell: Tell, plan_crash: Any, place: str
):
    world.happened("payment.received", payment=world.pay(world.bill()).ref)
    relay_outbox(limit=10, at=NOON)
    plan_crash(f"{place}:1:raise")
    with pytest.raises(crashes.Crashed):
        send_messages(limit=10, at=NOON)
    plan_crash("")
    assert stored()[0].status == "sending"
    tell()
    assert stored()[0].status == "sending"
    tell(NOON + timedelta(minutes=10))
    assert stored()[0].status == "failed"
    assert len(mails.found()) == (1 if place == "C-18" else 0)
    session.execute(update(Message).values(status="sending", template="started", next_action_at=NOON))
    session.commit()
    tell(NOON + timedelta(minutes=20))
    assert session.scalars(select(Message.status)).one() in {"queued", "suppressed"}


def test_names_and_subjects_cannot_add_headers(world: World, tell: Tell, mails: Mails, session: Session):
    world.customer.name = "Eve\r\nBcc: everyone@example.com\n<script>alert(1)</script>"
    world.plan.name = "Team\r\nX-Evil: yes"
    session.commit()
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    (letter,) = mails.found()
    message = parse(mails.raw(letter.id) or b"")
    assert letter.to == ["books@ibadan.example"]
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert letter.subject == "Team X-Evil: yes has started"
    assert "<script>" not in part(message, "html")
    assert "&lt;script&gt;" in part(message, "html")


def test_a_mail_with_every_header_it_needs_and_none_it_does_not():
    message = message_of(_envelope())
    assert message["From"] == "Kaya Data <billing@portal.example>"
    assert message["To"] == "Ada Obi <ada@example.com>"
    assert message["Message-ID"] == "<msg_a@portal.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_an_address_that_no_header_can_hold_is_refused_without_a_server():
    post = postman("smtp://127.0.0.1:9")
    outcome = post.deliver(replace(_envelope(), recipient="ada@example.com\nBcc: x@example.com"))
    assert outcome.result is Result.REFUSED


def test_batches_share_a_connection_and_one_that_was_closed_in_between_is_opened_again(moody):
    post = postman(current().smtp_url)
    for _ in range(2):
        post.begin()
        assert post.deliver(_envelope()).result is Result.SENT
    assert (moody.taken, moody.greeted) == (2, 1)

    moody.tired.loop.call_soon_threadsafe(moody.tired.transport.close)
    post.begin()
    assert post.deliver(_envelope()).result is Result.SENT
    assert (moody.taken, moody.greeted) == (3, 2)


def _envelope() -> Envelope:
    return Envelope(
        ref="msg_a", sender="billing@portal.example", sender_name="Kaya Data", reply_to="", recipient="ada@example.com",
        recipient_name="Ada Obi", subject="Hello", text="Hello", html="<p>Hello</p>", written_at=NOON,
    )  # fmt: skip
