"""Every mail there is, in three languages: complete, escaped, with its dates, in both forms the same."""

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.banking.proof_models import TransferProof
from portal.core import business, clock
from portal.core.formats import LANGUAGES
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.core.settings import current
from portal.identity import tokens
from portal.identity.models import LoginToken
from portal.invoicing import crediting, note_drafts, notes
from portal.invoicing.note_drafts import Drawn, Places
from portal.invoicing.states import NoteCause
from portal.notifications.colours import INK, WHITE, brand_of, contrast
from portal.notifications.letters import Unneeded
from portal.notifications.messages import TOLD
from portal.notifications.rendering import Mail, preview
from portal.payments.models import GatewayAccount, Payment
from portal.payments.refund_models import Dispute, Refund
from portal.runs.models import BillingRun
from portal.subscriptions.models import SubscriptionChange
from tests.factories import Make as MakeThings
from tests.notifications.world import NOON, World
from tests.people import make_user

Make = Callable[..., World]
STATUS = {
    "subscription.suspended": "suspended",
    "subscription.paused": "paused",
    "subscription.canceled": "canceled",
    "subscription.expired": "expired",
    "subscription.trial_started": "trialing",
    "subscription.trial_extended": "trialing",
    "subscription.trial_ending": "trialing",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", sorted(TOLD))
def test_every_mail_is_complete_in_every_language(make: Make, topic: str, language: str):
    world = make(language=language, name="Société & <b>Fils</b>")
    mail = _mail_of(world, topic, _facts(world, topic))
    assert mail.subject
    assert "\n" not in mail.subject
    assert not re.search(r"%\(\w+\)s|\{\{|None", mail.subject + mail.text + mail.html)
    assert "<b>Fils" not in mail.html
    assert f'lang="{language}"' in mail.html
    assert current().app_url in mail.text
    said = " ".join(re.sub(r"<[^>]+>", " ", mail.html).split())
    for sentence in (line for line in mail.text.splitlines() if line.endswith(".") and "://" not in line):
        assert " ".join(sentence.split()) in html.unescape(said)


@pytest.mark.parametrize("topic", sorted(TOLD))
def test_no_mail_is_left_in_english(world: World, topic: str):
    facts = _facts(world, topic)
    english = _sentences(_mail_of(world, topic, facts))
    for language in ("id", "fr"):
        world.customer.language = language
        assert not english & _sentences(_mail_of(world, topic, facts))


def test_a_mail_previewed_is_the_mail_that_leaves(world: World):
    case = world.chase(world.bill())
    shown = preview(
        world.session, "dunning.reminded", customer=world.customer, facts={"case": case.ref, "step": 1}, at=NOON
    )
    assert shown.recipient == "books@ibadan.example"
    assert shown.mail.subject == "Reminder: ₦48,375.00 is overdue"


def test_a_preview_says_when_nothing_would_leave(world: World):
    invoice = world.bill()
    case = world.chase(invoice)
    world.pay(invoice)
    with pytest.raises(Unneeded):
        preview(world.session, "dunning.reminded", customer=world.customer, facts={"case": case.ref}, at=NOON)


@pytest.mark.parametrize(
    "accent", ["#2438e6", "#0a6f45", "#ffe000", "#ff6f61", "#000000", "#ff00ff", "#ffffff", "#777777"]
)
def test_words_stay_legible_on_every_colour(accent: str):
    brand = brand_of(accent)
    assert brand.on_fill in {WHITE, INK}
    assert contrast(brand.on_fill, brand.fill) >= 3.9
    assert contrast(brand.link, "#f4f2ec") >= 4.5


def _mail_of(world: World, topic: str, facts: dict[str, Any]) -> Mail:
    world.session.commit()
    return preview(world.session, topic, customer=world.customer, facts=facts, at=NOON).mail


def _sentences(mail: Mail) -> set[str]:
    """Its subject and whatever is longer than a name; the signature is the company's own."""
    *lines, _signature = mail.text.strip().splitlines()
    return {line for line in [mail.subject, *lines] if len(line.split()) > 2 and "://" not in line}


def _facts(world: World, topic: str) -> dict[str, Any]:
    noun, _, event = topic.partition(".")
    if noun == "subscription":
        return _subscription(world, topic)
    if noun == "invoice":
        invoice = world.bill(due_days=7)
        return {"invoice": invoice.ref, "payment": world.pay(invoice).ref if event == "paid" else None}
    if topic == "bank.account_changed":
        return {"account": MakeThings(world.session, NOON).bank().ref, "what": "opened", "by": "Ada"}
    if topic == "payment.received":
        return {"payment": world.pay(world.bill()).ref}
    if noun == "payment":
        invoice = world.bill()
        status = "action_required" if event == "action_required" else "declined"
        waits = {"next_action_at": NOON} if status == "action_required" else {"decline": "suspected_fraud"}
        return {"invoice": invoice.ref, "attempt": world.attempt(invoice, status, **waits).reference}
    if noun == "dunning":
        return {"case": world.chase(world.bill()).ref, "step": 1}
    if noun in {"proof", "credit_note", "refund", "dispute"}:
        made = {"proof": _proof, "credit_note": _credit_note, "refund": _refund, "dispute": _dispute}
        return made[noun](world, event)
    if noun == "method":
        return {"method": world.method.ref, "on": "2027-01-31"}
    if noun == "user":
        return _link(world, event)
    if noun == "run":
        run = BillingRun(
            ref="run_x", started_by="schedule", as_of=NOON, status="held", planned={},
            hold_reason="401", created_at=NOON,
        )  # fmt: skip
        world.session.add(run)
        return {"run": "run_x"}
    return _stopped_account(world) | ({"what": "on", "by": "Sade Akande"} if event == "changed" else {})


def _subscription(world: World, topic: str) -> dict[str, Any]:
    row = world.subscription
    row.status = STATUS.get(topic, "active")
    if row.status in {"suspended", "canceled", "expired", "paused"}:
        row.next_action_at = row.next_bill_on = None
    if row.status == "trialing":
        row.trial_ends_on = row.next_bill_on = date(2026, 11, 17)
        row.anchor_on = row.period_start_on = row.period_end_on = None
    if topic == "subscription.cancellation_scheduled":
        row.cancel_on = date(2026, 12, 3)
    if topic == "subscription.restored":
        world.session.add(
            SubscriptionChange(
                subscription_id=row.id,
                at=NOON,
                event="settled",
                from_status="suspended",
                to_status="active",
                actor="system:x",
                reason="",
                facts={},
            )
        )
    return {"subscription": row.ref, "on": "2026-12-03"}


def _link(world: World, event: str) -> dict[str, Any]:
    user = make_user(world.session, email=f"{event}@example.com")
    purpose = tokens.Purpose.VERIFY_EMAIL if event == "email_verification" else tokens.Purpose.RESET_PASSWORD
    link = tokens.issue(world.session, purpose, user.id, secret_key=current().secret_key, wall_at=clock.wall())
    assert world.session.get(LoginToken, link) is not None
    return {"login_token": link}


def _proof(world: World, event: str) -> dict[str, Any]:
    """Sent for an invoice of which something is open still."""
    invoice = world.bill(due_days=7)
    is_true = event == "accepted"
    paid = {"received_on": NOON.date(), "created_at": NOON, "fee_minor": 0, "refunded_minor": 0, "reversed_minor": 0}
    payment = Payment(
        ref=public_ref("pay"), customer_id=invoice.customer_id, status="booked", amount_minor=4_000_00,
        currency=invoice.currency, **paid,
    )  # fmt: skip
    world.session.add(payment)
    world.session.flush()
    values = {"ref": public_ref("tp"), "customer_id": invoice.customer_id, "invoice_id": invoice.id, "status": event}
    said = {"amount_minor": 4_000_00, "currency": invoice.currency, "paid_on": NOON.date(), "payer": "", "note": ""}
    file = {"file_name": "0" * 40, "file_digest": "x", "media_type": "application/pdf", "size": 1}
    sent = {"submitted_by": "Ada", "submitted_on": NOON.date(), "submitted_at": NOON, "decided_by": "Bola"}
    decided = {"decided_at": NOON, "reason": "" if is_true else "NAME-7", "payment_id": payment.id if is_true else None}
    proof = TransferProof(**(values | said | file | sent | decided))
    world.session.add(proof)
    return {"proof": proof.ref}


def _refund(world: World, event: str) -> dict[str, Any]:
    payment = world.pay(world.bill())
    done = event == "succeeded"
    refund = Refund(
        ref="ref_x", customer_id=payment.customer_id, payment_id=payment.id,
        gateway_account_id=payment.gateway_account_id,
        way="gateway", source="balance", status=event if done else "pending", amount_minor=1_000_00,
        currency=payment.currency, reason="Paid twice", said="", requested_by="Ada", sends=1, queries=0, misses=0,
        created_at=NOON, approved_at=NOON, sent_at=NOON, closed_at=NOON if done else None,
        next_action_at=None if done else NOON,
    )  # fmt: skip
    world.session.add(refund)
    return {"refund": "ref_x"}


def _dispute(world: World, _event: str) -> dict[str, Any]:
    payment = world.pay(world.bill())
    dispute = Dispute(
        ref="dsp_x", customer_id=payment.customer_id, payment_id=payment.id,
        gateway_account_id=payment.gateway_account_id, gateway_ref="1", status="needs_response", category="chargeback",
        claim="", said="", amount_minor=1_000_00, currency=payment.currency, due_at=NOON, answer=None, answer_text="",
        queries=0, opened_at=NOON, next_action_at=NOON,
    )  # fmt: skip
    world.session.add(dispute)
    return {"dispute": "dsp_x"}


def _credit_note(world: World, _event: str) -> dict[str, Any]:
    invoice = world.bill()
    parts = crediting.parts_of(world.session, invoice, {1: Money(1_000_00, invoice.currency)})
    total = crediting.total_of(parts, invoice.currency)
    zero = Money.zero(invoice.currency)
    note = note_drafts.blank(invoice, at=NOON)
    note_drafts.fill(note, Drawn(parts, Places(total, zero, zero), NoteCause.AGREED, "Agreed"))
    notes.issue(world.session, invoice, note, parts, business=business.read(world.session), at=NOON)
    return {"note": note.ref}


def _stopped_account(world: World) -> dict[str, Any]:
    account = world.session.scalars(select(GatewayAccount)).one()
    account.stopped_reason = "401"
    return {"account": account.ref}
