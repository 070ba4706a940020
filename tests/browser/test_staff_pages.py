"""The staff's records as people see and hear them, each with something on it, and every dialog open."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from portal.payments.models import Payment
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.browser.looking import SIZES, faults_here, faults_of
from tests.factories import NOON, Make
from tests.people import PASSWORD, make_user

LONG = "Oluwatobiloba Chukwuemeka-Adebayo & Partners, Consultants for West African Consumer Markets"


@pytest.fixture
def records(session, make: Make, travel: Callable) -> list[str]:
    travel(NOON)
    make.tax(75_000)
    customer = make.customer(name=LONG)
    price = make.price(123_456_789_00)
    make.price(234_567_890_00)
    running = make.subscription(price, customer=customer)
    late = make.subscription(price, customer=customer, status=Status.PAST_DUE)
    expired = make.subscription(price, customer=customer, status=Status.EXPIRED)
    paid, owed, void = (make.invoice(one) for one in (running, late, expired))
    payment = session.query(Payment).first()
    client = f"/clients/{customer.ref}"
    return [
        "/billing/", "/clients/", "/clients/?q=nobody", "/clients/new", client, f"{client}/invoices",
        f"{client}/payments", f"{client}/credits", f"{client}/messages", f"{client}/history", f"{client}/notes",
        f"{client}/invoice", f"{client}/subscription", "/billing/subscriptions",
        f"/billing/subscriptions/{running.ref}", f"/billing/subscriptions/{late.ref}", "/billing/invoices",
        "/billing/invoices?number=none", f"/billing/invoices/{paid.ref}", f"/billing/invoices/{owed.ref}",
        f"/billing/invoices/{void.ref}", "/billing/payments", f"/billing/payments/{payment.ref}",
        "/billing/search?q=Olu", "/billing/profile", f"{client}/credit-notes", f"{client}/refunds", "/billing/limits",
        "/billing/limits/billing",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_no_record_has_a_fault(session, app, browser: Browser, base_url: str, records, size: str):
    user = make_user(session, "super_admin", name="Halima Bello")
    context = browser.new_context(base_url=base_url, viewport=SIZES[size])
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", user.email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/billing/")
    faults = [fault for address in records for fault in (*faults_of(page, address), *faults_of_dialogs(page, address))]
    context.close()
    assert faults == []


def faults_of_dialogs(page: Page, address: str) -> list[str]:
    """Each dialog of the page is opened, looked at and left by the Escape key."""
    found: list[str] = []
    for opener in page.locator("a[data-ask]:visible").all():
        opener.click()
        found += faults_here(page, f"{address}{opener.get_attribute('href')}")
        page.keyboard.press("Escape")
    return found
