"""A browser without a screen: it keeps the cookie, and the form token of the page it saw last."""

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from portal.identity.models import User
from portal.identity.sessions import Device, open_session
from tests.people import PASSWORD


@dataclass
class Browser:
    """A client that carries the form token of the page it saw last."""

    client: FlaskClient
    csrf: str = ""

    def get(self, path: str, **kwargs: Any) -> Any:
        answer = self.client.get(path, **kwargs)
        found = re.search(r'name="csrf_token" value="([^"]+)"|X-CSRFToken": "([^"]+)"', answer.text)
        if found:
            self.csrf = found[1] or found[2]
        return answer

    def post(self, path: str, *, seen: str = "", **fields: Any) -> Any:
        """Post the fields from the page at `seen` (or the same path)."""
        self.get(seen or path)
        sent = {"csrf_token": self.csrf, "form_key": "a" * 32} | fields
        return self.client.post(path, data=sent)

    def sign_in(self, email: str, password: str = PASSWORD, **fields: Any) -> Any:
        return self.post("/sign-in", email=email, password=password, **fields)

    def enter(self, session: Session, user: User) -> str:
        """Signed in without the door; returns the token of the session."""
        token = open_session(session, user, Device(), wall_at=clock.wall())
        session.commit()
        self.carry(token)
        return token

    def carry(self, token: str) -> None:
        with self.client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True

    def token(self) -> str | None:
        with self.client.session_transaction() as cookie:
            return cookie.get("_user_id")
