"""Customers who send their money: numbers and codes that are opened, used again, replaced, paid late or twice."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.actions.open_payable import PageNotOpened, PayableOpen
from portal.balance import ledger
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.tasks import Task
from portal.notifications.models import Message
from portal.payments.attempts import InDoubt
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import Make
from tests.pushing import PushWorld


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture
def proved():
    """The world proves its own book."""


def reminded(world: PushWorld, template: str) -> list[date]:
    """The customer's days on which these mails left."""
    rows = world.session.scalars(select(Message.created_at).where(Message.template == template).order_by(Message.id))
    return [at.astimezone(ZoneInfo("Asia/Jakarta")).date() for at in rows]


def tasks(world: PushWorld) -> list[str]:
    world.session.rollback()
    return list(world.session.scalars(select(Task.kind).where(Task.closed_at.is_(None)).order_by(Task.id)))


@pytest.mark.parametrize("channel", ["virtual_account", "qris", "convenience_store"])
def test_a_number_or_code_is_opened_paid_and_booked(pushed, channel):
    invoice = pushed.owed()
    pushed.open(invoice, channel, bank="alfamart" if channel == "convenience_store" else "")
    known = pushed.details(invoice)
    assert known.is_known
    assert bool(known.qr) is (channel == "qris")
    pushed.pays(invoice)
    pushed.work()
    assert pushed.reload(invoice).status == "paid"
    assert pushed.statuses(invoice) == ["succeeded"]
    assert pushed.money() == [250_000]


def test_the_hosted_page_is_opened_and_paid_in_whatever_channel_is_chosen_there(pushed):
    invoice = pushed.owed()
    link = pushed.open(invoice, "page").link
    pushed.twin.press(link, "choose", "qris/mpm")
    pushed.work()
    assert pushed.statuses(invoice) == ["action_required"]
    pushed.twin.press(link, "pay", "va/bca")
    pushed.twin.wait()
    pushed.work()
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [250_000]


def test_the_same_number_is_used_again_while_it_lives(pushed):
    invoice = pushed.owed()
    first = pushed.open(invoice)
    pushed.days(0.8)
    assert pushed.open(invoice) == first
    assert len(pushed.twin.deeds("opened")) == 1


