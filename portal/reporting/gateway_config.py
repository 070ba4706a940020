"""The accounts at gateways for those who configure them: what was heard lately, what was refused, what is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.payments.models import Attempt, GatewayAccount, GatewayNews
from portal.payments.states import AttemptStatus

LATELY = timedelta(days=30)
SHOWN_NEWS = 8
LIVE = [
    AttemptStatus.WAITING,
    AttemptStatus.SENDING,
    AttemptStatus.PENDING,
    AttemptStatus.ACTION_REQUIRED,
    AttemptStatus.UNKNOWN,
]


class Seen(NamedTuple):
    """An account, when it was last heard of, and how many notices of the last 30 days it had not signed."""

    account: GatewayAccount
    heard_at: datetime | None
    refused: int


class Heard(NamedTuple):
    """A notice: `signature` is its verdict, `kind` what it said it is."""

    received_at: datetime
    signature: str
    status: str
    kind: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Config:
    """One account. `under_way` counts what was begun with it and is not decided, `sibling` its other mode's ref."""

    seen: Seen
    news: Sequence[Heard]
    under_way: int
    sibling: str


def accounts(session: Session, at: datetime) -> list[Seen]:
    """All of them, one query."""
    return [Seen(*row) for row in session.execute(_seen(at).order_by(GatewayAccount.gateway, GatewayAccount.mode))]


def config(session: Session, ref: str, at: datetime) -> Config:
    """Three queries. Raises NotFound."""
    row = session.execute(_seen(at).where(GatewayAccount.ref == ref)).first()
    if row is None:
        raise NotFound("There is no such account.")
    seen = Seen(*row)
    news = session.execute(
        select(
            GatewayNews.received_at, GatewayNews.signature, GatewayNews.status, GatewayNews.kind, GatewayNews.outcome
        )
        .where(GatewayNews.gateway_account_id == seen.account.id)
        .order_by(GatewayNews.received_at.desc())
        .limit(SHOWN_NEWS)
    )
    of_account = Attempt.gateway_account_id == seen.account.id
    under_way = select(func.count()).select_from(Attempt).where(of_account, Attempt.status.in_(LIVE)).scalar_subquery()
    other = (
        select(GatewayAccount.ref)
        .where(GatewayAccount.gateway == seen.account.gateway, GatewayAccount.id != seen.account.id)
        .scalar_subquery()
    )
    counted, sibling = session.execute(select(under_way, other)).one()
    return Config(seen, [Heard(*one) for one in news], counted, sibling or "")


def _seen(at: datetime) -> Select[*tuple[Any, ...]]:
    of_account = GatewayNews.gateway_account_id == GatewayAccount.id
    heard = select(func.max(GatewayNews.received_at)).where(of_account).correlate(GatewayAccount).scalar_subquery()
    refused = (
        select(func.count())
        .select_from(GatewayNews)
        .where(of_account, GatewayNews.signature != "valid", GatewayNews.received_at >= at - LATELY)
        .correlate(GatewayAccount)
        .scalar_subquery()
    )
    return select(GatewayAccount, heard, refused)
