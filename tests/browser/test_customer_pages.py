"""The customer's pages as people see and hear them: no fault for axe, nothing wider than the screen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.actions.quote_change import quote_change
from portal.payments.models import Attempt
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, STAFF, YEAR, Make
from tests.people import PASSWORD, join, make_user

LONG = "Oluwatobiloba Chukwuemeka-Adebayo & Partners, Consultants for West African Consumer Markets"


@pytest.fixture
def paths(session, make: Make, travel: Callable) -> tuple[str, list[str]]:
    """A customer with a long name, nine-digit amounts and something in every place; the mail to sign in with."""
    travel(NOON)
    make.tax(75_000)
    customer = make.customer(name=LONG, address="7 A Rather Long Street Name\nVictoria Island\nLagos", language="fr")
    small, large = make.plan(tier=1), make.plan(tier=2)
    small.name, large.name = "Recherche et développement en équipe", "Scale"
    small.features, large.features = ["Exports quotidiens", "Assistance par courrier"], ["Exports en direct"]
    session.commit()
    make.credits(small, 1_250_000)
    price = make.price(123_456_789_00, plan=small)
    make.price(987_654_321_00, plan=small, interval=YEAR)
    upgrade = make.price(234_567_890_00, plan=large)
    make.price(1_234_500, plan=make.plan(family="seats", kind="addon"))
    running = make.subscription(price, customer=customer)
    quote = quote_change(running.ref, [(upgrade.ref, 1)], actor=STAFF, at=NOON + timedelta(days=9))
    paid = make.invoice(running)
    late = make.subscription(price, customer=customer, status=Status.PAST_DUE)
    invoice = make.invoice(late)
    void = make.invoice(make.subscription(price, customer=customer, status=Status.EXPIRED))
    reference = session.scalars(select(Attempt.reference).where(Attempt.invoice_id == invoice.id)).one()
    user = make_user(session, name="Adaeze Okonkwo-Balogun", language="fr")
    join(session, user, customer)
    travel(NOON + timedelta(days=9, minutes=5))
    return user.email, [
        "/account/", "/account/plan", "/account/plan?every=year-1", f"/account/quotes/{quote}", "/account/invoices",
        "/account/invoices?number=x", f"/account/invoices/{invoice.ref}", f"/account/invoices/{invoice.ref}/pdf",
        f"/account/invoices/{paid.ref}", f"/account/invoices/{void.ref}", "/account/payments/add", "/account/details",
        "/account/payments", f"/account/payments/{reference}", f"/account/payments/cancelled/{reference}",
        f"/account/subscriptions/{running.ref}", f"/account/subscriptions/{running.ref}/cancel",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_a_fault(app, browser: Browser, base_url: str, paths, size: str):
    email, addresses = paths
    context = browser.new_context(base_url=base_url, viewport=SIZES[size])
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/account/")
    faults = [fault for address in addresses for fault in faults_of(page, address)]
    context.close()
    assert faults == []
