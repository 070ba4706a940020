"""The invariants that have to be computed: derivations played again, seals taken again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.book.replay import ReplayError, replay
from portal.core.audit import AuditEntry, AuditSeal, sealed_facts
from portal.core.chain import seal_of
from portal.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine

MOST = 21
CHUNK = 2_000


class Scope(Protocol):
    """What of `proofs.Scope` is asked here."""

    @property
    def since(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    rules: tuple[int, ...]
    sentence: str
    ask: Callable[[Session, Any], Sequence[dict[str, Any]]]


def broken_lines(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """Lines of invoices whose derivation does not come to their amount."""
    wanted = select(InvoiceLine.id, InvoiceLine.amount_minor, InvoiceLine.derivation)
    if scope.since is not None:
        wanted = wanted.join(Invoice, Invoice.id == InvoiceLine.invoice_id).where(Invoice.issued_at >= scope.since)
    return _broken(session, wanted.order_by(InvoiceLine.id), sign=1)


def broken_note_lines(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """Lines of credit notes: their derivation is that of what was given back."""
    wanted = select(CreditNoteLine.id, CreditNoteLine.amount_minor, CreditNoteLine.derivation)
    if scope.since is not None:
        wanted = wanted.join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        wanted = wanted.where(CreditNote.created_at >= scope.since)
    return _broken(session, wanted.order_by(CreditNoteLine.id), sign=-1)


def broken_seals(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """Seals that do not verify: an entry was changed, added or removed after it was sealed, or a seal was."""
    seals = select(AuditSeal).order_by(AuditSeal.id).execution_options(yield_per=100)
    found: list[dict[str, Any]] = []
    previous: AuditSeal | None = None
    for seal in session.scalars(seals):
        expected = previous.digest if previous is not None else b""
        is_looked_at = scope.since is None or seal.sealed_at >= scope.since
        if seal.previous != expected or (is_looked_at and not _verifies(session, seal)):
            found.append({"seal": seal.id, "first_entry": seal.first_entry_id, "last_entry": seal.last_entry_id})
        if len(found) == MOST:
            break
        previous = seal
    return found


def _verifies(session: Session, seal: AuditSeal) -> bool:
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.seal_id == seal.id)
        .order_by(AuditEntry.id)
        .execution_options(populate_existing=True)
    ).all()
    return len(rows) == seal.entries and seal.digest == seal_of([sealed_facts(row) for row in rows], seal.previous)


def _broken(session: Session, wanted: Select[Any], *, sign: int) -> list[dict[str, Any]]:
    found = []
    for line_id, amount, derivation in _streamed(session, wanted):
        try:
            played = sign * replay(derivation)
            wrong = "" if played == amount else f"it comes to {played}"
        except ReplayError as error:
            wrong = str(error)
        if wrong:
            found.append({"line": line_id, "amount_minor": amount, "wrong": wrong})
        if len(found) == MOST:
            break
    return found


def _streamed(session: Session, wanted: Select[Any]) -> Iterator[Any]:
    with session.execute(wanted.execution_options(yield_per=CHUNK)) as rows:
        yield from rows


QUESTIONS = (
    Question("derivations_replay", (28,), "Each stored derivation comes to its line's amount.", broken_lines),
    Question(
        "credit_derivations_replay", (28,), "Each derivation of a credit note comes to its line.", broken_note_lines
    ),
    Question("seals_verify", (21,), "The audit is as it was sealed.", broken_seals),
)
