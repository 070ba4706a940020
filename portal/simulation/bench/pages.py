"""What a page costs this process, as a multiple of the barest page that the same framework can answer.

Both are asked for in turns: a page that is asked for again and again would find all it needs in the processor's caches,
which no server's next request does.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from portal.identity.models import User
from portal.identity.sessions import Device, open_session
from portal.simulation.bench.report import Measure, at_most, never_above

ACCOUNT = (
    "/account/", "/account/plan", "/account/subscriptions/{subscription}", "/account/invoices",
    "/account/invoices/{invoice}", "/account/payments", "/account/details",
)  # fmt: skip
STAFF = (
    "/billing/", "/clients/", "/clients/{customer}", "/billing/subscriptions", "/billing/subscriptions/{subscription}",
    "/billing/invoices", "/billing/invoices/{invoice}", "/billing/payments", "/billing/payments/{payment}",
    "/billing/dunning", "/billing/runs", "/billing/runs/{run}", "/billing/clock", "/billing/health",
)  # fmt: skip
MOST_QUERIES = 8
MOST_SQL_MS = 20
MOST_TIMES_BARE = 20
_SUBJECTS = text(
    """
    SELECT c.ref AS customer, s.ref AS subscription, i.ref AS invoice, p.ref AS payment,
           (SELECT ref FROM billing_runs ORDER BY id DESC LIMIT 1) AS run
      FROM customers c JOIN subscriptions s ON s.customer_id = c.id JOIN invoices i ON i.subscription_id = s.id
      JOIN payment_allocations a ON a.invoice_id = i.id JOIN payments p ON p.id = a.payment_id
     WHERE c.id = :customer ORDER BY i.id DESC LIMIT 1
    """
)
_MOVE_IN = text("UPDATE memberships SET customer_id = :customer WHERE user_id = :user")


class Browser(Protocol):
    """The framework's own test client."""

    def get(self, path: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Page:
    """`cpu_ms` of this process for the page, `bare_ms` for the bare one that was asked for after each.

    `sql_ms`: what the database took for it, waiting included.
    """

    path: str
    status: int
    cpu_ms: float
    bare_ms: float
    sql_ms: float
    queries: int

    @property
    def times_bare(self) -> float:
        return self.cpu_ms / self.bare_ms


def sign_in(session: Session, email: str, *, wall_at: Any, customer_id: int | None = None) -> str:
    """A token for the browser of this person, who acts for `customer_id` from now on. The caller commits."""
    user = session.query(User).filter_by(email=email).one()
    if customer_id is not None:
        session.execute(_MOVE_IN, {"customer": customer_id, "user": user.id})
    return open_session(session, user, Device(), wall_at=wall_at)


def measure(browser: Browser, bare: Browser, engine: Engine, paths: Sequence[str], times: int) -> list[Page]:
    """Each of `paths` so many times. `bare` answers the bare page at /."""
    return [_measured(browser, bare, engine, path, times) for path in paths]


def report(measured: Sequence[Page]) -> list[Measure]:
    """What each page costs, then what no page may: too many queries, or another answer than the page."""
    found = [
        at_most(
            f"page {page.path}", page.times_bare, "x bare", MOST_TIMES_BARE,
            f"{page.cpu_ms:.2f} ms CPU, {page.queries} queries in {page.sql_ms:.1f} ms, status {page.status}",
        )
        for page in measured
    ]  # fmt: skip
    slowest = max(measured, key=lambda page: page.sql_ms).path
    unanswered = [page.path for page in measured if page.status != 200]
    return [
        Measure("bare_page", median(page.bare_ms for page in measured), "ms", note="CPU of a page that says hello"),
        *found,
        Measure("page_median", median(page.times_bare for page in measured), "x bare", note="the middle of all pages"),
        at_most("page_sql", max(page.sql_ms for page in measured), "ms", MOST_SQL_MS, f"of any page; {slowest}"),
        never_above("page_queries", max(page.queries for page in measured), "queries", MOST_QUERIES, "of any page"),
        never_above("pages_not_answered", len(unanswered), "pages", 0, "; ".join(unanswered)),
    ]


def addresses(session: Session, customer_id: int, paths: Sequence[str]) -> list[str]:
    """The paths with the customer's latest invoice and its subscription filled in."""
    subjects = session.execute(_SUBJECTS, {"customer": customer_id}).mappings().one()
    return [path.format_map(subjects) for path in paths]


def _measured(browser: Browser, bare: Browser, engine: Engine, path: str, times: int) -> Page:
    began: list[float] = []
    took_sql: list[float] = []
    status, _ = _once(browser, path)
    _once(bare, "/")
    with (
        _heard(engine, "before_cursor_execute", lambda *_: began.append(time.perf_counter())),
        _heard(engine, "after_cursor_execute", lambda *_: took_sql.append(time.perf_counter() - began[-1])),
    ):
        took = [(_once(browser, path)[1], _once(bare, "/")[1]) for _ in range(times)]
    cpu_ms, bare_ms = (median(each) for each in zip(*took, strict=True))
    return Page(path, status, cpu_ms, bare_ms, 1000 * sum(took_sql) / times, len(took_sql) // times)


@contextmanager
def _heard(engine: Engine, name: str, note: Callable[..., None]) -> Iterator[None]:
    event.listen(engine, name, note)
    try:
        yield
    finally:
        event.remove(engine, name, note)


def _once(browser: Browser, path: str) -> tuple[int, float]:
    """As if nothing had been asked before: a page of its own context, as a server opens it."""
    used = time.process_time()
    answer = Context().run(browser.get, path)
    return int(answer.status_code), 1000 * (time.process_time() - used)
