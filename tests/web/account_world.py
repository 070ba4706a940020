"""A customer with somebody signed in for them, and pages counted by the queries they need."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.core.db import db
from portal.customers.models import Customer
from portal.identity.models import User
from portal.invoicing.models import Invoice
from tests.factories import Make
from tests.people import join, make_user
from tests.web.browsing import Browser

QUERIES = 8
HTMX = {"HX-Request": "true"}


@dataclass
class Account:
    """The customer, who acts for them, and their browser."""

    session: Session
    make: Make
    reader: Browser
    customer: Customer
    user: User

    def become(self, role: str) -> None:
        """Somebody else of the same customer, with another role, sits down at the browser."""
        user = make_user(self.session, name="Ngozi Eze")
        join(self.session, user, self.customer, role)
        self.reader.enter(self.session, user)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.reader.get(path, **kwargs)

    def post(self, path: str, *, seen: str, **fields: Any) -> Any:
        return self.reader.post(path, seen=seen, **fields)

    def press(self, path: str, action: str, **more: str) -> Any:
        """Press the button of the form on the page at `path` that posts to `action`, with its hidden fields."""
        page = self.get(path).text
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.S)
        assert form, f"{path} has no form for {action}"
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
        return self.reader.client.post(action, data=hidden | more)

    def latest_invoice(self) -> Invoice:
        self.session.expire_all()
        wanted = select(Invoice).where(Invoice.customer_id == self.customer.id).order_by(Invoice.id.desc())
        found = self.session.scalars(wanted).first()
        assert found is not None
        return found


def open_account(session: Session, make: Make, reader: Browser, role: str = "owner", **changed: Any) -> Account:
    customer = make.customer(**changed)
    user = make_user(session)
    join(session, user, customer, role)
    reader.enter(session, user)
    return Account(session, make, reader, customer, user)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Every statement that is sent while it lasts, but for the clock of tests, which no live page asks."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "virtual_clock" not in statement:
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
