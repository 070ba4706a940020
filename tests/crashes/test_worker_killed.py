"""A worker killed with -9 between the beats: afterwards one invoice, one charge, one booking, one mail."""

from collections import Counter

import pytest
from sqlalchemy import select

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.actions.remove_payment_method import remove_payment_method
from portal.core.actors import Actor
from portal.core.audit import AuditEntry
from portal.credits.models import CreditEntry
from portal.dunning.models import DunningCase
from portal.invoicing.models import Invoice
from portal.notifications.models import Message
from portal.payments.models import Attempt, GatewayNews, Payment, PaymentMethod
from portal.subscriptions.models import Subscription, SubscriptionItem
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import STAFF


@pytest.fixture
def paid_once(house, mails):
    """Each renewal was billed once, charged once, booked once, and its customer has one receipt."""

    def check(count):
        rig = house.rig
        numbers = rig.all(Invoice.number)
        assert numbers == list(range(1, len(numbers) + 1))
        renewals = rig.renewals()
        assert [str(one.status) for one in renewals] == ["paid"] * count
        assert len({one.subscription_id for one in renewals}) == count
        tries = rig.all(Attempt, Attempt.invoice_id.in_([one.id for one in renewals]))
        assert [str(one.status) for one in tries] == ["succeeded"] * count
        assert Counter(rig.charged()) == Counter(one.reference for one in tries)
        assert rig.count(Payment, Payment.attempt_id.in_([one.id for one in tries])) == count
        assert rig.all(Message.status, Message.template == "receipt") == ["sent"] * count
        assert len(mails.found(subject=renewals[0].label)) == 1
        assert rig.count(Message) == len(mails.found())

    return check


@pytest.mark.parametrize("place", ["C-01", "C-02", "C-03", "C-04", "C-05"])
def test_killed_while_billing(house, paid_once, place):
    house.rig.due(2)
    house.forget_the_past()
    house.rig.plan()
    house.dies("money", place)
    assert len(house.rig.renewals()) == (2 if place == "C-05" else 0)
    house.live(minutes=10)
    paid_once(2)


@pytest.mark.parametrize("place", ["C-08", "C-09", "C-10", "C-11", "C-12", "C-14", "C-15", "C-16"])
def test_killed_while_charging(house, paid_once, place):
    rig = house.rig
    rig.waiting(1)
    house.dies("money", place)
    assert len(rig.charged()) == (0 if place in ("C-08", "C-09", "C-10") else 1)
    assert rig.count(Payment, Payment.created_at == rig.at) == (1 if place == "C-15" else 0)
    house.rig.sql("DELETE FROM outbox WHERE topic <> 'invoice.paid' OR created_at < :at", at=rig.at)
    house.live(minutes=45)
    paid_once(1)


def test_killed_while_units_are_to_be_granted(house):
    """The grant and the booking are one: neither alone, and no unit twice."""
    rig = house.rig
    plan = rig.make.plan()
    rig.make.credits(plan, 100)
    customer = rig.make.customer()
    rig.card(customer)
    subscription = rig.make.subscription(rig.make.price(5_000_00, plan=plan), customer=customer)
    rig.go(subscription.next_action_at)
    rig.renew()
    house.forget_the_past()
    before = rig.count(CreditEntry, CreditEntry.reason == "grant")
    house.dies("money", "C-16")
    assert rig.count(CreditEntry, CreditEntry.reason == "grant") == before
    house.live(minutes=5)
    assert rig.count(CreditEntry, CreditEntry.reason == "grant") == before + 1


def test_killed_with_a_decline_in_hand(house, mails):
    rig = house.rig
    rig.waiting(1)
    rig.twin.behave("decline", code="insufficient_funds", times=1)
    house.forget_the_past()
    house.dies("money", "C-13")
    assert rig.make.one(Subscription).status is SubscriptionStatus.ACTIVE
    house.live(minutes=10)
    assert rig.make.one(Subscription).status is SubscriptionStatus.PAST_DUE
    assert rig.count(DunningCase) == 1
    assert rig.count(AuditEntry, AuditEntry.deed == "attempt.declined") == 1
    assert rig.all(Message.template) == ["payment_failed"]
    assert len(mails.found()) == 1


