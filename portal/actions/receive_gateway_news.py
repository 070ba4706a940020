"""Working off what gateways sent: each notice is a hint about a reference, and the gateway itself is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _false_news, _gateways
from portal.actions.hear_of_returns import RETURNS, hear_of_returns
from portal.actions.resolve_attempts import ask_about
from portal.core import audit
from portal.core.actors import Actor
from portal.core.crashes import crash_point
from portal.core.db import PASSING, transaction
from portal.core.logging import log
from portal.gateways.base import Answer, News, NewsKind
from portal.payments import queries
from portal.payments.models import GatewayAccount, GatewayNews
from portal.payments.states import NEWS, AttemptStatus, NewsEvent, NewsStatus

CLAIM = timedelta(minutes=5)
TRY_AGAIN_AFTER = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))

SUCCEEDED, SUPERSEDED = AttemptStatus.SUCCEEDED, AttemptStatus.SUPERSEDED


@dataclass(frozen=True, slots=True)
class Claimed:
    news_id: int
    account: GatewayAccount
    body: bytes


def receive_gateway_news(*, limit: int, actor: Actor, at: datetime) -> int:
    """Work off up to `limit` notices; how many. Died half way: the notice comes up again and its repeat does nothing.

    A reference that is not known yet is looked for again a few times, for news may come before our own commit.
    """
    claimed = _claim(limit, at)
    for one in claimed:
        crash_point("C-21")
        try:
            _work_off(one, actor=actor, at=at)
        except PASSING as error:
            log().warning("news comes up again", news=one.news_id, error=repr(error))
        except Exception as error:
            log().error("news not worked off", news=one.news_id, error=repr(error), exc_info=error)
            _close(one.news_id, NewsEvent.FAILED, repr(error), None, at=at)
    return len(claimed)


def _claim(limit: int, at: datetime) -> list[Claimed]:
    due = (
        select(GatewayNews, GatewayAccount)
        .join(GatewayAccount, GatewayAccount.id == GatewayNews.gateway_account_id)
        .where(GatewayNews.next_action_at <= at, GatewayNews.status == NewsStatus.RECEIVED)
        .order_by(GatewayNews.next_action_at, GatewayNews.id)
        .limit(limit)
        .with_for_update(of=GatewayNews, skip_locked=True)
    )
    with transaction() as session:
        claimed = []
        for news, account in session.execute(due):
            news.next_action_at = at + CLAIM
            news.tries += 1
            claimed.append(Claimed(news.id, account, news.body))
        return claimed


def _work_off(one: Claimed, *, actor: Actor, at: datetime) -> None:
    news = _gateways.adapter_of(one.account).read_news(one.body)
    if news.kind in RETURNS:
        _hear_of_return(one, news, actor=actor, at=at)
        return
    if news.kind is not NewsKind.CHARGE:
        _close(one.news_id, NewsEvent.IGNORED, f"nothing to do for {news.event or news.kind}", news, at=at)
        return
    if not _is_ours(news.reference):
        _wait_or_ignore(one.news_id, news, at=at)
        return
    heard = ask_about(news.reference, gateway_ref=news.gateway_ref, actor=actor, at=at)
    crash_point("C-22")
    differs = _false_news.contradictions(news, heard)
    if differs or (heard.answer is Answer.SILENT and _is_asked_no_more(news.reference)):
        _wait_or_doubt(one.news_id, news, differs, actor=actor, at=at)
    else:
        _close(one.news_id, NewsEvent.PROCESSED, "the gateway was asked", news, at=at)


def _hear_of_return(one: Claimed, news: News, *, actor: Actor, at: datetime) -> None:
    """A refund or a dispute: news of one may come before our own commit, and the gateway may be silent."""
    heard = hear_of_returns(news, one.account.id, actor=actor, at=at)
    crash_point("C-22")
    if heard:
        _close(one.news_id, NewsEvent.PROCESSED, "the gateway was asked", news, at=at)
    else:
        _wait_or_ignore(one.news_id, news, at=at)


def _is_ours(reference: str) -> bool:
    with transaction() as session:
        return queries.by_reference(session, reference) is not None


def _is_asked_no_more(reference: str) -> bool:
    """Is the attempt closed without money, so that nobody else would ask what late news is about?"""
    with transaction() as session:
        attempt = queries.by_reference(session, reference)
        return attempt is not None and attempt.closed_at is not None and attempt.status not in (SUCCEEDED, SUPERSEDED)


def _wait_or_doubt(news_id: int, news: News, differs: list[str], *, actor: Actor, at: datetime) -> None:
    """The gateway does not say what the news says. It is asked once more, for its own parts may be late; silence
    is borne with for longer."""
    patience = TRY_AGAIN_AFTER[:1] if differs else TRY_AGAIN_AFTER
    with transaction() as session:
        row = _locked(session, news_id)
        if row.tries <= len(patience):
            row.next_action_at = at + patience[row.tries - 1]
            return
        attempt = queries.by_reference(session, news.reference)
        if differs and attempt is not None:
            _false_news.report(session, attempt, news, differs, actor=actor, at=at)
    if differs:
        _close(news_id, NewsEvent.IGNORED, f"the gateway says otherwise: {', '.join(differs)}", news, at=at)
    else:
        _close(news_id, NewsEvent.FAILED, "the gateway did not answer", news, at=at)


def _wait_or_ignore(news_id: int, news: News, *, at: datetime) -> None:
    with transaction() as session:
        row = _locked(session, news_id)
        if row.tries <= len(TRY_AGAIN_AFTER):
            row.next_action_at = at + TRY_AGAIN_AFTER[row.tries - 1]
            return
    _close(news_id, NewsEvent.IGNORED, "no attempt has this reference", news, at=at)


def _close(news_id: int, event: NewsEvent, outcome: str, news: News | None, *, at: datetime) -> None:
    with transaction() as session:
        row = _locked(session, news_id)
        after = NEWS.after(row.status, event)
        if after is None:
            return
        row.status, row.outcome, row.next_action_at = after, outcome[:500], None
        if news is not None:
            row.kind, row.reference = news.event[:100], news.reference[:100]
        if after is NewsStatus.FAILED:
            audit.record(
                session, Actor.system("gateway news"), "news.failed", at=at, subject=str(row.id), reason=outcome[:500]
            )


def _locked(session: Session, news_id: int) -> GatewayNews:
    return session.get_one(GatewayNews, news_id, with_for_update=True, populate_existing=True)
