"""The small company, and the way of every mail in one step."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.relay_outbox import relay_outbox
from portal.actions.render_documents import render_documents
from portal.actions.send_messages import send_messages
from portal.notifications.models import Message
from tests.notifications.world import NOON, World, make_world


@pytest.fixture
def make(session: Session) -> Callable[..., World]:
    return lambda **changed: make_world(session, **changed)


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make()


@pytest.fixture
def tell(app: Flask) -> Callable[..., None]:
    """Relay, print and send until nothing is due at that instant."""

    def until_quiet(at: datetime = NOON) -> None:
        while relay_outbox(limit=100, at=at) + render_documents(limit=100, at=at) + send_messages(limit=100, at=at):
            pass

    return until_quiet


@pytest.fixture
def stored(session: Session) -> Callable[..., list[Message]]:
    """The messages there are now, in order, narrowed by columns."""

    def found(**columns: Any) -> list[Message]:
        session.rollback()
        wanted = select(Message).filter_by(**columns).order_by(Message.id).execution_options(populate_existing=True)
        return list(session.scalars(wanted))

    return found
