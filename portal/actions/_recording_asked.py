"""A second person for money of a bank account above the limit of whoever records it, or takes it back.

Steps and the two deeds of the table in `decide_approval.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.actions import _placing, _recording, _reversing, _wires
from portal.actions._deeds import Change, Content, Deed, nothing_waits
from portal.actions._placing import Spread, Wanted
from portal.actions._recording import Hand
from portal.actions._wires import AccountNotOpen, Part
from portal.banking import accounts, receipts
from portal.banking.models import BankAccount
from portal.banking.receipts import Wire
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.errors import Invalid, NotFound
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.identity import approvals
from portal.identity.approvals import Wish
from portal.identity.models import Approval
from portal.invoicing.models import Invoice
from portal.journal.accounts import Entry, JournalEvent, entries
from portal.payments import queries
from portal.payments.models import Payment, PaymentAllocation

RECORD, REVERSE = "payment.record", "payment.reverse"
_GONE = (AccountNotOpen, Invalid, NotFound)


def ask(session: Session, customer: Customer, wire: Wire, parts: Sequence[Part], *, hand: Hand) -> str:
    """Ask for it; the reference of the request. The payment gets the reference that the request is about."""
    account = accounts.by_ref(session, wire.account_ref)
    chosen = _wires.wanted(session, customer, parts, wire.amount.currency)
    facts = _facts(session, account, wire, chosen, {"customer": customer.ref, "parts": _as_facts(parts)})
    reason = wire.note or wire.reference or wire.payer or wire.value_on.isoformat()
    wish = Wish(RECORD, public_ref("pay"), customer.id, wire.amount, facts, reason)
    return approvals.ask(session, wish, actor=hand.actor, at=hand.at).ref


def ask_reversal(session: Session, payment: Payment, *, reason: str, actor: Actor, at: datetime) -> str:
    amount = _reversing.reversible(payment)
    wish = Wish(REVERSE, payment.ref, payment.customer_id, amount, {"payment": payment.ref}, reason)
    return approvals.ask(session, wish, actor=actor, at=at).ref


def _content(session: Session, approval: Approval) -> Content | None:
    try:
        account, wire, _, chosen = _read(session, approval)
        _wires.require_fit(wire, account, business=businesses.read(session), at=approval.requested_at)
    except _GONE:
        return None
    given = {name: approval.facts[name] for name in ("customer", "parts")}
    facts = _facts(session, account, wire, chosen, given)
    spread = _placing.plan(wire.amount, chosen)
    changes = [
        Change(invoice.label or invoice.ref, invoice.open, invoice.open - min(share, invoice.open))
        for invoice, share in spread.shares
    ]
    return Content(wire.amount, facts, tuple(_moves(account, spread)), tuple(changes))


def _carry_out(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    _, wire, customer, chosen = _read(session, approval)
    hand = Hand(actor, at, businesses.read(session), ref=approval.subject)
    account = _wires.account_for(session, wire, business=hand.business, at=at)
    _recording.book(session, account, wire, customer, chosen, hand=hand)


def _read(session: Session, approval: Approval) -> tuple[BankAccount, Wire, Customer, list[Wanted]]:
    wire = Wire.from_facts(approval.facts["wire"])
    customer = customers.by_ref(session, approval.facts["customer"])
    parts = [
        Part(ref, None if most is None else Money(int(most), wire.amount.currency))
        for ref, most in approval.facts["parts"]
    ]
    chosen = _wires.wanted(session, customer, parts, wire.amount.currency)
    return accounts.by_ref(session, wire.account_ref), wire, customer, chosen


def _facts(
    session: Session, account: BankAccount, wire: Wire, chosen: Sequence[Wanted], given: Mapping[str, Any]
) -> dict[str, Any]:
    """All that it would do: another distribution, or another payment that is alike, is another content."""
    spread = _placing.plan(wire.amount, chosen)
    return {
        **given,
        "wire": wire.facts(),
        "shares": [[invoice.ref, share.minor] for invoice, share in spread.shares],
        "to_balance_minor": spread.rest.minor,
        "looked_at": [one.name for one in _wires.questions(session, account, wire, chosen)],
    }


def _as_facts(parts: Sequence[Part]) -> list[list[Any]]:
    return [[part.invoice_ref, part.most.minor if part.most is not None else None] for part in parts]


def _moves(account: BankAccount, spread: Spread) -> list[Entry]:
    place = accounts.place_of(account)
    return [
        *(entry for _, share in spread.shares for entry in entries(JournalEvent.PAYMENT_BOOKED, share, place)),
        *entries(JournalEvent.PAYMENT_OVERPAID, spread.rest, place),
    ]


def _reversal(session: Session, approval: Approval) -> Content | None:
    try:
        payment = queries.payment_by_ref(session, approval.subject)
    except NotFound:
        return None
    amount = _reversing.reversible(payment)
    if not amount.is_positive:
        return None
    shares = _paid_by(session, payment)
    changes = [
        Change(invoice.label or invoice.ref, invoice.open, invoice.open + share)
        for invoice, share in shares
        if invoice.currency == amount.currency
    ]
    moves = _moves_back(session, payment, amount, min(amount, Money.total((one for _, one in shares), amount.currency)))
    return Content(amount, {"payment": payment.ref}, tuple(moves), tuple(changes))


def _paid_by(session: Session, payment: Payment) -> list[tuple[Invoice, Money]]:
    """What of the payment each invoice has now."""
    rows = session.execute(
        select(Invoice, func.sum(PaymentAllocation.amount_minor))
        .join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
        .where(PaymentAllocation.payment_id == payment.id)
        .group_by(Invoice.id)
        .order_by(Invoice.id)
    )
    return [(invoice, Money(int(minor), payment.currency)) for invoice, minor in rows if minor > 0]


def _moves_back(session: Session, payment: Payment, amount: Money, paid: Money) -> list[Entry]:
    """As it would be posted today; what was spent of the balance since is found when it is done."""
    known = receipts.of_payment(session, payment.id)
    if known is None:
        return []
    place = accounts.place_of(known[1])
    if payment.customer_id is None:
        return entries(JournalEvent.PAYMENT_UNMATCHED_REVERSED, amount, place)
    return [
        *entries(JournalEvent.PAYMENT_REVERSED, paid, place),
        *entries(JournalEvent.PAYMENT_SURPLUS_REVERSED, amount - paid, place),
    ]


def _carry_out_reversal(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    payment = queries.payment_by_ref(session, approval.subject)
    _reversing.reverse(session, payment, reason=approval.reason, actor=actor, at=at)


RECORDING = Deed(_content, _carry_out, nothing_waits)
REVERSING = Deed(_reversal, _carry_out_reversal, nothing_waits)
