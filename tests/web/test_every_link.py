"""Every link of every page leads to a page, whatever state things are in, also while renewals are late."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.core.actors import Actor
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from tests.factories import NOON
from tests.people import join, make_user

MOST = 250
ELSEWHERE = ("//", "/static/", "/brand/", "/sign-")
INSTANTS = {
    "on the morning of the renewal": datetime(2026, 4, 10, 1, tzinfo=UTC),
    "while the renewal is late": datetime(2026, 4, 12, 9, tzinfo=UTC),
    "months later": datetime(2026, 8, 3, 9, tzinfo=UTC),
}


@pytest.fixture
def customers(session, make, travel):
    """One of each state, one who transfers, and one with nothing at all."""
    travel(NOON)
    make.tax(75_000)
    make.bank()
    found = []
    for tier, status in enumerate(SubscriptionStatus):
        price = make.price(45_000_00, plan=make.plan(tier=tier))
        subscription = make.subscription(price, status=status)
        found.append(session.get_one(Customer, subscription.customer_id))
    pushed = make.subscription(make.price(45_000_00, plan=make.plan(tier=50)), collection=Collection.PUSH)
    found.append(session.get_one(Customer, pushed.customer_id))
    paid = make.invoice(make.one(Subscription, Subscription.status == "active", Subscription.collection == "pull"))
    places = Places(*(Money(minor, paid.currency) for minor in (0, 1_075_00, 0)))
    wish = NoteWish({1: Money(1_000_00, paid.currency)}, places, NoteCause.GOODWILL, "A day without service")
    propose_credit_note(
        paid.ref, wish, submit=True, actor=Actor.staff(make_user(session, "billing").id, "Ngozi"), at=make.at
    )
    return [*found, make.customer()]


@pytest.mark.parametrize("instant", INSTANTS)
def test_of_the_customers_pages(session, reader, customers, travel, instant):
    travel(INSTANTS[instant])
    for customer in customers:
        visitor = make_user(session)
        join(session, visitor, customer)
        reader.enter(session, visitor)
        assert walked(reader, "/account/") == []


@pytest.mark.parametrize("instant", INSTANTS)
def test_of_the_staffs_pages(session, reader, customers, travel, instant):
    travel(INSTANTS[instant])
    reader.enter(session, make_user(session, "super_admin"))
    assert walked(reader, "/billing/") == []


def walked(reader, begin):
    """The addresses that answered with anything but a page or a way on, each with the page that leads there."""
    known, waiting, faults = {begin: ""}, [begin], []
    while waiting and len(known) < MOST:
        path = waiting.pop(0)
        answer = reader.get(path)
        if answer.status_code not in (200, 302, 303):
            faults.append((path, answer.status_code, f"from {known[path]}"))
        if not answer.content_type.startswith("text/html"):
            continue
        for found in re.findall(r'(?:href|hx-get)="([^"#]+)', answer.text):
            link = unescape(found)
            if link.startswith("/") and link not in known and not link.startswith(ELSEWHERE):
                known[link] = path
                waiting.append(link)
    return faults
