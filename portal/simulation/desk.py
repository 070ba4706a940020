"""What lies on the desks of the demo's staff: money given back, a request, a proof of a transfer, a stray payment, and
the gateways' lists compared with our books, which the wall's days do for an installation that lives them."""

from __future__ import annotations

import io
from datetime import datetime
from fractions import Fraction

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.decide_approval import decide_approval
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.record_unmatched import record_unmatched
from portal.actions.submit_proof import Claim, submit_proof
from portal.banking.models import BankAccount
from portal.banking.receipts import Wire
from portal.core.actors import Actor
from portal.core.db import db
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.approvals import Decision
from portal.identity.models import Approval, User
from portal.invoicing.models import Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import InvoiceStatus, NoteCause


def lay_out(clerk: str, chief: str, *, at: datetime) -> None:
    """`clerk` and `chief`: the addresses of the staff user who asks for all of it and of the one who approves some."""
    session = db.session()
    clerks, chiefs = _person(session, clerk), _person(session, chief)
    hours = "Two hours without exports on Tuesday"
    given = _note(session, "Onitsha Freight Data", Money(500_000, "NGN"), hours, clerks, at)
    request = session.scalars(select(Approval.ref).where(Approval.subject == given)).one()
    decide_approval(request, Decision.APPROVED, reason="", actor=chiefs, at=at)
    _note(session, "Enugu Clinics", Money(6_000_000, "NGN"), "Half a month that was agreed to be free", clerks, at)
    _proof(session, "Lekki Insight Hub", at)
    account = session.scalars(select(BankAccount.ref).where(BankAccount.currency == "NGN")).one()
    wire = Wire(account, Money(1_612_500, "NGN"), at.date(), "INV KAYA NOV", "O. Balogun and Sons")
    record_unmatched(wire, actor=clerks, at=at)
    ask_reconciliation(actor=clerks, at=at)


def _person(session: Session, email: str) -> Actor:
    user = session.scalars(select(User).where(User.email == email)).one()
    return Actor.staff(user.id, user.name)


def _note(session: Session, company: str, net: Money, reason: str, actor: Actor, at: datetime) -> str:
    """A part of the first line of the last paid invoice, to the customer's balance with its tax; its reference."""
    invoice = _invoice_of(session, company, InvoiceStatus.PAID)
    gross = net.times(Fraction(invoice.total_minor, invoice.net_minor))
    places = Places(Money.zero(net.currency), gross, Money.zero(net.currency))
    wish = NoteWish({1: net}, places, NoteCause.GOODWILL, reason)
    return propose_credit_note(invoice.ref, wish, submit=True, actor=actor, at=at)


def _proof(session: Session, company: str, at: datetime) -> None:
    invoice = _invoice_of(session, company, InvoiceStatus.ISSUED)
    slip = io.BytesIO()
    segno.make(f"{invoice.label} {invoice.open}").save(slip, kind="png", scale=8)
    claim = Claim(invoice.open, at.date(), payer=company, note="Paid at the branch this morning")
    payer = Actor.customer(0, invoice.customer_id, company)
    submit_proof(invoice.ref, slip.getvalue(), claim, actor=payer, at=at)


def _invoice_of(session: Session, company: str, status: InvoiceStatus) -> Invoice:
    mine = select(Invoice).join(Customer, Customer.id == Invoice.customer_id)
    return session.scalars(
        mine.where(Customer.name == company, Invoice.status == status).order_by(Invoice.id.desc()).limit(1)
    ).one()
