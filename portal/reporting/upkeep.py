"""What somebody must look at to keep the house running: accounts, tasks, news and mails that failed, proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.notifications.models import Message
from portal.notifications.states import MessageStatus
from portal.payments.models import Attempt, GatewayAccount, GatewayNews
from portal.payments.states import AttemptStatus, NewsStatus
from portal.reporting.task_list import open_tasks

LATELY = timedelta(days=30)
MOST_FAILED = 20
MOST_TASKS = 100
NEWS, MAIL = "news", "mail"


class Account(NamedTuple):
    """An account, how many charges wait to be sent to it, and when it last told us something."""

    account: GatewayAccount
    waiting: int
    heard_at: datetime | None


class Failed(NamedTuple):
    """News that could not be taken in, or a mail that was given up. `what`: its kind or subject, `why` the reason."""

    kind: str
    at: datetime
    what: str
    about: str
    why: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    accounts: Sequence[Account]
    tasks: Sequence[Any]
    failed: Sequence[Failed]

    @property
    def stopped(self) -> list[Account]:
        return [one for one in self.accounts if one.account.is_enabled and one.account.stopped_reason is not None]


def look(session: Session, at: datetime) -> Upkeep:
    """Three queries."""
    return Upkeep(_accounts(session), open_tasks(session, limit=MOST_TASKS), _failed(session, at - LATELY))


def _accounts(session: Session) -> list[Account]:
    return [Account(*row) for row in session.execute(_ACCOUNTS)]


def _failed(session: Session, since: datetime) -> list[Failed]:
    return [Failed(*row) for row in session.execute(_FAILED, {"since": since})]


def _with_charges() -> Select[*tuple[Any, ...]]:
    waiting = (
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.gateway_account_id == GatewayAccount.id, Attempt.status == AttemptStatus.WAITING)
        .correlate(GatewayAccount)
        .scalar_subquery()
    )
    heard = (
        select(GatewayNews.received_at)
        .where(GatewayNews.gateway_account_id == GatewayAccount.id)
        .order_by(GatewayNews.id.desc())
        .limit(1)
        .correlate(GatewayAccount)
        .scalar_subquery()
    )
    return select(GatewayAccount, waiting, heard).order_by(GatewayAccount.id)


def _news_and_mails() -> Select[*tuple[Any, ...]]:
    news = select(
        literal(NEWS).label("kind"), GatewayNews.received_at.label("at"), GatewayNews.kind.label("what"),
        GatewayNews.reference.label("about"), GatewayNews.outcome.label("why"),
    ).where(GatewayNews.status == NewsStatus.FAILED, GatewayNews.received_at >= bindparam("since"))  # fmt: skip
    mails = select(
        literal(MAIL), Message.created_at, func.coalesce(Message.subject, Message.template), Message.recipient,
        Message.note,
    ).where(
        Message.status.in_([MessageStatus.FAILED, MessageStatus.BOUNCED]), Message.created_at >= bindparam("since")
    )  # fmt: skip
    both = union_all(news, mails).subquery()
    return select(both).order_by(both.c.at.desc()).limit(MOST_FAILED)


_ACCOUNTS, _FAILED = _with_charges(), _news_and_mails()
