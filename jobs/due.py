"""What waits for the clock and since when, in one statement over all tables that `next_action_at` moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, cast, func, literal, literal_column, null, select, union_all
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.business import Business, Switch, VirtualClock
from portal.customers.models import Customer
from portal.payments.models import Attempt, GatewayAccount
from portal.runs.models import BillingRun
from portal.runs.states import UNDER_WAY


@dataclass(frozen=True)
class Waiting:
    """The row of a kind of work that is due first. `argument` is what its job takes, None for nothing."""

    work: str
    argument: int | None
    due_at: datetime
    row: str

    @property
    def args(self) -> tuple[int, ...]:
        return () if self.argument is None else (self.argument,)


@dataclass(frozen=True)
class Circumstances:
    """What decides, beside the rows themselves, whether something is to be done `at` the present business time."""

    at: datetime
    zone: str
    run_hour: int
    target_at: datetime | None
    is_standing: bool
    last_run_slot: datetime | None
    run_is_under_way: bool
    switches_on: frozenset[str]


def first_of(model: Any, *conditions: Any, key: Any = None) -> Select[Any]:
    """The earliest row of a table, found by its due index; `conditions` name rows that nobody may claim.

    `key` tells rows apart where there is no id.
    """
    key = model.id if key is None else key
    return (
        select(cast(null(), BigInteger).label("argument"), *_row(model, key))
        .where(model.next_action_at.is_not(None), *conditions)
        .order_by(model.next_action_at, key)
        .limit(1)
    )


def of_free_customers(model: Any) -> Any:
    """The condition that the row's customer is not parked."""
    return select(Customer.id).where(Customer.id == model.customer_id, Customer.parked_at.is_(None)).exists()


def of_working_accounts(model: Any) -> Any:
    """The condition that the row's gateway account is not stopped."""
    working = select(GatewayAccount.id).where(GatewayAccount.id == model.gateway_account_id)
    return working.where(GatewayAccount.stopped_reason.is_(None)).exists()


def first_waiting_attempts() -> Select[Any]:
    """The earliest attempt that waits to be sent, for each gateway account that charges.

    The status is a literal in the statement, for otherwise the index of waiting attempts would not be used.
    """
    first = (
        select(*_row(Attempt, Attempt.id))
        .where(
            Attempt.gateway_account_id == GatewayAccount.id,
            literal_column("attempts.status") == literal_column("'waiting'"),
            of_free_customers(Attempt),
        )
        .order_by(Attempt.next_action_at, Attempt.id)
        .limit(1)
        .lateral("first")
    )
    return (
        select(GatewayAccount.id.label("argument"), first.c.due_at, first.c.row)
        .join_from(GatewayAccount, first, literal(value=True))
        .where(GatewayAccount.is_enabled, GatewayAccount.stopped_reason.is_(None))
    )


def waiting(connection: Connection, works: Mapping[str, Select[Any]]) -> list[Waiting]:
    """Each work's earliest row, whether its time has come or not; earliest first."""
    if not works:
        return []
    statement = _together(tuple(works.items()))
    found = connection.exec_driver_sql(statement, execution_options={"no_parameters": True}).all()
    return sorted((Waiting(*row) for row in found), key=lambda each: each.due_at)


@lru_cache(maxsize=16)
def _together(works: tuple[tuple[str, Select[Any]], ...]) -> str:
    """One statement for all kinds of work; written out once, for it is asked every second."""
    parts = []
    for name, rows in works:
        each = rows.subquery().c
        parts.append(select(literal(name).label("work"), each.argument, each.due_at, each.row))
    written = union_all(*parts).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return str(written)


def circumstances(connection: Session | Connection) -> Circumstances:
    """All of them in one statement."""
    frozen_at, shift_seconds, *others, switches_on = connection.execute(_facts()).one()
    at = clock.wall() if shift_seconds is None else clock.shown(frozen_at, shift_seconds, clock.wall())
    zone, run_hour, target_at, is_standing, last_run_slot, is_under_way = others
    on = frozenset(switches_on or ())
    return Circumstances(at, zone, run_hour, target_at, is_standing, last_run_slot, is_under_way, on)


@lru_cache(maxsize=1)
def _facts() -> Select[Any]:
    on = select(func.array_agg(Switch.name)).where(Switch.is_on).scalar_subquery()
    slot = select(func.max(BillingRun.slot)).where(BillingRun.slot.is_not(None)).scalar_subquery()
    under_way = select(BillingRun.id).where(BillingRun.status.in_(UNDER_WAY)).exists()
    return (
        select(
            VirtualClock.frozen_at,
            VirtualClock.shift_seconds,
            Business.zone,
            Business.run_hour,
            VirtualClock.target_at,
            VirtualClock.frozen_at.is_not(None),
            slot,
            under_way,
            on,
        )
        .join_from(Business, VirtualClock, VirtualClock.id == Business.id, isouter=True)
        .where(Business.id == 1)
    )


def _row(model: Any, key: Any) -> tuple[Any, Any]:
    name = literal(f"{model.__tablename__} ")
    return model.next_action_at.label("due_at"), func.concat(name, key).label("row")
