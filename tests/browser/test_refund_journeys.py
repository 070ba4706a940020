"""Money that goes back, in a browser: begun, approved by another person, arrived; disputes and doubts; no fault."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.actions.answer_dispute import note_on_dispute
from portal.actions.charge_invoices import charge_invoices
from portal.actions.decide_approval import decide_approval
from portal.actions.refund_payments import refund_payments
from portal.actions.request_refund import request_refund
from portal.actions.resolve_disputes import hear_of_dispute
from portal.actions.resolve_refunds import ask_about_refund
from portal.core.actors import Actor
from portal.core.money import Money
from portal.gateways.base import DisputeState, Outcome
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.payments.models import Attempt, Payment
from portal.payments.refund_models import Dispute, Refund
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, Make
from tests.people import PASSWORD, make_user
from tests.scripted import Script, gateway, give_card

__all__ = ["gateway"]
LONG = "Oluwatobiloba Chukwuemeka-Adebayo & Partners, Consultants for West African Consumer Markets"
RULE = Actor.system("tests")


@dataclass
class Till:
    """Customers with a card, charged through the scripted gateway."""

    session: object
    make: Make
    gateway: Script

    def charge(self, minor: int, name: str = LONG, said: object = Outcome.SUCCEEDED) -> Attempt:
        """A charge, and 4,000 that the customer has with us besides."""
        customer = self.make.customer(name=name)
        give_card(self.session, customer, at=NOON)
        self.gateway.will(said)
        self.make.subscription(self.make.price(minor), customer=customer, status="pending")
        charge_invoices(self.gateway.account_id, limit=5, actor=RULE, at=NOON)
        self.make.balance(customer, 4_000_00)
        return self.make.one(Attempt, Attempt.customer_id == customer.id)

    def payment(self, attempt: Attempt) -> Payment:
        return self.make.one(Payment, Payment.attempt_id == attempt.id)

    def refund(self, attempt: Attempt, **more: object) -> str:
        asked = Money(1_234_56, "NGN")
        return request_refund(self.payment(attempt).ref, asked, reason="Left early", actor=RULE, at=NOON, **more)

    def dispute(self, attempt: Attempt, number: str, state: DisputeState = DisputeState.NEEDS_RESPONSE) -> Dispute:
        due_at = NOON + timedelta(hours=16)
        self.gateway.back.disputed(number, DisputeState.NEEDS_RESPONSE, attempt.reference, attempt.amount, due_at)
        hear_of_dispute(self.gateway.account_id, number, actor=RULE, at=NOON)
        self.gateway.back.disputed(number, state, attempt.reference, attempt.amount, due_at)
        hear_of_dispute(self.gateway.account_id, number, actor=RULE, at=NOON)
        return self.make.one(Dispute, Dispute.gateway_ref == number)


@pytest.fixture
def till(session, make: Make, gateway: Script, travel: Callable) -> Till:
    travel(NOON)
    return Till(session, make, gateway)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Page:
    """A fresh browser's tab, once with scripts and once without."""
    context: BrowserContext = browser.new_context(
        base_url=base_url, java_script_enabled=request.param, viewport=SIZES["wide"]
    )
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()