def test_a_lapsed_number_gets_a_new_one_and_late_money_goes_to_the_balance_with_a_task(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    old = pushed.details(invoice)
    pushed.days(1.2)
    assert pushed.statuses(invoice) == ["expired"]
    pushed.open(invoice)
    assert pushed.details(invoice).number != old.number
    pushed.pays(invoice)
    pushed.work()
    pushed.twin.web.post(f"{pushed.twin.url}/send-notify", json={"id": old.transaction, "status": "1"})
    pushed.twin.wait()
    pushed.work()
    assert pushed.statuses(invoice) == ["succeeded", "succeeded"]
    assert pushed.money() == [250_000, 250_000]
    customer = pushed.reload(invoice).customer_id
    assert ledger.of_customer(pushed.session, customer, "IDR").minor == 250_000
    assert tasks(pushed) == ["money_without_debt"]


def test_another_way_needs_a_word_and_the_gateway_is_asked_before_the_first_gives_way(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    with pytest.raises(PayableOpen):
        pushed.open(invoice, "qris")
    assert pushed.statuses(invoice) == ["action_required"]
    pushed.open(invoice, "qris", is_switching=True)
    assert pushed.statuses(invoice) == ["superseded", "action_required"]


def test_whoever_switches_after_having_paid_is_told_that_nothing_is_left(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    pushed.twin.twin.post.url = "http://127.0.0.1:9/nobody"  # no news arrives
    pushed.pays(invoice)
    with pytest.raises(Exception, match="Nothing is left to pay"):
        pushed.open(invoice, "qris", is_switching=True)
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [250_000]


def test_two_numbers_that_are_both_paid_become_balance_and_a_task(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    first = pushed.details(invoice).transaction
    pushed.open(invoice, "qris", is_switching=True)
    pushed.pays(invoice)
    pushed.send(first)
    pushed.work()
    assert pushed.statuses(invoice) == ["succeeded", "succeeded"]
    assert pushed.money() == [250_000, 250_000]
    assert tasks(pushed) == ["money_without_debt"]


def test_two_payments_on_one_page_are_both_booked(pushed):
    invoice = pushed.owed()
    page = pushed.open(invoice, "page").link
    numbers = [pushed.twin.press(page, "choose", channel)["transaction"] for channel in ("va/bni", "qris/mpm")]
    for number in numbers:
        pushed.send(str(number))
        pushed.work()
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [250_000, 250_000]
    assert tasks(pushed) == ["money_without_debt"]
    pushed.days(1)
    assert pushed.money() == [250_000, 250_000]


def test_what_was_superseded_is_asked_about_until_it_has_run_out_with_its_grace(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    pushed.open(invoice, "qris", is_switching=True)
    pushed.days(1.1)
    assert pushed.statuses(invoice)[0] == "superseded"
    pushed.days(0.25)
    assert pushed.statuses(invoice)[0] == "expired"


def test_money_whose_news_is_lost_is_found_before_its_number_runs_out(pushed):
    invoice = pushed.owed()
    pushed.open(invoice)
    pushed.twin.twin.post.url = "http://127.0.0.1:9/nobody"
    pushed.go(pushed.at + timedelta(hours=12))
    pushed.pays(invoice)
    pushed.until(pushed.details(invoice).expires_at)
    assert pushed.reload(invoice).status == "paid"


def test_a_lost_answer_is_found_in_the_history_and_nothing_second_is_opened_meanwhile(pushed):
    invoice = pushed.owed()
    pushed.twin.behave("reset_after", call="direct", times=1)
    with pytest.raises(PageNotOpened):
        pushed.open(invoice)
    assert pushed.statuses(invoice) == ["unknown"]
    with pytest.raises(InDoubt):
        pushed.open(invoice, "qris", is_switching=True)
    pushed.days(0.01)
    assert pushed.statuses(invoice) == ["action_required"]
    assert len(pushed.twin.deeds("opened")) == 1
    known = pushed.details(invoice)
    assert known.number
    pushed.pays(invoice)
    pushed.work()
    assert pushed.money() == [250_000]


def test_a_create_that_never_arrived_is_given_up_after_three_questions_and_a_quarter_of_an_hour(pushed):
    invoice = pushed.owed()
    pushed.twin.behave("reset_before", call="direct", times=1)
    with pytest.raises(PageNotOpened):
        pushed.open(invoice)
    pushed.until(pushed.at + timedelta(minutes=10))
    assert pushed.statuses(invoice) == ["unknown"]
    pushed.until(pushed.at + timedelta(hours=1))
    assert pushed.statuses(invoice) == ["canceled"]
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    assert pushed.money() == [250_000]


def test_a_part_is_paid_where_the_business_allows_it_and_the_rest_stays_open(pushed):
    invoice = pushed.owed()
    with pytest.raises(Invalid):
        pushed.open(invoice, part=Money(100_000, "IDR"))
    pushed.make.policy(customer_may_pay_part=True)
    for wrong in (1, 250_001, 4_999):
        with pytest.raises(Invalid):
            pushed.open(invoice, part=Money(wrong, "IDR"))
    pushed.open(invoice, part=Money(100_000, "IDR"))
    pushed.pays(invoice)
    pushed.work()
    again = pushed.reload(invoice)
    assert (again.status, again.open_minor) == ("issued", 150_000)
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    assert pushed.reload(invoice).status == "paid"
    assert pushed.money() == [100_000, 150_000]


@pytest.mark.parametrize("do", ["pay_unsettled", "pay_escrow"])
def test_money_that_the_gateway_still_holds_counts_as_paid_and_settling_books_nothing_more(pushed, do):
    invoice = pushed.owed()
    pushed.open(invoice)
    pushed.pays(invoice, do=do)
    pushed.work()
    assert pushed.reload(invoice).status == "paid"
    pushed.days(8)
    assert pushed.money() == [250_000]


def test_reminders_before_and_after_the_due_day_until_it_is_paid(pushed):
    invoice = pushed.owed()
    subscription = pushed.session.get_one(Subscription, invoice.subscription_id)
    pushed.days(8.5)
    pushed.days(4)
    due = invoice.due_on
    assert reminded(pushed, "invoice_reminder") == [due - timedelta(days=3), due]
    assert reminded(pushed, "dunning_reminder") == [due + timedelta(days=3)]
    pushed.session.expire_all()
    assert subscription.status is SubscriptionStatus.PAST_DUE
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    pushed.session.expire_all()
    assert subscription.status is SubscriptionStatus.ACTIVE
    pushed.days(10)
    assert len(pushed.mails("dunning_reminder")) == 1


def test_an_open_number_holds_no_reminder_back(pushed):
    invoice = pushed.owed()
    pushed.until(pushed.at + timedelta(days=10) - timedelta(hours=10))
    pushed.open(invoice)
    pushed.days(0.9)
    assert reminded(pushed, "dunning_reminder") == [invoice.due_on + timedelta(days=3)]
