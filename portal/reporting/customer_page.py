"""Everything the staff's page of one customer shows, in a few statements whatever there is of it."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, text
from sqlalchemy.orm import Session

from portal.catalogue.models import Plan, Price
from portal.core.audit import AuditEntry
from portal.core.errors import NotFound
from portal.core.keyset import AnySelect, Order, Sheet, sheet
from portal.core.money import Money
from portal.customers.models import Note
from portal.invoicing.models import Invoice
from portal.journal.accounts import Account
from portal.journal.models import JournalEntry
from portal.notifications.models import Message
from portal.payments.models import PaymentMethod, SubscriptionMethod
from portal.reporting.items import PRICE, Basket, basket
from portal.subscriptions.models import Subscription, SubscriptionItem

MOST_COUNTED = 999
MOST_SUBSCRIPTIONS = 20
INVOICES = Order(Invoice.id, Invoice.id, int, is_falling=True)
MESSAGES = Order(Message.id, Message.id, int, is_falling=True)
DEEDS = Order(AuditEntry.id, AuditEntry.id, int, is_falling=True)
NOTES = Order(Note.id, Note.id, int, is_falling=True)
MONEY = Order(JournalEntry.id, JournalEntry.id, int, is_falling=True)

_HEADER = text(
    """
    SELECT c.id, c.ref, c.name, c.email, c.address, c.country, c.class AS class_, c.tax_number, c.is_tax_exempt,
           c.language, c.zone, c.delivery, coalesce(c.currency, b.currency) AS currency, c.external_id, c.parked_at,
           c.parked_reason, c.created_at,
      (SELECT coalesce(sum(i.open_minor), 0) FROM invoices i
        WHERE i.customer_id = c.id AND i.status = 'issued') AS owed,
      (SELECT coalesce(sum(i.open_minor), 0) FROM invoices i
        WHERE i.customer_id = c.id AND i.status = 'issued' AND i.due_on < :today) AS overdue,
      (SELECT coalesce(sum(l.amount_minor), 0) FROM customer_balances l WHERE l.customer_id = c.id) AS balance,
      (SELECT coalesce(sum(p.amount_minor - p.refunded_minor), 0) FROM payments p
        WHERE p.customer_id = c.id AND p.status = 'booked') AS paid,
      (SELECT min(s.next_bill_on) FROM subscriptions s WHERE s.customer_id = c.id AND s.next_bill_on IS NOT NULL
      ) AS next_bill_on,
      (SELECT count(*) FROM (SELECT FROM invoices i WHERE i.customer_id = c.id LIMIT :most) n) AS invoices,
      (SELECT count(*) FROM (SELECT FROM payments p WHERE p.customer_id = c.id LIMIT :most) n) AS payments,
      (SELECT count(*) FROM (SELECT FROM messages m WHERE m.customer_id = c.id LIMIT :most) n) AS messages,
      (SELECT count(*) FROM (SELECT FROM notes t WHERE t.customer_id = c.id LIMIT :most) n) AS notes,
      (SELECT row_to_json(r) FROM (SELECT t.author, t.text, t.created_at FROM notes t WHERE t.customer_id = c.id
                                    ORDER BY t.id DESC LIMIT 1) r) AS last_note,
      (SELECT row_to_json(r) FROM (SELECT d.ref, d.status, d.next_action_at,
              (SELECT max(x.step) FROM dunning_debts x WHERE x.case_id = d.id AND x.closed_at IS NULL) AS step
                FROM dunning_cases d WHERE d.customer_id = c.id AND d.status IN ('open', 'paused', 'exhausted')
               ORDER BY d.id LIMIT 1) r) AS dunning
      FROM customers c, business b WHERE c.ref = :ref AND b.id = 1
    """
)
_CREDITS = text(
    """
    SELECT l.subscription_id, t.name, t.turn, l.units, coalesce(g.units, 0) AS granted
      FROM credit_balances l JOIN credit_types t ON t.id = l.credit_type_id
      JOIN subscriptions s ON s.id = l.subscription_id
      LEFT JOIN LATERAL (SELECT sum(p.units * i.quantity) AS units FROM subscription_items i
                           JOIN prices r ON r.id = i.price_id
                           JOIN plan_credits p ON p.plan_id = r.plan_id AND p.credit_type_id = t.id
                          WHERE i.subscription_id = s.id AND i.until_on IS NULL) g ON true
     WHERE s.customer_id = :customer ORDER BY l.subscription_id, t.name
    """
)
_CREDIT_LEDGER = text(
    """
    SELECT e.created_at, e.units, e.units_after, e.reason, e.period_start_on, e.cause, t.name, s.ref
      FROM credit_entries e JOIN credit_types t ON t.id = e.credit_type_id
      JOIN subscriptions s ON s.id = e.subscription_id
     WHERE s.customer_id = :customer ORDER BY e.id DESC LIMIT 100
    """
)


@dataclass(frozen=True, slots=True)
class Header:
    """The customer's row and its sums in the customer's currency."""

    row: Any
    owed: Money
    overdue: Money
    balance: Money
    paid: Money


def header(session: Session, ref: str, today: date) -> Header:
    row = session.execute(_HEADER, {"ref": ref, "today": today, "most": MOST_COUNTED}).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    sums = (Money(int(part), row.currency) for part in (row.owed, row.overdue, row.balance, row.paid))
    return Header(row, *sums)


def subscriptions(session: Session, customer_id: int) -> list[tuple[Any, Basket | None]]:
    """Those that live first, then the latest; each with what it consists of, and the method that is its own."""
    rows = session.execute(_OWNED, {"customer": customer_id}).all()
    grouped = [list(group) for _, group in groupby(rows, lambda row: row.subscription_id)]
    return [(group[0], basket(group) if group[0].quantity else None) for group in grouped]


def methods(session: Session, customer_id: int) -> list[Any]:
    """Stored methods without their tokens, the default first."""
    return list(session.execute(_METHODS, {"customer": customer_id}))


def invoices(session: Session, customer_id: int, *, after: str, before: str, limit: int) -> Sheet:
    """The latest first."""
    wanted = select(
        Invoice.id.label("invoice_id"), Invoice.ref, Invoice.label, Invoice.status, Invoice.kind, Invoice.currency,
        Invoice.issued_on, Invoice.due_on, Invoice.total_minor, Invoice.open_minor, Invoice.paid_minor,
        Invoice.credited_minor,
    ).where(Invoice.customer_id == customer_id)  # fmt: skip
    return sheet(session, wanted, INVOICES, after=after, before=before, limit=limit)


def credits(session: Session, customer_id: int) -> list[Any]:
    """What is left of each type of unit, beside what the items grant a period."""
    return list(session.execute(_CREDITS, {"customer": customer_id}))


def credit_ledger(session: Session, customer_id: int) -> list[Any]:
    """The movements of units, the latest hundred."""
    return list(session.execute(_CREDIT_LEDGER, {"customer": customer_id}))


def balance_ledger(session: Session, customer_id: int, *, after: str, before: str, limit: int) -> Sheet:
    """What moved the customer's balance, from the journal, the latest first; credits add to it, debits take."""
    account = str(Account.CUSTOMER_BALANCE)
    wanted = select(
        JournalEntry.event, JournalEntry.debit, JournalEntry.credit, JournalEntry.amount_minor,
        JournalEntry.currency, JournalEntry.document, JournalEntry.created_at,
    ).where(
        JournalEntry.customer_id == customer_id,
        or_(JournalEntry.debit == account, JournalEntry.credit == account),
    )  # fmt: skip
    return sheet(session, wanted, MONEY, after=after, before=before, limit=limit)


