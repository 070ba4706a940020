"""The database: one metadata, the column types, and the only way to open a transaction."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from flask import has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry

from portal.core.errors import Busy

LOCK_NOT_AVAILABLE = "55P03"
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            str: Text,
            int: BigInteger,
            bool: Boolean,
            date: Date,
            datetime: DateTime(timezone=True),
            bytes: LargeBinary,
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
        },
    )


Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Ref = Annotated[str, mapped_column(Text, unique=True)]
Minor = Annotated[int, mapped_column(BigInteger)]
CurrencyCode = Annotated[str, mapped_column(CHAR(3))]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Day = Annotated[date, mapped_column(Date)]

db = SQLAlchemy(model_class=Base)


def to(table: str, *, index: bool = True, nullable: bool = False, key: bool = False) -> Mapped[Any]:
    """A foreign key to `table`.id. Keys point to nouns on the left."""
    return mapped_column(BigInteger, ForeignKey(f"{table}.id"), index=index, nullable=nullable, primary_key=key)


def one_of(column: str, values: type[Any]) -> CheckConstraint:
    """A named CHECK that a text column holds a value of the enum."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Choice(TypeDecorator[E], Generic[E]):
    """A text column that holds one value of a StrEnum."""

    impl = Text
    cache_ok = True

    def __init__(self, values: type[E]) -> None:
        super().__init__()
        self.values = values

    def process_bind_param(self, value: E | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Any) -> E | None:
        return None if value is None else self.values(value)


def choice(values: type[StrEnum], **options: Any) -> Mapped[Any]:
    return mapped_column(Choice(values), **options)


def due_index(table: str) -> Index:
    """The one index by which the clock finds work (the predicate is implied by `next_action_at <= now`)."""
    return Index(f"ix_{table}_due", "next_action_at", "id", postgresql_where=text("next_action_at IS NOT NULL"))


_open: ContextVar[bool] = ContextVar("transaction_is_open", default=False)


class TransactionOpen(Exception):
    """Our own mistake: a transaction inside another, or a slow call inside one."""


def require_no_transaction() -> None:
    """Gateways, mail and files are never waited for while rows are locked."""
    if _open.get():
        raise TransactionOpen("a transaction is open here: commit what is about to happen first")


@contextmanager
def transaction() -> Iterator[Session]:
    """A READ COMMITTED transaction of its own. Commits on the way out, rolls back on any error, never nests.

    The page's own reading session is ended first, so that nothing read before the lock leaks in and
    one request never holds two connections. A page that waits three seconds for a lock raises Busy.
    """
    require_no_transaction()
    db.session.remove()
    token = _open.set(True)
    try:
        with Session(db.engine, expire_on_commit=False) as session, session.begin():
            if has_request_context():
                session.execute(text("SET LOCAL lock_timeout = '3s'"))
            yield session
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise Busy("Somebody else is changing this right now. Nothing was changed, please try again.") from error
        raise
    finally:
        _open.reset(token)


PASSING = (OperationalError, Busy)
"""What may be over in a moment: the server away, a deadlock, a lock that somebody else holds. Nothing was done."""


def repeated(work: Callable[[], T], tries: int = 3) -> T:
    """Do `work`, which is one transaction and nothing else, again where the server broke it off."""
    for tried in range(1, tries):
        try:
            return work()
        except PASSING:
            time.sleep(random.uniform(0.05, 0.1) * tried)  # noqa: S311  (jitter is no secret)
    return work()
