"""What the tests of staff pages begin with: somebody signed in at noon, and the queries of a page counted."""

from sqlalchemy.orm import Session

from tests.people import make_user
from tests.web.account_world import counted_queries
from tests.web.browsing import Browser

QUERIES = 8
HTMX = {"HX-Request": "true"}


def enter_as(session: Session, reader: Browser, role: str) -> Browser:
    reader.enter(session, make_user(session, role, name="Halima Bello"))
    return reader


def queries_of(reader: Browser, path: str) -> int:
    """How many statements one visit takes, once what lives as long as the application has been found."""
    reader.get(path)
    with counted_queries() as asked:
        assert reader.get(path).status_code == 200
    return len(asked)
