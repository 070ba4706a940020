"""Pages of long lists without counting: each page begins behind the last row of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, SQLColumnExpression, tuple_
from sqlalchemy.orm import Session

from portal.core.errors import Invalid

LONGEST = 300
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """By `column`, and within one value of it by `row_id`. `column` is never null; `kind` is date, int or str."""

    column: SQLColumnExpression[Any]
    row_id: SQLColumnExpression[Any]
    kind: type[date] | type[int] | type[str]
    is_falling: bool = False


def order_of(orders: Mapping[str, Order], sort: str) -> Order:
    """The order named `sort`; a minus before the name turns it round."""
    order = orders[sort.removeprefix("-")]
    return replace(order, is_falling=sort.startswith("-"))


def sorts(orders: Mapping[str, Order]) -> list[str]:
    """All that `order_of` takes."""
    return [sign + name for name in orders for sign in ("", "-")]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one page; `earlier` and `later` are the places before and behind them, empty at the ends."""

    rows: Sequence[AnyRow]
    earlier: str
    later: str


def sheet(session: Session, wanted: AnySelect, order: Order, *, after: str, before: str, limit: int) -> Sheet:
    """Up to `limit` rows behind the place `after`, or in front of the place `before`; the first ones without either.

    Raises Invalid for a place that this order cannot have made. Where `wanted` is the same object each time, it is
    put in order once.
    """
    is_back = bool(before)
    place = before or after
    there = _read(place, order, "before" if is_back else "after") if place else None
    rows = session.execute(_ordered(wanted, order, there, is_back=is_back, limit=limit + 1)).all()
    has_more, rows = len(rows) > limit, rows[:limit]
    if is_back:
        rows = rows[::-1]
    has_earlier, has_later = (has_more, True) if is_back else (bool(after), has_more)
    return Sheet(
        rows,
        _written(rows[0]) if rows and has_earlier else "",
        _written(rows[-1]) if rows and has_later else "",
    )


@lru_cache(maxsize=128)
def _ordered(wanted: AnySelect, order: Order, there: tuple[Any, int] | None, *, is_back: bool, limit: int) -> AnySelect:
    falls = order.is_falling != is_back
    columns = (order.column, order.row_id)
    wanted = wanted.add_columns(order.column.label("_by"), order.row_id.label("_id"))
    if there is not None:
        here = tuple_(*columns)
        wanted = wanted.where(here < there if falls else here > there)
    return wanted.order_by(*(column.desc() if falls else column.asc() for column in columns)).limit(limit)


def _written(row: AnyRow) -> str:
    value = row._mapping["_by"]
    return f"{row._mapping['_id']}~{value.isoformat() if isinstance(value, date) else value}"


def _read(place: str, order: Order, field: str) -> tuple[Any, int]:
    row_id, _, value = place.partition("~")
    try:
        if len(place) > LONGEST or not row_id.isascii() or not row_id.isdigit() or len(row_id) > 18:
            raise ValueError
        if order.kind is date:
            return date.fromisoformat(value), int(row_id)
        if order.kind is int:
            if len(value) > 18:
                raise ValueError
            return int(value), int(row_id)
    except ValueError:
        raise Invalid("This page of the list does not exist.", field=field) from None
    return value, int(row_id)
