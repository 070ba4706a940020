"""Numbers 1…N of a series without a hole: taken last in the transaction that issues, returned by its rollback."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.crashes import crash_point

PREFIXES = {"invoice": "INV", "credit_note": "CN"}

_TAKE = text(
    "UPDATE number_series SET next_number = next_number + :count WHERE code = :code RETURNING next_number - :count"
)
_BEGIN = text(
    "INSERT INTO number_series (code, next_number, pattern) VALUES (:code, 1, :pattern) ON CONFLICT (code) DO NOTHING"
)


def series_on(kind: str, on: date) -> str:
    """The series of a kind of paper for a day of the business: a new one each year."""
    return f"{kind}/{on.year}"


def label(series: str, number: int) -> str:
    """How a number is printed: INV-2026-000123."""
    kind, year = series.split("/")
    return f"{PREFIXES[kind]}-{year}-{number:06d}"


def take(session: Session, series: str, count: int) -> range:
    """The next `count` numbers of `series`. From here on only inserts may follow, for the row stays locked."""
    crash_point("C-03")
    first = session.scalar(_TAKE, {"code": series, "count": count})
    if first is None:
        kind, year = series.split("/")
        session.execute(_BEGIN, {"code": series, "pattern": f"{PREFIXES[kind]}-{year}-{{number:06d}}"})
        first = session.scalar(_TAKE, {"code": series, "count": count})
    assert first is not None  # the series was just begun  # noqa: S101
    crash_point("C-04")
    return range(first, first + count)
