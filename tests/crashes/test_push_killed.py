"""A web process killed with -9 while a payer opens something: found again by its reference, or closed; paid once."""

import multiprocessing
import os
import signal
from datetime import timedelta
from typing import Any

import pytest

from jobs.app import installed
from portal.actions.open_payable import Wish, open_payable
from portal.core import clock
from portal.core.errors import Refused
from portal.gateways.base import Channel
from portal.payments.attempts import InDoubt
from tests.factories import Make
from tests.jobs.conftest import environment
from tests.pushing import PAYER

PATIENCE = 60
_nursery = multiprocessing.get_context("forkserver")


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture
def proved() -> None:
    """The world proves its own book."""


@pytest.fixture
def dies(pushed, settings) -> Any:
    """dies(invoice, channel, place): its payer's request is killed there."""

    def die(invoice: Any, channel: str, place: str) -> None:
        environ = environment(settings) | {"CRASH_PLAN": f"{place}:1:kill"}
        process = _nursery.Process(target=_open, args=(dict(environ), invoice.ref, channel))
        process.start()
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL
        assert pushed.statuses(invoice) == ["sending"]

    return die


def _open(environ: dict[str, str], invoice_ref: str, channel: str) -> None:
    os.environ.update(environ)
    bank = "bni" if channel == "virtual_account" else ""
    back = "https://portal.example.test/pay/back"
    with installed():
        open_payable(invoice_ref, Wish(back, back, channel=Channel(channel), bank=bank), actor=PAYER, at=clock.now())


@pytest.mark.parametrize("channel", ["virtual_account", "qris"])
def test_killed_after_the_call_the_number_is_found_and_no_second_one_is_opened(pushed, dies, channel):
    invoice = pushed.owed()
    dies(invoice, channel, "C-31")
    with pytest.raises(InDoubt):
        pushed.open(invoice, channel)
    pushed.until(pushed.at + timedelta(minutes=5))
    assert pushed.statuses(invoice) == ["action_required"]
    pushed.open(invoice, channel)
    assert len(pushed.twin.deeds("opened")) == 1
    pushed.pays(invoice)
    pushed.work()
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [250_000]


@pytest.mark.parametrize(("channel", "place"), [("virtual_account", "C-09"), ("page", "C-09"), ("page", "C-31")])
def test_killed_before_anything_could_be_paid_it_is_closed_and_the_payer_begins_anew(pushed, dies, channel, place):
    invoice = pushed.owed()
    dies(invoice, channel, place)
    pushed.until(pushed.at + timedelta(minutes=15))
    with pytest.raises(Refused):
        pushed.open(invoice, channel)
    pushed.until(pushed.at + timedelta(hours=1))
    assert pushed.statuses(invoice) == ["canceled"]
    link = pushed.open(invoice, channel).link
    if link:
        pushed.twin.press(link, "pay", "va/bni")
        pushed.twin.wait()
    else:
        pushed.pays(invoice)
    pushed.work()
    assert pushed.statuses(invoice) == ["canceled", "succeeded"]
    assert pushed.money() == [250_000]
