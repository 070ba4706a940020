"""A credit note by one person that another approves, in two browsers, with scripts and without; and how it looks."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from portal.invoicing.models import CreditNote, Invoice
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, Make
from tests.people import PASSWORD, make_user

INBOX, NOTES = "/billing/approvals", "/billing/credit-notes"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tabs(request, app, browser: Browser, base_url: str) -> Iterator[list[Page]]:
    """The tabs of two people."""
    contexts = [
        browser.new_context(base_url=base_url, java_script_enabled=request.param, viewport=SIZES["wide"])
        for _ in range(2)
    ]
    opened = [context.new_page() for context in contexts]
    for tab in opened:
        tab.set_default_timeout(10_000)
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def paid(make: Make, travel: Callable) -> Invoice:
    travel(NOON)
    make.tax(75_000)
    return make.invoice(make.subscription(make.price(45_000_00), customer=make.customer(name="Zuma Analytics")))


def enter(page: Page, session: Session, name: str) -> None:
    user = make_user(session, "billing", name=name)
    page.goto("/sign-in")
    page.get_by_label("Mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/billing/**")


def draw_up(page: Page, invoice: Invoice) -> None:
    page.goto(f"/billing/invoices/{invoice.ref}")
    page.get_by_role("link", name="Credit note", exact=True).click()
    page.get_by_label("without tax").fill("1,000")
    page.get_by_label("Words to the customer").fill("Two days without service")
    page.get_by_role("button", name="Show the sum").click()
    expect(page.locator("#write")).to_contain_text("1,075")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.locator("#main")).to_contain_text("A second person has to approve it")


def test_one_person_draws_it_up_and_another_approves_it(session, make: Make, tabs: list[Page], paid: Invoice):
    ada, bayo = tabs
    enter(ada, session, "Ada Obi")
    enter(bayo, session, "Bayo Ade")
    draw_up(ada, paid)
    ada.goto(INBOX)
    expect(ada.locator("#approvals")).to_contain_text("Not yours to decide")
    bayo.goto(INBOX)
    bayo.get_by_role("link", name="Credit note", exact=True).click()
    expect(bayo.locator("#effect")).to_contain_text("Customer balance")
    bayo.get_by_role("link", name="Approve", exact=True).click()
    bayo.locator("#approve").get_by_role("button", name="Approve").click()
    expect(bayo.locator("#main")).to_contain_text("Approved and done")
    ada.goto(NOTES)
    ada.get_by_role("link", name="CN-2026-000001").click()
    expect(ada.locator("#note")).to_contain_text("Bayo Ade")
    assert make.one(CreditNote).status == "issued"


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_pages_of_credit_notes_and_approvals_are_sound(session, make: Make, page: Page, paid: Invoice, size):
    page.set_viewport_size(SIZES[size])
    enter(page, session, "Ada Obi")
    draw_up(page, paid)
    note = make.one(CreditNote)
    asked = page.get_by_role("link", name="What it does to the books").get_attribute("href")
    form = f"/billing/invoices/{paid.ref}/credit-note"
    faults = [faults_of(page, path) for path in (NOTES, f"{NOTES}/{note.ref}", INBOX, str(asked), form)]
    assert faults == [[], [], [], [], []]