def enter(page: Page, session, role: str = "super_admin") -> None:
    user = make_user(session, role, name="Halima Bello")
    page.goto("/sign-in")
    page.fill("#email", user.email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/billing/**")


def test_a_refund_is_begun_approved_by_another_and_arrives(session, tab: Page, till: Till):
    payment = till.payment(till.charge(6_000_00, "Lekki Insight Hub"))
    enter(tab, session, "billing")
    tab.goto(f"/billing/payments/{payment.ref}")
    tab.get_by_role("link", name="Refund", exact=True).first.click()
    tab.get_by_label("Amount NGN").fill("9,000.00")
    tab.get_by_label("Reason").fill("Left early")
    tab.get_by_role("button", name="Refund").click()
    expect(tab.get_by_text("Nothing was refunded").or_(tab.get_by_text("has less than that"))).to_be_visible()
    expect(tab.get_by_label("Reason")).to_have_value("Left early")
    tab.get_by_label("Amount NGN").fill("1,500.00")
    tab.get_by_role("button", name="Refund").click()
    expect(tab.get_by_text("A second person has to approve it.")).to_be_visible()
    boss = make_user(session, "billing", name="Ife Ade")
    approval = till.make.one(Approval).ref
    decide_approval(approval, Decision.APPROVED, reason="", actor=Actor.staff(boss.id, boss.name), at=NOON)
    refund_payments(limit=5, actor=RULE, at=NOON)
    till.gateway.back.becomes(till.make.one(Refund).ref, Outcome.SUCCEEDED)
    tab.reload()
    tab.get_by_role("button", name="Ask the gateway now").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Refunded")
    tab.goto("/billing/refunds?tab=done")
    expect(tab.get_by_role("link", name="Lekki Insight Hub")).to_be_visible()


def test_a_dispute_is_answered_with_what_is_known(session, tab: Page, till: Till):
    dispute = till.dispute(till.charge(6_000_00, "Lekki Insight Hub"), "77")
    enter(tab, session, "billing")
    tab.goto("/billing/disputes")
    tab.locator("a.rowlink").first.click()
    tab.get_by_label("What is known").fill("312 sign-ins in March")
    tab.get_by_role("button", name="Note it").click()
    expect(tab.get_by_role("cell", name="312 sign-ins in March")).to_be_visible()
    tab.get_by_label("Contest it with what we noted").check()
    tab.get_by_label("Why").fill("They use it every day.")
    tab.get_by_role("button", name="Answer").click()
    expect(tab.get_by_text("Our answer is on its way")).to_be_visible()
    assert till.make.one(Dispute, Dispute.id == dispute.id).answer == "contest"


@pytest.fixture
def places(session, make: Make, till: Till) -> list[str]:
    """Every page of these in every state, with long names and large sums."""
    make.bank()
    attempts = [till.charge(123_456_789_00) for _ in range(6)]
    back = till.gateway.back
    refs = [till.refund(attempts[0])]
    refund_payments(limit=9, actor=RULE, at=NOON)
    back.will(Outcome.ACTION_REQUIRED, Outcome.ACTION_REQUIRED)
    refs += [till.refund(attempts[1]), till.refund(attempts[2], way="by_hand")]
    refund_payments(limit=9, actor=RULE, at=NOON)
    back.becomes(refs[0], Outcome.DECLINED, "account closed")
    ask_about_refund(refs[0], actor=RULE, at=NOON)
    open_one, lost = till.dispute(attempts[3], "77"), till.dispute(attempts[4], "78", DisputeState.LOST)
    note_on_dispute(open_one.ref, "service", "312 sign-ins in March, the last one on the 9th", actor=RULE, at=NOON)
    doubted = till.charge(45_000_00, said={"outcome": Outcome.UNKNOWN, "reason": "read timed out"})
    return [
        "/billing/refunds", "/billing/refunds?tab=done", "/billing/refunds?q=nobody",
        *(f"/billing/refunds/{ref}" for ref in refs), f"/billing/payments/{till.payment(attempts[5]).ref}/refund",
        f"/billing/payments/{till.payment(attempts[0]).ref}", "/billing/disputes",
        f"/billing/disputes/{open_one.ref}", f"/billing/disputes/{lost.ref}", "/billing/attempts-in-doubt",
        f"/billing/attempts-in-doubt/{doubted.reference}/settle", f"/billing/payments/attempts/{doubted.reference}",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_for_everyone(session, page: Page, base_url: str, places: list[str], size: str):
    page.set_viewport_size(SIZES[size])
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    enter(page, session)
    complaints.clear()
    complaints += [fault for path in places for fault in faults_of(page, path)]
    assert not complaints, "\n".join(complaints)
