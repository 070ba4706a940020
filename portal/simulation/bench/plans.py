"""The plans of the engine's own statements, made without looking at their values, as the server will make them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

LARGE = (
    "subscriptions", "customers", "invoices", "invoice_lines", "attempts", "payments", "payment_allocations",
    "payment_methods", "subscription_items", "credit_entries", "credit_balances", "journal_entries",
)  # fmt: skip
_VALUE = re.compile(r"%\((\w+)\)s")
_SCAN = re.compile(r"Seq Scan on (\w+)")


@contextmanager
def overheard(engine: Engine) -> Iterator[dict[str, None]]:
    """The statements that are sent meanwhile, each once; filled while it lasts."""
    heard: dict[str, None] = {}

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.setdefault(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", note)


def whole_scans(connection: Connection, statements: list[str], *, is_large: bool) -> list[str]:
    """The statements whose generic plan reads a whole large table, by their first words; none is what we want.

    In a small book reading everything is right: there the planner is told that it is dear, so that only a statement
    that no index can serve is found.
    """
    found = []
    with connection.begin() as transaction:
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        if not is_large:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if statement.lstrip().startswith(("SELECT", "UPDATE", "WITH")):
                scanned = set(_SCAN.findall(_plan(connection, statement))) & set(LARGE)
                found += [f"{' '.join(statement.split())[:80]}: {table}" for table in sorted(scanned)]
        transaction.rollback()
    return found


def _plan(connection: Connection, statement: str) -> str:
    """The generic plan, as text. Its values do not matter, so they are all unknown."""
    names = list(dict.fromkeys(_VALUE.findall(statement)))
    numbered = _VALUE.sub(lambda found: f"${names.index(found[1]) + 1}", statement).replace("%%", "%")
    connection.exec_driver_sql(f"PREPARE bench_plan AS {numbered}".replace("%", "%%"))
    values = f"({', '.join(['NULL'] * len(names))})" if names else ""
    rows = connection.exec_driver_sql(f"EXPLAIN EXECUTE bench_plan{values}").all()
    connection.exec_driver_sql("DEALLOCATE bench_plan")
    return "\n".join(row[0] for row in rows)
