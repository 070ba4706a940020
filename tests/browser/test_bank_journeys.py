"""Money that came to the bank, in a browser: recorded, looked at, taken back; with scripts and without; no fault."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.actions.bind_print_runs import bind_print_runs
from portal.actions.create_subscription import create_subscription
from portal.actions.record_payment import record_payment
from portal.actions.record_unmatched import record_unmatched
from portal.actions.render_documents import render_documents
from portal.banking.receipts import Wire
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, STAFF, Make
from tests.people import PASSWORD, make_user

LONG = "Oluwatobiloba Chukwuemeka-Adebayo & Partners, Consultants for West African Consumer Markets"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Page:
    """A fresh browser's tab, once with scripts and once without."""
    scripts = request.param
    context: BrowserContext = browser.new_context(
        base_url=base_url, java_script_enabled=scripts, viewport=SIZES["wide"]
    )
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()


@pytest.fixture
def owed(session, make: Make, travel: Callable) -> list[Invoice]:
    """Two invoices that one customer with a long name is to pay by transfer, one of them by post."""
    travel(NOON)
    make.bank()
    customer = make.customer(name=LONG, address="12 Marina\nLagos 101241", delivery="post")
    return [_billed(make, customer, minor) for minor in (123_456_789_00, 45_000_00)]


def _billed(make: Make, customer: Customer, minor: int) -> Invoice:
    ref = create_subscription(
        customer.id, [(make.price(minor).ref, 1)], beginning=Beginning.ACTIVE,
        asked=StartTerms(collection=Collection.PUSH), actor=STAFF, at=NOON,
    )  # fmt: skip
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


def enter(page: Page, session) -> None:
    user = make_user(session, "super_admin", name="Halima Bello")
    page.goto("/sign-in")
    page.fill("#email", user.email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/billing/**")


def test_a_transfer_is_recorded_and_taken_back(session, tab: Page, owed: list[Invoice]):
    first, second = owed
    enter(tab, session)
    tab.goto("/billing/payments")
    tab.get_by_role("link", name="Record a payment").click()
    tab.get_by_label("Invoice number, payment reference, customer or amount").fill("oluwato")
    tab.get_by_role("button", name="Find").click()
    tab.get_by_role("link", name=str(second.label)).click()
    expect(tab.get_by_label("Amount NGN")).to_have_value("45,000.00")
    tab.get_by_label("Amount NGN").fill("50,000.00")
    tab.get_by_label("Reference on the statement").fill(second.payment_reference)
    tab.get_by_role("button", name="Check").click()
    expect(tab.get_by_text("settles it")).to_be_visible()
    tab.get_by_role("button", name="Record it").click()
    expect(tab.get_by_text("Payment recorded.")).to_be_visible()
    session.expire_all()
    assert (first.status, second.status) == (InvoiceStatus.ISSUED, InvoiceStatus.PAID)
    tab.get_by_role("link", name="Take back").click()
    tab.get_by_label("Reason").fill("the bank returned it")
    tab.get_by_role("button", name="Take it back").click()
    expect(tab.get_by_text("What it had settled is open again.")).to_be_visible()
    expect(tab.get_by_text("the bank returned it")).to_be_visible()
    session.expire_all()
    assert second.status is InvoiceStatus.ISSUED


@pytest.fixture
def places(make: Make, owed: list[Invoice]) -> list[str]:
    """Every page about transfers and letters, each with something on it."""
    account = make.bank()
    make.bank("EUR", number="DE89370400440532013000", details=[["Branch", "Mitte"]])
    wire = Wire(account.ref, Money(45_000_00, "NGN"), NOON.date(), "RF46 2026 0000 02", payer="OLUWATOBILOBA C A")
    whole = record_payment(owed[1].customer_id, wire, [], actor=STAFF, at=NOON)
    nobodys = record_unmatched(Wire(account.ref, Money(9_000_00, "NGN"), NOON.date(), "??"), actor=STAFF, at=NOON)
    for minute in range(3):
        render_documents(limit=10, at=NOON + timedelta(minutes=minute))
        bind_print_runs(limit=1, at=NOON + timedelta(minutes=minute))
    return [
        "/billing/payments", f"/billing/payments/{whole.ref}", f"/billing/payments/{nobodys}",
        "/billing/payments/new", "/billing/payments/new?q=olu", "/billing/payments/new?q=nothing-at-all",
        f"/billing/payments/new?invoice={owed[0].ref}", "/billing/payments/new?unknown=1", "/billing/bank-accounts",
        "/billing/print-runs",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_no_page_about_transfers_has_a_fault(session, app, browser: Browser, base_url: str, places, size: str):
    context = browser.new_context(base_url=base_url, viewport=SIZES[size])
    page = context.new_page()
    enter(page, session)
    faults = [fault for address in places for fault in faults_of(page, address)]
    page.goto(places[6])
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Record it").wait_for()
    context.close()
    assert faults == []
