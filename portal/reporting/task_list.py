"""Open tasks with the customer they are about."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.tasks import Task
from portal.customers.models import Customer

_OPEN = (
    select(
        Task.id,
        Task.kind,
        Task.subject,
        Task.facts,
        Task.opened_at,
        Customer.name.label("customer"),
        Customer.ref.label("customer_ref"),
    )
    .outerjoin(Customer, Customer.id == Task.customer_id)
    .where(Task.closed_at.is_(None))
    .order_by(Task.id.desc())
    .limit(bindparam("limit"))
)


def open_tasks(session: Session, *, limit: int) -> list[Any]:
    """The latest first: id, kind, subject, facts, when, and the customer's name and reference where there is one."""
    return list(session.execute(_OPEN, {"limit": limit}))
