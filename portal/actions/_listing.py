"""Reading all pages of a gateway's lists while they move: a step of reconciling. No transaction is open here."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from portal.core.errors import Refused
from portal.gateways.base import Answer, ChargeOutcome, DisputeNews, RefundOutcome
from portal.gateways.pace import Pace
from portal.gateways.protocols import Answers
from portal.gateways.returns import ListsReturns
from portal.reconciling.sides import OurCharge, Theirs

MARGIN = timedelta(hours=1)
"""The gateway's clock may be wrong by so much, in either direction."""

MOST_PASSES = 4
LONGEST_SECONDS = 200.0
MOST_PAGES = 2000

Row = TypeVar("Row", covariant=True)
Kept = TypeVar("Kept")


class Silent(Refused):
    """The gateway did not tell a whole list; the message says why."""

    code = "gateway_list_incomplete"


class Patience:
    """The pace of an account, with an end: whoever reads lists is stopped before the job that does it is killed."""

    def __init__(self, pace: Pace, seconds: float = LONGEST_SECONDS) -> None:
        self._pace, self._end = pace, time.monotonic() + seconds

    def wait(self) -> None:
        """Return when one more call may be made. Raises Silent when it took too long."""
        if time.monotonic() > self._end:
            raise Silent("the lists are too long to be read in one go")
        self._pace.wait()


class Page(Protocol[Row]):
    """What all pages of lists have in common, beside their rows."""

    @property
    def answer(self) -> Answer: ...

    @property
    def next_page(self) -> int | None: ...

    @property
    def reason(self) -> str: ...


def charges(gateway: Answers, pace: Patience, since: datetime, until: datetime) -> dict[str, list[ChargeOutcome]]:
    """Every transaction of the window, under our references; without one, under the gateway's number."""

    def read(page: int) -> tuple[Page[ChargeOutcome], Sequence[ChargeOutcome]]:
        pace.wait()
        told = gateway.charges_between(since - MARGIN, until + MARGIN, page)
        return told, told.charges

    found: dict[str, list[ChargeOutcome]] = defaultdict(list)
    for one in _whole(read, lambda one: one.gateway_ref or one.reference):
        found[one.reference or one.gateway_ref].append(one)
    return dict(found)


def returns(
    gateway: ListsReturns, pace: Patience, since: datetime, until: datetime
) -> tuple[list[RefundOutcome], list[DisputeNews]]:
    """Every refund and every dispute of the window."""

    def refunds(page: int) -> tuple[Page[RefundOutcome], Sequence[RefundOutcome]]:
        pace.wait()
        told = gateway.refunds_between(since - MARGIN, until + MARGIN, page)
        return told, told.refunds

    def disputes(page: int) -> tuple[Page[DisputeNews], Sequence[DisputeNews]]:
        pace.wait()
        told = gateway.disputes_between(since - MARGIN, until + MARGIN, page)
        return told, told.disputes

    return (
        _whole(refunds, lambda one: one.gateway_ref),
        _whole(disputes, lambda one: one.gateway_ref),
    )


def _whole(read: Callable[[int], tuple[Page[Kept], Iterable[Kept]]], name: Callable[[Kept], str]) -> list[Kept]:
    """All rows of all pages, each once, as it was told last.

    While rows come and go, pages shift: one may be seen twice, or slip from a page that is still to be read to one
    that was. A list of several pages is therefore read again until nothing in it is new. Raises Silent.
    """
    rows: dict[str, Kept] = {}
    for turn in range(MOST_PASSES):
        before, pages = len(rows), 0
        page: int | None = 1
        while page is not None:
            told, listed = read(page)
            if told.answer is not Answer.FOUND or pages >= MOST_PAGES:
                raise Silent(told.reason or "the list has no end")
            rows |= {name(one): one for one in listed}
            pages, page = pages + 1, told.next_page
        if pages == 1 or (turn > 0 and len(rows) == before):
            return list(rows.values())
    raise Silent("the list kept changing while it was read")


def confirmed(
    gateway: Answers, theirs: Theirs, absent: Iterable[OurCharge], pace: Patience
) -> tuple[Theirs, frozenset[str]]:
    """Ask about each of ours that the list lacks: what was found joins the list, silence makes it unsure."""
    found = {reference: list(told) for reference, told in theirs.charges.items()}
    unsure = set()
    for mine in absent:
        pace.wait()
        number = mine.payment.gateway_ref if mine.payment else ""
        told = gateway.look_up(mine.reference, gateway_ref=number, session=mine.session, since=mine.created_at)
        if told.charge is not None:
            found[mine.reference] = [told.charge]
        elif told.answer is Answer.SILENT:
            unsure.add(mine.reference)
    return Theirs(found, theirs.refunds, theirs.disputes), frozenset(unsure)
