"""What lies on the desks of the demo's staff: money given back, a request, a proof of a transfer, a stray payment."""

from __future__ import annotations

import io
from datetime import datetime
from fractions import Fraction

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.record_unmatched import record_unmatched
from portal.actions.submit_proof import Claim, submit_proof
from portal.banking.models import BankAccount
from portal.banking.receipts import Wire
from portal.core.actors import Actor
from portal.core.db import db
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.queries import by_email
from portal.invoicing.models import Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import InvoiceStatus, NoteCause

GIVEN, ASKED_FOR = Money(500_000, "NGN"), Money(6_000_000, "NGN")
"""Below and above what a billing clerk gives alone."""


def lay_out(clerk: str, *, at: datetime) -> None:
    """`clerk`: the address of the staff user who did all of it."""
    session = db.session()
    user = by_email(session, clerk)
    assert user is not None, clerk  # noqa: S101  (founded with the company)
    actor = Actor.staff(user.id, user.name)
    _note(session, "Onitsha Freight Data", GIVEN, "Two hours without exports on Tuesday", actor, at)
    _note(session, "Enugu Clinics", ASKED_FOR, "Half a month that was agreed to be free", actor, at)
    _proof(session, "Lekki Insight Hub", at)
    account = session.scalars(select(BankAccount.ref).where(BankAccount.currency == "NGN")).first()
    if account is not None:
        wire = Wire(account, Money(1_612_500, "NGN"), at.date(), "INV KAYA NOV", "O. Balogun and Sons")
        record_unmatched(wire, actor=actor, at=at)


def _note(session: Session, company: str, net: Money, reason: str, actor: Actor, at: datetime) -> None:
    """A part of the first line of the last paid invoice, to the customer's balance with its tax."""
    invoice = _invoice_of(session, company, InvoiceStatus.PAID)
    gross = net.times(Fraction(invoice.total_minor, invoice.net_minor))
    places = Places(Money.zero(net.currency), gross, Money.zero(net.currency))
    wish = NoteWish({1: net}, places, NoteCause.GOODWILL, reason)
    propose_credit_note(invoice.ref, wish, submit=True, actor=actor, at=at)


def _proof(session: Session, company: str, at: datetime) -> None:
    invoice = _invoice_of(session, company, InvoiceStatus.ISSUED)
    slip = io.BytesIO()
    segno.make(f"{invoice.label} {invoice.open}").save(slip, kind="png", scale=8)
    claim = Claim(invoice.open, at.date(), payer=company, note="Paid at the branch this morning")
    submit_proof(invoice.ref, slip.getvalue(), claim, actor=Actor.customer(0, invoice.customer_id, "demo"), at=at)


def _invoice_of(session: Session, company: str, status: InvoiceStatus) -> Invoice:
    mine = select(Invoice).join(Customer, Customer.id == Invoice.customer_id)
    return session.scalars(
        mine.where(Customer.name == company, Invoice.status == status).order_by(Invoice.id.desc()).limit(1)
    ).one()
