"""What payers do with a link in a browser: each way to pay, switching, coming back, and links that are over.

The gateway is iPaymu's stand-in on its own port, which tells the portal what happens. Workers are called by hand.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.actions.reject_proof import reject_proof
from portal.actions.revoke_pay_links import revoke_pay_links
from portal.actions.submit_proof import Claim, submit_proof
from portal.core.settings import current
from portal.customers.models import Customer
from portal.invoicing import pay_links
from portal.invoicing.models import Invoice
from portal.invoicing.pay_links import printed_address
from tests.browser.looking import SIZES, faults_here, faults_of
from tests.factories import STAFF, Make
from tests.people import PASSWORD, join, make_user
from tests.pushing import PushWorld
from tests.rules.polyglots import picture

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def make(session) -> Make:
    return Make(session)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url, java_script_enabled=request.param, viewport=PHONE)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.has_scripts = request.param  # type: ignore[attr-defined]
    yield opened
    context.close()


@pytest.fixture
def invoice(pushed: PushWorld) -> Invoice:
    return pushed.owed(1_500_000, name="PT Nusantara Riset")


def path_of(pushed: PushWorld, invoice: Invoice) -> str:
    return f"/pay/{pay_links.token_for(invoice, secret_key=current().secret_key, at=pushed.at)}"


def choose(page: Page, way: str, button: str, *, bank: str = "") -> None:
    shown = page.locator("details", has=page.locator("summary", has_text=way)).last
    if shown.get_attribute("open") is None:
        shown.locator("summary").click()
    if bank:
        shown.locator("select").select_option(label=bank)
    shown.get_by_role("button", name=button).click()


def see(page: Page, words: str) -> None:
    """The words appear: by themselves with scripts, by looking again without."""
    if not page.has_scripts:  # type: ignore[attr-defined]
        page.reload()
    expect(page.get_by_text(words).first).to_be_visible(timeout=30_000)


def test_a_virtual_account_of_a_chosen_bank(pushed, invoice, tab: Page):
    tab.goto(path_of(pushed, invoice))
    choose(tab, "Virtual account", "Get the account number", bank="Permata")
    expect(tab.get_by_text("Permata account number")).to_be_visible()
    known = pushed.details(invoice)
    assert known.number in tab.locator(".acctno").inner_text().replace(" ", "")
    assert known.number == (tab.locator("[data-copy]").first.get_attribute("data-copy"))
    copies = tab.locator("[data-copy]").first
    expect(copies).to_be_visible(visible=tab.has_scripts)  # type: ignore[attr-defined]
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Nothing is left to pay.")
    expect(tab.get_by_role("link", name="Receipt")).to_be_visible()


def test_a_code_to_scan_instead_of_a_number_that_was_opened_first(pushed, invoice, tab: Page):
    tab.goto(path_of(pushed, invoice))
    choose(tab, "Virtual account", "Get the account number", bank="BNI")
    expect(tab.get_by_text("If you have already sent the money, wait").first).to_be_visible()
    choose(tab, "QRIS", "Show the code")
    expect(tab.get_by_role("img", name="QRIS code for")).to_be_visible()
    assert pushed.statuses(invoice) == ["superseded", "action_required"]
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Nothing is left to pay.")


def test_cash_at_a_shop(pushed, invoice, tab: Page):
    tab.goto(path_of(pushed, invoice))
    choose(tab, "Convenience store", "Get the payment code", bank="Indomaret")
    expect(tab.get_by_text("Indomaret payment code")).to_be_visible()
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Nothing is left to pay.")


def test_the_gateways_own_page_and_back(pushed, invoice, tab: Page):
    path = path_of(pushed, invoice)
    tab.goto(path)
    choose(tab, "Another card or way", "Go to the payment page")
    tab.wait_for_url(f"{pushed.twin.url}/**")
    tab.go_back()
    tab.goto(path)
    expect(tab.get_by_role("link", name="Back to the payment page")).to_be_visible()
    tab.get_by_role("button", name="I have paid").click()
    expect(tab.get_by_text("Left to pay by")).to_be_visible()
    pushed.twin.press(pushed.details(invoice).link, "pay", "qris/mpm")
    pushed.twin.wait()
    pushed.work()
    see(tab, "Nothing is left to pay.")


def test_a_wallet_in_its_own_app(pushed, invoice, tab: Page):
    path = path_of(pushed, invoice)
    tab.goto(path)
    choose(tab, "E-wallet", "Open the wallet", bank="DANA")
    tab.wait_for_url(f"{pushed.twin.url}/**")
    tab.goto(path)
    expect(tab.get_by_role("link", name="Open DANA")).to_be_visible()
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Nothing is left to pay.")


def test_a_page_that_looks_again_by_itself_does_not_undo_what_was_just_chosen(pushed, invoice, tab: Page):
    tab.goto(path_of(pushed, invoice))
    choose(tab, "Virtual account", "Get the account number", bank="BNI")
    expect(tab.get_by_text("BNI account number")).to_be_visible()
    # Meanwhile the page asks every two seconds whether something changed.
    pushed.twin.behave("slow", call="direct", seconds=5, times=1)
    choose(tab, "E-wallet", "Open the wallet", bank="DANA")
    tab.wait_for_url(f"{pushed.twin.url}/**")


def test_a_part_and_what_is_wrong_with_it_at_its_field(pushed, invoice, tab: Page):
    pushed.make.policy(customer_may_pay_part=True)
    tab.goto(path_of(pushed, invoice))
    shown = tab.locator("details", has=tab.locator("summary", has_text="QRIS"))
    shown.locator("summary").click()
    shown.get_by_label("Amount").fill("9.000.000")
    shown.get_by_role("button", name="Show the code").click()
    expect(shown.get_by_label("Amount")).to_have_value("9.000.000")
    expect(shown.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    assert pushed.attempts(invoice) == []
    shown.get_by_label("Amount").fill("500.000")
    shown.get_by_role("button", name="Show the code").click()
    expect(tab.get_by_role("img", name="QRIS code for Rp500.000")).to_be_visible()
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Paid by QRIS, 10 March")
    assert pushed.reload(invoice).open_minor == 1_000_000


def test_a_transfer_with_a_proof_and_no_account(pushed, tab: Page):
    pushed.make.bank("IDR")
    invoice = pushed.owed(1_500_000, name="PT Nusantara Riset")
    tab.goto(path_of(pushed, invoice))
    tab.locator("summary", has_text="Bank transfer").click()
    expect(tab.get_by_text("1012345678")).to_be_visible()
    tab.get_by_role("link", name="I have paid: send a proof").click()
    tab.get_by_label("The file").set_input_files({"name": "r.png", "mimeType": "image/png", "buffer": picture()})
    tab.get_by_role("button", name="Send the proof").click()
    expect(tab.get_by_text("Thank you. We look at it")).to_be_visible()
    tab.goto(path_of(pushed, invoice))
    expect(tab.get_by_text("is being checked. No need to pay again")).to_be_visible()


def test_a_file_that_is_too_large_is_said_to_be_and_loses_nothing(pushed, tab: Page):
    pushed.make.bank("IDR")
    invoice = pushed.owed(1_500_000, name="PT Nusantara Riset")
    tab.goto(f"{path_of(pushed, invoice)}/proof")
    tab.get_by_label("Anything we should know").fill("sent from the office")
    large = {"name": "r.png", "mimeType": "image/png", "buffer": picture() + b"0" * 7_000_000}
    tab.get_by_label("The file").set_input_files(large)
    tab.get_by_role("button", name="Send the proof").click()
    if tab.has_scripts:  # type: ignore[attr-defined]
        said = tab.get_by_label("The file").evaluate("input => input.validationMessage")
        assert said == "The file is too large: at most 5 MB."
        expect(tab.get_by_label("Anything we should know")).to_have_value("sent from the office")
    else:
        expect(tab.locator("#file-error")).to_contain_text("larger than 5 MB")


def test_from_the_address_on_paper_to_a_link_by_mail(pushed, invoice, tab: Page):
    tab.goto(printed_address(invoice, current()))
    expect(tab.get_by_role("heading", name="Pay your invoice")).to_be_visible()
    tab.get_by_role("button", name="Mail me the link").click()
    expect(tab.get_by_role("heading", name="A link is on its way")).to_be_visible()
    pushed.work()
    assert pushed.mails("pay_link")


def test_a_link_that_was_taken_back_and_a_fresh_one_by_mail(pushed, invoice, tab: Page):
    path = path_of(pushed, invoice)
    revoke_pay_links(invoice.ref, actor=STAFF, at=pushed.at)
    tab.goto(path)
    expect(tab.get_by_role("heading", name="This payment link has ended")).to_be_visible()
    tab.get_by_role("button", name="Mail a fresh link").click()
    expect(tab.get_by_role("heading", name="A fresh link is on its way")).to_be_visible()
    pushed.work()
    assert pushed.mails("pay_link")
    fresh = path_of(pushed, pushed.reload(invoice))
    tab.goto(fresh)
    expect(tab.get_by_text(invoice.label).first).to_be_visible()


def test_signed_in_the_same_panel_stands_beside_the_invoice(pushed, invoice, tab: Page, session):
    user = make_user(session, name="Dewi Pratiwi")
    join(session, user, session.get_one(Customer, invoice.customer_id))
    tab.goto("/sign-in")
    tab.fill("#email", user.email)
    tab.fill("#password", PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/account/")
    tab.goto(f"/account/invoices/{invoice.ref}/pay")
    choose(tab, "Virtual account", "Get the account number", bank="BCA")
    expect(tab.get_by_text("BCA account number")).to_be_visible()
    pushed.pays(invoice)
    pushed.work()
    see(tab, "Nothing is left to pay.")


@pytest.mark.parametrize("size", SIZES)
def test_no_face_of_the_page_has_a_fault(pushed, browser: Browser, base_url: str, size: str):
    context = browser.new_context(base_url=base_url, viewport=SIZES[size])
    page = context.new_page()
    pushed.make.bank("IDR")
    invoice = pushed.owed(1_500_000, name="PT Nusantara Riset")
    path = path_of(pushed, invoice)
    pushed.make.policy(customer_may_pay_part=True)
    found = faults_of(page, printed_address(invoice, current()))
    found += faults_of(page, f"{path}/proof")
    found += faults_of(page, path)
    page.locator("input[name=amount]").first.fill("1")
    page.get_by_role("button", name="Get the account number").click()
    found += faults_here(page, "wrong amount")
    claim = Claim(invoice.open, pushed.at.date())
    proof = submit_proof(invoice.ref, picture(), claim, actor=STAFF, at=pushed.at)
    found += faults_of(page, path)
    reject_proof(proof, reason="Another name stands on it", actor=STAFF, at=pushed.at)
    found += faults_of(page, path)
    pushed.open(invoice)
    found += faults_of(page, path)
    page.goto("about:blank")  # a page that looks again by itself would reload just when we leave it
    pushed.open(invoice, "qris", is_switching=True)
    found += faults_of(page, path)
    page.goto("about:blank")
    pushed.days(1.2)
    found += faults_of(page, path)
    page.goto("about:blank")
    revoke_pay_links(invoice.ref, actor=STAFF, at=pushed.at)
    page.goto(path)
    found += faults_here(page, "over")
    pushed.open(invoice)
    pushed.pays(invoice)
    pushed.work()
    found += faults_of(page, path_of(pushed, pushed.reload(invoice)))
    context.close()
    assert found == []
