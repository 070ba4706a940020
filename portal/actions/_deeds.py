"""What a second person may be asked for, as the decision sees it: the content now, carrying it out, turning it down.

Each deed is a step (`portal/actions/_crediting.py` and its like) that brings one `Deed`; the table of them all
stands in `decide_approval.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.money import Money
from portal.identity import approvals
from portal.identity.models import Approval
from portal.journal.accounts import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of the document as it is and as it would be; `name` is a word to translate, such as "Open"."""

    name: str
    before: Money
    after: Money


@dataclass(frozen=True, slots=True)
class Content:
    """What the deed would do to its subject now. The digest covers `amount` and `facts` and nothing else.

    `facts` are JSON values. `moves` are the postings as they would be today, `changes` what becomes of the document,
    `consequences` sentences (already in the reader's language) about all else; these three are for eyes only.
    """

    amount: Money
    facts: Mapping[str, Any]
    moves: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    consequences: tuple[str, ...] = ()

    @property
    def digest(self) -> bytes:
        return approvals.digest_for(self.amount, self.facts)


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of deed. The first three are called under the customer's lock, in the transaction of the decision.

    `content(session, approval)` is None when the deed is not possible any more. `carry_out` and `turn_down` get
    `(session, approval, actor, at)`; the actor is the one who decides. `foresee` is `content` for a page: without
    checks and without locks; None where `content` serves as well.
    """

    content: Callable[[Session, Approval], Content | None]
    carry_out: Callable[[Session, Approval, Actor, datetime], None]
    turn_down: Callable[[Session, Approval, Actor, datetime], None]
    foresee: Callable[[Session, Approval], Content | None] | None = None


def nothing_waits(session: Session, approval: Approval, actor: Actor, at: datetime) -> None:
    """`turn_down` of a deed whose subject did not know that it was asked for."""
