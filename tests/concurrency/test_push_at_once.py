"""Payers who click twice, and news that comes while somebody chooses another way."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.actions.open_payable import Opened, PayableOpen
from portal.actions.receive_gateway_news import receive_gateway_news
from portal.actions.resolve_attempts import ask_about
from portal.core.errors import Refused
from tests.factories import Make
from tests.world import RULE


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture
def at_once(app):
    """All at the same instant, each with connections of its own. An error is a result."""

    def go(*calls):
        gate = threading.Barrier(len(calls))

        def run(call):
            with app.app_context():
                gate.wait(10)
                try:
                    return call()
                except Exception as error:
                    return error

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    return go


def test_eight_clicks_open_one_number(pushed, at_once):
    invoice = pushed.owed()
    results = at_once(*[pushed.opening(invoice)] * 8)
    assert len(pushed.twin.deeds("opened")) == 1
    assert all(isinstance(one, Opened | Refused) for one in results), results
    assert len({one.reference for one in results if isinstance(one, Opened)}) == 1


def test_two_ways_at_once_leave_one_that_lives(pushed, at_once):
    invoice = pushed.owed()
    results = at_once(pushed.opening(invoice), pushed.opening(invoice, "qris"), pushed.opening(invoice, "page"))
    live = [status for status in pushed.statuses(invoice) if status == "action_required"]
    assert len(live) == 1
    assert len([one for one in results if isinstance(one, Opened)]) == 1
    assert all(isinstance(one, Opened | Refused) for one in results), results


def test_switching_while_the_money_arrives_books_it_once_and_never_loses_it(pushed, at_once):
    invoice = pushed.owed()
    pushed.open(invoice)
    (first,) = pushed.attempts(invoice)
    pushed.pays(invoice)
    hear = lambda: receive_gateway_news(limit=10, actor=RULE, at=pushed.at)  # noqa: E731
    ask = lambda: ask_about(first.reference, actor=RULE, at=pushed.at)  # noqa: E731
    results = at_once(hear, ask, pushed.opening(invoice, "qris", is_switching=True), hear)
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, Refused)], results
    pushed.work()
    assert pushed.money() == [250_000]
    assert pushed.reload(invoice).status == "paid"
    assert pushed.statuses(invoice)[0] == "succeeded"
    assert not isinstance(results[2], PayableOpen)
