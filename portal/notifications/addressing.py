"""From events to messages: who gets which, in which language, with which paper. Reads; the relay writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import any_, exists, literal, select
from sqlalchemy.orm import Session

from portal.core.formats import LANGUAGES
from portal.core.logging import log
from portal.core.outbox import OutboxEntry
from portal.customers.models import Customer
from portal.identity.models import LoginToken, Role, User, UserRole
from portal.identity.permissions import Permission
from portal.invoicing.models import Invoice, PostLetter
from portal.notifications.messages import SILENT, TOLD, Audience, Paper, Told
from portal.notifications.papers import receipt_subject
from portal.payments.models import Attempt
from portal.payments.states import AttemptTrigger
from portal.subscriptions.models import Subscription


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message to be: `document` is the subject of its paper."""

    event: str
    told: Told
    recipient: str
    language: str
    customer_id: int | None
    subject_ref: str
    document: str | None
    facts: Mapping[str, Any]


def addressed(session: Session, entries: Sequence[OutboxEntry]) -> list[Addressed]:
    """The messages of these events, in their order; a handful of queries whatever their number."""
    for entry in entries:
        if entry.topic not in TOLD and entry.topic not in SILENT:
            log().error("unknown topic", topic=entry.topic, entry=entry.id)
    heard = _sieved(session, [entry for entry in entries if entry.topic in TOLD])
    customers = _customers(session, {entry.customer_id for entry in heard if entry.customer_id is not None})
    users = _users(session, heard)
    staff = {
        audience: _staff(session, permission)
        for audience, permission in _OF_STAFF.items()
        if any(TOLD[entry.topic].audience is audience for entry in heard)
    }
    messages = []
    for entry in heard:
        told = TOLD[entry.topic]
        if told.audience is Audience.CUSTOMER:
            readers: Iterable[Customer | User] = _one(customers.get(entry.customer_id or 0))
        elif told.audience is Audience.USER:
            readers = _one(users.get(entry.facts.get("login_token") or 0))
        else:
            readers = staff[told.audience]
        messages += [_message(entry, told, reader) for reader in readers if reader.email]
    return messages


def _message(entry: OutboxEntry, told: Told, reader: Customer | User) -> Addressed:
    kept = [str(entry.facts.get(name)) for name in told.keys] or [str(entry.id)]
    return Addressed(
        event=":".join([entry.topic, *kept]),
        told=told,
        recipient=reader.email,
        language=reader.language if reader.language in LANGUAGES else "en",
        customer_id=entry.customer_id,
        subject_ref=str(entry.facts.get(told.subject) or ""),
        document=_document(told, entry.facts),
        facts=entry.facts,
    )


def _document(told: Told, facts: Mapping[str, Any]) -> str | None:
    if told.paper is Paper.BILL:
        return str(facts["invoice"])
    if told.paper is Paper.RECEIPT:
        return receipt_subject(str(facts["invoice"]), facts.get("payment"))
    return None


def _sieved(session: Session, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Without those that their topic tells only of some."""
    passed: dict[str, set[str]] = {}
    for sieve, question in _SIEVES.items():
        asked = [entry for entry in entries if TOLD[entry.topic].only == sieve]
        if asked:
            passed[sieve] = question(session, asked)
    return [
        entry
        for entry in entries
        if not (sieve := TOLD[entry.topic].only) or str(entry.facts.get(_SIEVED_BY[sieve])) in passed[sieve]
    ]


def _to_be_sent(session: Session, entries: Collection[OutboxEntry]) -> set[str]:
    """Invoices that the customer pays by themselves and gets by mail; those that we collect are told by their
    receipt."""
    refs = [str(entry.facts["invoice"]) for entry in entries]
    wanted = (
        select(Invoice.ref)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .where(Invoice.ref.in_(refs), Invoice.open_minor > 0)
        .where((Subscription.collection == "push") | (Invoice.kind == "manual"))
        .where(~exists().where(PostLetter.invoice_id == Invoice.id))
    )
    return set(session.scalars(wanted))


def _tried_by_schedule(session: Session, entries: Collection[OutboxEntry]) -> set[str]:
    """Later tries are told by the ladder's own mail, and a customer's own by the page they are on."""
    references = [str(entry.facts.get("attempt")) for entry in entries]
    wanted = select(Attempt.reference).where(
        Attempt.reference.in_(references), Attempt.trigger == AttemptTrigger.SCHEDULE
    )
    return set(session.scalars(wanted))


_SIEVES: dict[str, Callable[[Session, Collection[OutboxEntry]], set[str]]] = {
    "to_be_sent": _to_be_sent,
    "tried_by_schedule": _tried_by_schedule,
}
_OF_STAFF = {Audience.STAFF: Permission.OPERATIONS_WRITE, Audience.ADMINS: Permission.PAYMENT_CONFIG_WRITE}
_SIEVED_BY = {"to_be_sent": "invoice", "tried_by_schedule": "attempt"}


def _customers(session: Session, ids: Collection[int]) -> dict[int, Customer]:
    return {row.id: row for row in session.scalars(select(Customer).where(Customer.id.in_(list(ids))))}


def _users(session: Session, entries: Sequence[OutboxEntry]) -> dict[int, User]:
    """By the id of the link that the event is about."""
    links = [entry.facts["login_token"] for entry in entries if TOLD[entry.topic].audience is Audience.USER]
    if not links:
        return {}
    rows = select(LoginToken.id, User).join(User, User.id == LoginToken.user_id).where(LoginToken.id.in_(links))
    return dict(session.execute(rows.where(User.deactivated_at.is_(None))).all())


def _staff(session: Session, permission: Permission) -> list[User]:
    """Whoever of the staff may do this."""
    wanted = (
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .join(Role, Role.id == UserRole.role_id)
        .where(
            User.is_staff,
            User.deactivated_at.is_(None),
            literal(str(permission)) == any_(Role.permissions),
        )
        .distinct()
    )
    return list(session.scalars(wanted))


def _one(reader: Customer | User | None) -> list[Customer | User]:
    return [] if reader is None else [reader]