@pytest.mark.parametrize("place", ["C-21", "C-22"])
def test_killed_while_working_off_news(house, news, paid_once, place):
    rig = house.rig
    rig.waiting(1)
    news.behave("timeout_after", seconds=0.05, times=1)
    rig.charge()
    news.wait()
    house.rig.sql("DELETE FROM outbox")
    house.dies("news", place)
    assert rig.all(GatewayNews.status) == ["received"]
    assert rig.count(Payment, Payment.created_at == rig.at) == (1 if place == "C-22" else 0)
    house.live(minutes=10)
    assert rig.all(GatewayNews.status) == ["processed"]
    paid_once(1)


def test_killed_before_the_relay_and_after_the_mail_was_handed_over(house, mails):
    """A receipt that may have left is left to a person, and never sent twice."""
    rig = house.rig
    rig.waiting(1)
    rig.charge()
    house.rig.sql("DELETE FROM outbox WHERE topic <> 'invoice.paid' OR created_at < :at", at=rig.at)
    house.live(seconds=0)
    assert [str(one) for one in rig.session.scalars(select(Message.status))] == ["sent"]
    rig.sql("UPDATE messages SET status = 'queued', next_action_at = :at, sent_at = NULL", at=rig.at)
    mails.clear()
    house.dies("messages", "C-18")
    assert len(mails.found()) == 1
    house.live(minutes=20)
    assert len(mails.found()) == 1
    assert rig.all(Message.status) == ["failed"]


def test_killed_with_an_accepted_upgrade_in_the_call(house, mails):
    """The quote is used up and its charge in doubt: the old plan stays until the answer is known, once."""
    rig = house.rig
    plan, better = rig.make.plan(tier=1), rig.make.plan(tier=2)
    customer = rig.make.customer()
    rig.card(customer)
    subscription = rig.make.subscription(rig.make.price(3_100_00, plan=plan), customer=customer)
    dear = rig.make.price(6_200_00, plan=better)
    me = Actor.customer(1, customer.id, "Ada")
    change_plan(quote_change(subscription.ref, [(dear.ref, 1)], actor=me, at=rig.at), actor=me, at=rig.at)
    house.forget_the_past()
    house.dies("money", "C-11")
    assert prices_of(rig, subscription) != [dear.id]
    house.live(minutes=10)
    assert prices_of(rig, subscription) == [dear.id]
    assert len(rig.charged()) == 1
    assert [str(one) for one in rig.all(Invoice.status, Invoice.kind == "change")] == ["paid"]


@pytest.mark.parametrize("place", ["C-10", "C-11", "C-12"])
def test_canceled_with_the_charge_in_doubt(house, place):
    """Nobody is charged and canceled at once: what was paid is served to its end, and nothing is charged after it."""
    rig = house.rig
    (attempt,) = rig.waiting(1)
    house.forget_the_past()
    house.dies("money", place)
    (invoice,) = rig.renewals()
    cancel_subscription(invoice.subscription_id, now=None, actor=STAFF, at=rig.at)
    house.live(minutes=45)
    assert rig.charged() == [attempt.reference]
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1
    subscription = rig.make.one(Subscription)
    assert (subscription.status, subscription.cancel_on) == (SubscriptionStatus.ACTIVE, subscription.period_end_on)


@pytest.mark.parametrize("place", ["C-11", "C-12"])
def test_a_card_removed_with_its_charge_in_doubt(house, place):
    """What it paid is booked with what is known of the card; it is charged no more."""
    rig = house.rig
    (attempt,) = rig.waiting(1)
    house.forget_the_past()
    house.dies("money", place)
    card = rig.session.get_one(PaymentMethod, attempt.method_id)
    me = Actor.customer(1, attempt.customer_id, "Ada")
    remove_payment_method(card.ref, customer_id=attempt.customer_id, actor=me, at=rig.at)
    house.live(minutes=45)
    (tried,) = rig.all(Attempt, Attempt.id == attempt.id)
    assert (str(tried.status), tried.method_id) == ("succeeded", card.id)
    assert rig.charged() == [attempt.reference]
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1
    assert rig.count(Attempt, Attempt.status == "waiting") == 0


def prices_of(rig, subscription):
    live = (SubscriptionItem.subscription_id == subscription.id, SubscriptionItem.until_on.is_(None))
    return rig.all(SubscriptionItem.price_id, *live)
