"""The second person: who needs one, asking for one, and what they decide.

Callers hold the lock of the customer whom it is about. What is asked for is bound to a digest of its content:
whoever carries it out compares the content of that moment (`portal/actions/_deeds.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actors import Actor, ActorKind
from portal.core.chain import digest_of
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.core.tasks import close_task, open_task
from portal.identity.models import Approval, Role, UserRole
from portal.identity.permissions import Permission

TASK = "approval_waiting"


class Decision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # by who asked
    OUTDATED = "outdated"  # what it was about has changed or is gone


class OwnRequest(Refused):
    """Nobody decides about what they asked for themselves, whatever their role."""

    code = "own_request"


class AboveLimit(Refused):
    """The amount is above what the one who decides may approve."""

    code = "above_limit"


class NeedsPerson(Refused):
    """Only somebody who signed in can ask for a second person."""

    code = "needs_person"


def limit_of(session: Session, actor: Actor, currency: str) -> Money:
    """What `actor` may move alone: the highest of their roles' limits, 0 where none is set."""
    limits = [int(role.limits.get(currency, 0)) for role in _roles(session, actor)]
    return Money(max(limits, default=0), currency)


def approval_limit_of(session: Session, actor: Actor, currency: str) -> Money | None:
    """What `actor` may approve for others; None is any amount, zero where no role of theirs may approve."""
    approving = [role for role in _roles(session, actor) if Permission.BILLING_APPROVE in role.permissions]
    if any(currency not in role.approval_limits for role in approving):
        return None
    return Money(max((int(role.approval_limits[currency]) for role in approving), default=0), currency)


def needs_second_person(session: Session, actor: Actor, amount: Money) -> bool:
    """Rules and whoever runs the installation act by themselves; everybody else does up to their limit."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.OPERATOR):
        return False
    return amount > limit_of(session, actor, amount.currency)


def is_above_set_limit(session: Session, actor: Actor, amount: Money) -> bool:
    """For deeds that anybody with the permission may do alone unless a role of theirs sets a limit in the currency."""
    limits = [int(role.limits[amount.currency]) for role in _roles(session, actor) if amount.currency in role.limits]
    return bool(limits) and amount.minor > max(limits)


def digest_for(amount: Money, facts: Mapping[str, Any]) -> bytes:
    """What an approval is bound to. `facts` are JSON values: all that the deed would do."""
    return digest_of({"amount": amount.minor, "currency": amount.currency, "facts": facts})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a second person is asked for. `facts` are JSON values and say all that the deed would do to `subject`."""

    deed: str
    subject: str
    customer_id: int | None
    amount: Money
    facts: Mapping[str, Any]
    reason: str

    @property
    def digest(self) -> bytes:
        return digest_for(self.amount, self.facts)


def ask(session: Session, wish: Wish, *, actor: Actor, at: datetime) -> Approval:
    """Ask a second person. The same wish while it waits: the one that is there; another content replaces it.

    Raises NeedsPerson for an actor who is nobody, Invalid without a reason.
    """
    if actor.user_id is None:
        raise NeedsPerson("This needs the approval of a second person, so somebody has to sign in and ask for it.")
    if not wish.reason.strip():
        raise Invalid("Please say why.", field="reason")
    waiting = waiting_for(session, wish.deed, wish.subject)
    if waiting is not None and waiting.digest == wish.digest and waiting.requested_by == actor.user_id:
        return waiting
    if waiting is not None:
        close(session, waiting, Decision.OUTDATED, actor=actor, at=at)
    return _ask(session, wish, requested_by=actor.user_id, actor=actor, at=at)


def ask_again(
    session: Session, approval: Approval, *, amount: Money, facts: Mapping[str, Any], actor: Actor, at: datetime
) -> Approval:
    """What it is about has changed: the wish of the same person, for the present content, waits anew."""
    close(session, approval, Decision.OUTDATED, actor=actor, at=at)
    wish = Wish(approval.deed, approval.subject, approval.customer_id, amount, facts, approval.reason)
    return _ask(session, wish, requested_by=approval.requested_by, actor=actor, at=at)


