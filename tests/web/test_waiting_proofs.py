"""Staff who chase or charge see that a proof of transfer waits, and are led to it."""

from datetime import timedelta

import pytest

from portal.actions.reject_proof import reject_proof
from portal.actions.submit_proof import Claim, submit_proof
from portal.core.actors import Actor
from portal.dunning.models import DunningCase
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON, STAFF
from tests.rules.polyglots import picture
from tests.web.staff_world import QUERIES, enter_as, queries_of


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def invoice(make):
    """An issued invoice whose charge was declined today."""
    customer = make.customer(name="Zuma Analytics")
    return make.invoice(make.subscription(make.price(45_000_00), customer=customer, status=Status.PAST_DUE))


@pytest.fixture
def proof(staff, invoice):
    return submit_proof(
        invoice.ref, picture(), Claim(invoice.open, NOON.date()), actor=Actor.operator("payer"), at=NOON
    )


@pytest.fixture
def pages(make, invoice):
    return f"/billing/invoices/{invoice.ref}", f"/billing/dunning/{make.one(DunningCase).ref}"


def test_the_invoice_and_its_case_lead_to_the_proof_and_say_until_when_nothing_is_chased(staff, proof, pages):
    of_invoice, of_case = (staff.get(page).text for page in pages)
    for page in (of_invoice, of_case):
        assert f'href="/billing/money-inbox?item={proof}"' in page
    assert "A proof of transfer waits" in of_invoice
    assert "Nothing is chased or charged before 13 Mar 2026, 06:00 by itself." in of_case
    assert staff.get(f"/billing/money-inbox?item={proof}").status_code == 200
    for page in pages:
        assert queries_of(staff, page) <= QUERIES


def test_a_proof_that_waited_too_long_is_said_to_hold_nothing_any_more(staff, proof, pages, travel):
    travel(NOON + timedelta(days=4))
    assert "It has waited for so long that the case goes on." in staff.get(pages[1]).text


def test_nothing_is_said_of_one_that_was_decided(staff, proof, pages):
    reject_proof(proof, reason="Another name stands on it", actor=STAFF, at=NOON)
    for page in pages:
        assert "A proof of transfer" not in staff.get(page).text