def messages(session: Session, customer_id: int, *, after: str, before: str, limit: int) -> Sheet:
    """What was told to the customer, without the texts."""
    wanted = select(
        Message.ref, Message.template, Message.recipient, Message.subject, Message.status, Message.note,
        Message.subject_ref, Message.tries, Message.created_at, Message.sent_at,
    ).where(Message.customer_id == customer_id)  # fmt: skip
    return sheet(session, wanted, MESSAGES, after=after, before=before, limit=limit)


def deeds(session: Session, customer_id: int, *, after: str, before: str, limit: int) -> Sheet:
    """The audit of the customer as rows of activity, values about persons left out."""
    wanted = select(
        AuditEntry.at, AuditEntry.deed.label("name"), AuditEntry.actor.label("who"), AuditEntry.reason.label("note"),
        AuditEntry.subject, AuditEntry.cause,
    ).where(AuditEntry.customer_id == customer_id)  # fmt: skip
    return sheet(session, wanted, DEEDS, after=after, before=before, limit=limit)


def notes(session: Session, customer_id: int, *, after: str, before: str, limit: int) -> Sheet:
    wanted = select(Note.author, Note.text, Note.created_at).where(Note.customer_id == customer_id)
    return sheet(session, wanted, NOTES, after=after, before=before, limit=limit)


def _owned() -> AnySelect:
    ended = Subscription.status.in_(["canceled", "expired"])
    owned = (
        select(
            Subscription.id.label("subscription_id"), Subscription.ref, Subscription.status, Subscription.collection,
            Subscription.anchor_on, Subscription.period_start_on, Subscription.period_end_on,
            Subscription.trial_ends_on, Subscription.cancel_on, Subscription.pause_on, Subscription.resume_on,
            Subscription.next_bill_on, Subscription.ended_on, ended.label("is_over"),
        )
        .where(Subscription.customer_id == bindparam("customer"))
        .order_by(ended, Subscription.id.desc())
        .limit(MOST_SUBSCRIPTIONS)
        .subquery("owned")
    )  # fmt: skip
    lasts = and_(SubscriptionItem.subscription_id == owned.c.subscription_id, SubscriptionItem.until_on.is_(None))
    return (
        select(owned, SubscriptionMethod.method_id, SubscriptionItem.quantity, Plan.name, *PRICE)
        .outerjoin(SubscriptionMethod, SubscriptionMethod.subscription_id == owned.c.subscription_id)
        .outerjoin(SubscriptionItem, lasts)
        .outerjoin(Price, Price.id == SubscriptionItem.price_id)
        .outerjoin(Plan, Plan.id == Price.plan_id)
        .order_by(owned.c.is_over, owned.c.subscription_id.desc(), Plan.kind.desc(), SubscriptionItem.id)
    )


# Put together once: that takes longer than asking them.
_OWNED = _owned()
_METHODS = (
    select(
        PaymentMethod.id.label("method_id"), PaymentMethod.ref, PaymentMethod.kind, PaymentMethod.brand,
        PaymentMethod.last4, PaymentMethod.bank, PaymentMethod.expires_on, PaymentMethod.is_default,
        PaymentMethod.is_refused,
    )
    .where(PaymentMethod.customer_id == bindparam("customer"), PaymentMethod.removed_at.is_(None))
    .order_by(PaymentMethod.is_default.desc(), PaymentMethod.id.desc())
)  # fmt: skip
