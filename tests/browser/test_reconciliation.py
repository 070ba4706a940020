"""What differs from a gateway, in a browser: read with its evidence, closed with a note; no fault on any screen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.core.db import transaction
from portal.core.money import Money
from portal.payments.models import GatewayAccount
from portal.reconciling import findings
from portal.reconciling.kinds import DifferenceKind as Kind
from portal.reconciling.kinds import Family
from portal.reconciling.sides import Found
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, Make
from tests.people import PASSWORD, make_user

LONG = "Oluwatobiloba Chukwuemeka-Adebayo & Partners, Consultants for West African Consumer Markets"
THEIRS = {"reference": "at-k3v7m2p9q4r8s1t6u0w5x3y7z2", "outcome": "succeeded", "amount": "NGN 2500.00"}
THEIRS |= {"number": "6641990012", "paid": "2026-03-10T07:00:00+00:00", "payer": "ada@example.com"}


@pytest.fixture
def found(session, make: Make, travel: Callable) -> None:
    travel(NOON)
    account, customer = make.account(), make.customer(name=LONG)
    ours = {"reference": THEIRS["reference"], "status": "action_required", "asked": "NGN 2500.00", "customer": LONG}
    rows = [
        Found(Kind.PAID_WHILE_OPEN, "charge:at-1", NOON - timedelta(hours=4), customer.id, None, Money(2500_00, "NGN"),
              ours, THEIRS),
        Found(Kind.FOREIGN_CHARGE, "charge:order-7", NOON - timedelta(hours=9), amount=Money(90_000_00, "NGN"),
              theirs=THEIRS),
        Found(Kind.DISPUTE_DEADLINE_DIFFERS, "dispute:99", NOON - timedelta(days=2), customer.id, None,
              Money(1_250_00, "NGN"), {"answer by": "2026-03-11"}, {"answer by": "2026-03-10"}),
    ]  # fmt: skip
    with transaction() as kept:
        known = kept.get_one(GatewayAccount, account.id)
        findings.keep(kept, known, rows, judged=set(Family), unsure=(), since=NOON, at=NOON)
    session.rollback()


@pytest.fixture
def staff(session, page: Page, found: None) -> Page:
    user = make_user(session, "billing", name="Halima Bello")
    page.goto("/sign-in")
    page.fill("#email", user.email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/billing/**")
    return page


def test_a_difference_is_read_and_closed_with_a_note(staff: Page):
    staff.goto("/billing/reconciliation")
    row = staff.get_by_role("listitem").filter(has_text="Money at the gateway under a name that is not ours")
    row.get_by_text("Evidence").click()
    expect(row.get_by_text("6641990012")).to_be_visible()
    row.get_by_role("link", name="Close").click()
    staff.get_by_label("What became of it").and_(staff.locator(":visible")).fill("The other shop's")
    staff.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(staff.get_by_text("It comes back only if what differs changes.").first).to_be_visible()
    expect(staff.get_by_text("2 differences")).to_be_visible()
    staff.get_by_role("link", name="Closed").click()
    expect(staff.get_by_text("The other shop's")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_has_no_fault(staff: Page, size: str):
    staff.set_viewport_size(SIZES[size])
    found = faults_of(staff, "/billing/reconciliation") + faults_of(staff, "/billing/reconciliation?tab=closed")
    assert found == []
