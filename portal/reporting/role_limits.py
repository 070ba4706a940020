"""The staff's roles with their limits, how many people have them, and who set them last."""

from typing import Any

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from portal.banking.models import BankAccount
from portal.core.audit import AuditEntry
from portal.core.business import Business
from portal.identity.models import Role, UserRole
from portal.payments.models import GatewayAccount

LATEST = 10


def roles(session: Session) -> list[Any]:
    """By name: the role's row as `Role`, and `people`."""
    people = select(func.count()).where(UserRole.role_id == Role.id).correlate(Role).scalar_subquery()
    return list(session.execute(select(Role, people.label("people")).where(Role.side == "staff").order_by(Role.name)))


def currencies(session: Session) -> list[str]:
    """Those in which money moves: the company's own, and those of its bank and gateway accounts."""
    each = union(
        select(Business.currency),
        select(BankAccount.currency),
        select(func.unnest(GatewayAccount.currencies)),
    ).subquery()
    return sorted(session.scalars(select(each.c[0])))


def changes(session: Session, name: str) -> list[Any]:
    """The latest deeds that set them."""
    columns = (AuditEntry.at, AuditEntry.actor, AuditEntry.reason)
    wanted = select(*columns).where(AuditEntry.subject == f"role:{name}", AuditEntry.deed == "role.limits_set")
    return list(session.execute(wanted.order_by(AuditEntry.id.desc()).limit(LATEST)))
