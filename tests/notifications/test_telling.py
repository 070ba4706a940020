"""Each event is told once, to the right person, in their words; what is no longer so is not told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.actions.relay_outbox import relay_outbox
from portal.actions.send_messages import send_messages
from portal.core.business import Switch
from portal.core.outbox import OutboxEntry
from portal.local.mails import Mails, attachments, parse, part
from portal.notifications.models import Message
from tests.notifications.world import NEXT, NOON, World
from tests.people import make_user

Tell = Callable[..., None]
Stored = Callable[..., list[Message]]


def test_a_receipt_goes_out_with_its_paper(world: World, tell: Tell, mails: Mails, stored: Stored):
    invoice = world.bill()
    payment = world.pay(invoice)
    world.happened("invoice.paid", invoice=invoice.ref, payment=payment.ref)
    tell()
    (letter,) = mails.found()
    assert letter.to == ["books@ibadan.example"]
    assert letter.subject == f"Receipt for {invoice.label}, ₦48,375.00"
    message = parse(mails.raw(letter.id) or b"")
    ((name, paper),) = attachments(message)
    assert name == f"{invoice.label}-receipt.pdf"
    assert paper.get_content().startswith(b"%PDF-")
    assert "Charged to Visa ending 4081 on 3 November 2026." in part(message, "plain")
    assert "Next payment: ₦48,375.00 on 3 December 2026." in part(message, "html")
    (row,) = stored()
    assert (row.status, row.subject, row.sent_at) == ("sent", letter.subject, NOON)
    assert message["Message-ID"] == f"<{row.ref}@portal.example>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_two_relays_and_two_senders_send_one_mail_each(world: World, app: Flask, mails: Mails, stored: Stored):
    for number in range(20):
        world.happened("subscription.renewal_upcoming", subscription=f"sub_{number}", on="2026-12-03")
        world.happened("subscription.started", subscription=world.subscription.ref)

    def together(work: Callable[[], int]) -> int:
        def within() -> int:
            with app.app_context():
                return work()

        with ThreadPoolExecutor(4) as pool:
            return sum(done.result() for done in [pool.submit(within) for _ in range(4)])

    relayed = sent = 0
    while some := together(lambda: relay_outbox(limit=7, at=NOON)):
        relayed += some
    while some := together(lambda: send_messages(limit=7, at=NOON)):
        sent += some
    assert (relayed, sent) == (40, 40)
    assert len(mails.found()) == 20  # those that start; a renewal of an unknown subscription is not told
    assert {row.tries for row in stored(status="sent")} == {1}


def test_an_event_that_is_relayed_again_is_not_told_again(world: World, tell: Tell, mails: Mails, session: Session):
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    session.execute(update(OutboxEntry).values(posted_at=None, next_action_at=NOON))
    session.commit()
    tell()
    assert len(mails.found()) == 1
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_reminder_of_what_was_paid_meanwhile_stays_home(world: World, tell: Tell, mails: Mails, stored: Stored):
    invoice = world.bill()
    case = world.chase(invoice)
    world.happened("dunning.reminded", case=case.ref, step=1)
    world.pay(invoice)
    tell()
    assert mails.found() == []
    (row,) = stored()
    assert (row.status, row.note) == ("suppressed", "nothing is owed any more")


def test_a_reminder_names_every_debt_and_the_day_of_its_consequence(world: World, tell: Tell, mails: Mails):
    first = world.bill()
    second = world.bill(quantity=1, period=NEXT)
    case = world.chase(first, second)
    world.happened("dunning.reminded", case=case.ref, step=1)
    tell()
    (letter,) = mails.found()
    text = part(parse(mails.raw(letter.id) or b""), "plain")
    assert letter.subject == "Reminder: ₦58,050.00 is overdue"
    assert str(first.label) in text
    assert str(second.label) in text
    assert "We try to charge your payment method again on 5 November 2026." in text
    assert "If nothing is paid by 18 November 2026, we stop your service then." in text


def test_a_failed_charge_says_why_and_when_it_is_tried_again(world: World, tell: Tell, mails: Mails):
    invoice = world.bill()
    attempt = world.attempt(invoice, "declined", decline="retry_later", closed_at=NOON)
    world.chase(invoice)
    world.happened("payment.failed", invoice=invoice.ref, attempt=attempt.reference)
    tell()
    (letter,) = mails.found()
    text = part(parse(mails.raw(letter.id) or b""), "plain")
    assert "We could not charge Visa ending 4081. Your bank did not approve the payment this time." in text
    assert "We try again on 5 November 2026." in text


@pytest.mark.parametrize("trigger", ["dunning", "customer", "first_purchase"])
def test_only_the_first_automatic_failure_has_a_mail_of_its_own(
    world: World, tell: Tell, stored: Stored, session: Session, trigger: str
):
    invoice = world.bill()
    attempt = world.attempt(invoice, "declined", decline="retry_later", closed_at=NOON)
    attempt.trigger = trigger
    session.commit()
    world.happened("payment.failed", invoice=invoice.ref, attempt=attempt.reference)
    tell()
    assert stored() == []


def test_an_invoice_is_sent_only_to_those_who_pay_by_themselves(world: World, tell: Tell, mails: Mails):
    world.happened("invoice.issued", invoice=world.bill().ref)
    tell()
    assert mails.found() == []
    world.subscription.collection = "push"
    pushed = world.bill(period=NEXT, due_days=7)
    world.happened("invoice.issued", invoice=pushed.ref)
    tell()
    (letter,) = mails.found()
    assert letter.attachments == [f"{pushed.label}.pdf"]
    assert "To pay by 10 November 2026" in part(parse(mails.raw(letter.id) or b""), "plain")


def test_stopped_mails_wait_and_then_leave(world: World, tell: Tell, mails: Mails, session: Session):
    session.execute(update(Switch).where(Switch.name == "stop_mails").values(is_on=True))
    world.happened("subscription.started", subscription=world.subscription.ref)
    tell()
    assert mails.found() == []
    session.execute(update(Switch).where(Switch.name == "stop_mails").values(is_on=False))
    session.commit()
    tell(NOON + timedelta(hours=1))
    assert len(mails.found()) == 1


def test_staff_alerts_reach_those_who_keep_the_house_running(world: World, tell: Tell, mails: Mails, session: Session):
    make_user(session, "super_admin", email="ops@kayadata.example")
    make_user(session, "billing", email="bill@kayadata.example")
    world.happened("gateway.refused", account="ga_unknown")
    tell()
    assert mails.found() == []
    (row,) = session.scalars(select(Message)).all()
    assert (row.recipient, row.status) == ("ops@kayadata.example", "suppressed")