def lock(session: Session, ref: str) -> Approval:
    """The approval, locked and as it is now. Lock the customer first."""
    found = select(Approval).where(Approval.ref == ref).with_for_update()
    approval = session.scalar(found.execution_options(populate_existing=True))
    if approval is None:
        raise NotFound("There is no such request.")
    return approval


def waiting_for(session: Session, deed: str, subject: str) -> Approval | None:
    """What waits for a decision about this deed on this subject."""
    return session.scalar(
        select(Approval).where(Approval.deed == deed, Approval.subject == subject, Approval.decision.is_(None))
    )


def require_may_decide(session: Session, approval: Approval, actor: Actor) -> None:
    """Raises OwnRequest or AboveLimit. That the actor has the permission at all is said by the limit as well."""
    if actor.user_id is None or actor.user_id == approval.requested_by:
        raise OwnRequest("You asked for this yourself, so somebody else has to decide. Nothing was changed.")
    limit = approval_limit_of(session, actor, approval.currency)
    if limit is not None and approval.amount > limit:
        raise AboveLimit("The amount is above what you may approve. Nothing was changed.")


def decide(
    session: Session, approval: Approval, decision: Decision, *, actor: Actor, reason: str, at: datetime
) -> None:
    """Approved or rejected by a second person, under the approval's lock. A rejection says why."""
    require_may_decide(session, approval, actor)
    if decision is Decision.REJECTED and not reason.strip():
        raise Invalid("Please say why you reject it.", field="reason")
    approval.decided_by, approval.decision_reason = actor.user_id, reason.strip()
    _end(session, approval, decision, actor=actor, at=at)


def close(session: Session, approval: Approval, decision: Decision, *, actor: Actor, at: datetime) -> None:
    """Withdrawn by who asked, or outdated because its content changed: nobody decides any more."""
    _end(session, approval, decision, actor=actor, at=at)


def executed(approval: Approval, digest: bytes, *, at: datetime) -> None:
    """Remember what was carried out; the database compares it with what was approved."""
    approval.executed_digest, approval.executed_at = digest, at


def _ask(session: Session, wish: Wish, *, requested_by: int, actor: Actor, at: datetime) -> Approval:
    amount, reason = wish.amount, wish.reason.strip()
    approval = Approval(
        ref=public_ref("apr"), deed=wish.deed, subject=wish.subject, customer_id=wish.customer_id, digest=wish.digest,
        amount_minor=amount.minor, currency=amount.currency, facts=dict(wish.facts), reason=reason,
        requested_by=requested_by, requested_at=at, decision_reason="",
    )  # fmt: skip
    session.add(approval)
    session.flush()
    open_task(
        session, TASK, approval.ref, at=at, customer_id=wish.customer_id,
        deed=wish.deed, about=wish.subject, amount_minor=amount.minor, currency=amount.currency,
    )  # fmt: skip
    audit.record(
        session, actor, "approval.asked", at=at, customer_id=wish.customer_id, subject=wish.subject, reason=reason,
        approval=approval.ref, deed_asked=wish.deed, amount=amount.minor, currency=amount.currency,
        digest=wish.digest.hex(),
    )  # fmt: skip
    return approval


def _end(session: Session, approval: Approval, decision: Decision, *, actor: Actor, at: datetime) -> None:
    approval.decision, approval.decided_at = decision, at
    session.flush()
    close_task(session, TASK, approval.ref, by=actor.name, at=at)
    audit.record(
        session, actor, f"approval.{decision}", at=at, customer_id=approval.customer_id, subject=approval.subject,
        reason=approval.decision_reason, approval=approval.ref, deed_asked=approval.deed,
        amount=approval.amount_minor, currency=approval.currency, digest=approval.digest.hex(),
    )  # fmt: skip


def _roles(session: Session, actor: Actor) -> list[Role]:
    """The staff roles of the person who acts, as they are now."""
    if actor.user_id is None or actor.kind is not ActorKind.STAFF:
        return []
    return list(
        session.scalars(
            select(Role)
            .join(UserRole, UserRole.role_id == Role.id)
            .where(UserRole.user_id == actor.user_id, Role.side == "staff")
        )
    )
