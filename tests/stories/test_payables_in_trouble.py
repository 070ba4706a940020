"""A gateway that breaks while something is opened to be paid: one payable at most, and its money is booked once.

iPaymu has no key against opening twice and no call to close what is open, so an answer that was lost may stand for a
number that somebody can pay to.
"""

from datetime import timedelta

import pytest

from portal.actions.open_payable import PageNotOpened
from portal.core.errors import Refused
from portal.payments.attempts import InDoubt
from portal.twins.faults import SERVER_ERRORS, UNREADABLE
from tests.factories import Make

ACTED = [
    ("timeout_after", ""),
    ("reset_after", ""),
    ("cut", ""),
    ("truncated", ""),
    ("oversized", ""),
    *[("error_after", status) for status in SERVER_ERRORS],
    *[("unreadable", variant) for variant in UNREADABLE],
]
NOT_ACTED = [("timeout_before", ""), ("reset_before", ""), *[("error_before", status) for status in SERVER_ERRORS]]


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture
def proved():
    """The world proves its own book."""


@pytest.fixture
def opened_without_an_answer(pushed):
    """An invoice whose payer asked for a number and was told that it did not work; behave(way, code) happened."""

    def ask(way, code, call="direct", channel="virtual_account"):
        invoice = pushed.owed()
        pushed.twin.behave(way, code=code, seconds=0.05, call=call, times=1)
        with pytest.raises(PageNotOpened):
            pushed.open(invoice, channel)
        assert pushed.statuses(invoice) == ["unknown"]
        for other in ("virtual_account", "qris"):
            with pytest.raises(InDoubt):
                pushed.open(invoice, other, is_switching=True)
        return invoice

    return ask


def opened(pushed):
    return len(pushed.twin.deeds("opened"))


@pytest.mark.parametrize(("way", "code"), ACTED)
def test_what_was_opened_without_an_answer_is_found_by_our_reference_and_opened_once(
    pushed, opened_without_an_answer, way, code
):
    invoice = opened_without_an_answer(way, code)
    assert opened(pushed) == 1
    pushed.until(pushed.at + timedelta(minutes=5))
    assert pushed.statuses(invoice) == ["action_required"]
    again = pushed.open(invoice)
    assert again.reference == pushed.attempts(invoice)[0].reference
    assert opened(pushed) == 1
    pushed.pays(invoice)
    pushed.work()
    assert (pushed.reload(invoice).status, pushed.money()) == ("paid", [250_000])


@pytest.mark.parametrize(("way", "code"), NOT_ACTED)
def test_what_was_never_opened_is_given_up_and_the_payer_begins_anew(pushed, opened_without_an_answer, way, code):
    invoice = opened_without_an_answer(way, code)
    pushed.until(pushed.at + timedelta(minutes=10))
    assert (pushed.statuses(invoice), opened(pushed)) == (["unknown"], 0)
    pushed.until(pushed.at + timedelta(hours=1))
    assert pushed.statuses(invoice) == ["canceled"]
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    assert (opened(pushed), pushed.statuses(invoice)) == (1, ["canceled", "succeeded"])
    assert pushed.money() == [250_000]


@pytest.mark.parametrize("way", ["timeout_after", "error_after", "truncated"])
def test_a_page_whose_link_was_lost_can_be_paid_by_nobody_and_another_is_opened(pushed, opened_without_an_answer, way):
    """Its history knows a page only when somebody has chosen on it, and nobody was told where it is."""
    invoice = opened_without_an_answer(way, "", call="payment", channel="page")
    pushed.until(pushed.at + timedelta(hours=1))
    assert pushed.statuses(invoice) == ["canceled"]
    pushed.twin.press(pushed.open(invoice, "page").link, "pay", "va/bni")
    pushed.twin.wait()
    pushed.work()
    assert pushed.statuses(invoice) == ["canceled", "succeeded"]
    assert pushed.money() == [250_000]


@pytest.mark.parametrize("code", ["delta", "epoch", "bare"])
def test_too_many_requests_open_nothing_and_the_next_click_may_try_again(pushed, code):
    invoice = pushed.owed()
    pushed.twin.behave("rate_limited", code=code, call="direct", times=1)
    with pytest.raises(Refused):
        pushed.open(invoice)
    assert (pushed.statuses(invoice), opened(pushed)) == (["canceled"], 0)
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    assert pushed.money() == [250_000]


@pytest.mark.parametrize("way", ["timeout_before", "error_before", "truncated", "rate_limited"])
def test_a_gateway_that_answers_no_question_proves_nothing_and_keeps_the_payer_waiting(
    pushed, opened_without_an_answer, way
):
    for call in ("history", "check"):
        pushed.twin.behave(way, seconds=0.05, call=call)
    invoice = opened_without_an_answer("timeout_after", "")
    pushed.until(pushed.at + timedelta(hours=2))
    assert pushed.statuses(invoice) == ["unknown"]
    with pytest.raises(InDoubt):
        pushed.open(invoice)
    pushed.twin.twin.faults.clear()
    pushed.until(pushed.at + timedelta(hours=8))
    assert (pushed.statuses(invoice), opened(pushed)) == (["action_required"], 1)


def test_money_that_came_before_the_number_was_found_is_booked_by_its_callback(pushed, opened_without_an_answer):
    """Somebody saw the number all the same, in their banking application."""
    invoice = opened_without_an_answer("reset_after", "")
    (deed,) = pushed.twin.deeds("opened")
    pushed.send(str(deed["transaction"]))
    pushed.work()
    pushed.until(pushed.at + timedelta(minutes=5))
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [250_000]
    assert pushed.statuses(invoice) == ["succeeded"]


def test_a_gateway_that_cannot_be_reached_leaves_nothing_in_doubt(pushed):
    invoice = pushed.owed()
    pushed.account.base_url = "http://127.0.0.1:9"
    pushed.session.commit()
    with pytest.raises(Refused):
        pushed.open(invoice)
    assert pushed.statuses(invoice) == ["canceled"]
    pushed.account.base_url = pushed.twin.url
    pushed.session.commit()
    pushed.open(invoice)
    assert pushed.statuses(invoice) == ["canceled", "action_required"]


def test_a_refused_key_opens_nothing_and_leaves_nothing_in_doubt(pushed):
    invoice = pushed.owed()
    pushed.twin.behave("unauthorized", call="direct", times=1)
    with pytest.raises(Refused):
        pushed.open(invoice)
    assert opened(pushed) == 0
    pushed.until(pushed.at + timedelta(hours=1))
    assert pushed.statuses(invoice) == ["canceled"]
