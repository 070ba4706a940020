"""Stories are lived through in a world of their own, and every invariant holds when they end."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from portal.book.proofs import failures, prove
from tests.world import World, gateway, make, world

__all__ = ["gateway", "make", "world"]
UNSENT = {"news_of_ours_is_told_in_time"}  # nobody sends mails in these stories


@pytest.fixture(autouse=True)
def proved(session: Session, world: World) -> Iterator[Callable[[], None]]:
    """Every invariant holds when the story ends; call it to look before."""

    def prove_all() -> None:
        session.rollback()
        assert not failures(prove(session, at=world.at, without=UNSENT))

    yield prove_all
    prove_all()
