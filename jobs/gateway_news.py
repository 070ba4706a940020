"""What gateways told us is worked off."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.receive_gateway_news import receive_gateway_news
from portal.core.actors import Actor

NEWS = Actor.gateway("news")
BATCH = 10  # asked about one after another: also a silent gateway lets a batch end before its job must


@job(Lane.NEWS)
def receive_news() -> None:
    """Ask the gateways about what their notices name, and record the answers.

    A notice stays `received` until it is worked off, so dying half way works it off again; the gateway's
    answer is recorded once.
    """
    if not drained(lambda at: receive_gateway_news(limit=BATCH, actor=NEWS, at=at), BATCH):
        receive_news.wake()
