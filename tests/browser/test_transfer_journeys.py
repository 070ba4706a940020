"""Money by bank in a browser: a proof sent and confirmed, the inbox by keys, a statement imported."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from portal.actions.begin_import import begin_import
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.actions.submit_proof import Claim, submit_proof
from portal.actions.upload_statement import upload_statement
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, StatementImport
from portal.core.tasks import open_task
from portal.customers.models import Customer
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Attempt
from tests.factories import NOON, STAFF, Make
from tests.owing import owing
from tests.people import PASSWORD, join, make_user
from tests.rules.polyglots import pdf, picture

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
CSV = "Day;Amount;Name;Text;Ref\n" + "".join(
    f"2026-03-09;{amount};{name};{text};B{n}\n"
    for n, (amount, name, text) in enumerate(
        [("45000.00", "ZUMA ANALYTICS LIMI", "invoice march"), ("12000.00", "Lekki Insight Hub", "thanks"),
         ("999.00", "", "no name at all"), ("-150.00", "Zenith Bank", "charges")]
    )
)  # fmt: skip
COLUMNS = {"booked_on": 0, "amount": 1, "name": 2, "entry_ref": 4}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripted(request) -> bool:
    return request.param


@pytest.fixture
def tab(scripted, app, browser: Browser, base_url: str) -> Callable[[], Page]:
    """tab(): a browser of its own, with scripts and without."""
    opened = []

    def fresh() -> Page:
        context = browser.new_context(base_url=base_url, java_script_enabled=scripted, viewport=WIDE)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield fresh
    for context in opened:
        context.close()


@pytest.fixture
def invoice(make: Make, travel) -> Invoice:
    travel(NOON)
    return owing(make, customer=make.customer(name="Zuma Analytics Ltd"))


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def staff_in(page: Page, session) -> None:
    sign_in(page, make_user(session, "super_admin", name="Halima Bello").email)


def customer_in(page: Page, session, invoice: Invoice) -> None:
    user = make_user(session)
    join(session, user, session.get_one(Customer, invoice.customer_id), "owner")
    sign_in(page, user.email)


def test_a_customer_sends_a_proof_staff_confirm_it_and_the_customer_sees_it_paid(session, tab, invoice: Invoice):
    customer, staff = tab(), tab()
    customer_in(customer, session, invoice)
    customer.goto(f"/account/invoices/{invoice.ref}")
    customer.locator("summary", has_text="Bank transfer").click()
    customer.get_by_role("link", name="I have paid: send a proof").click()
    customer.get_by_label("The file").set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    customer.get_by_role("button", name="Send the proof").click()
    expect(customer.get_by_text("Thank you. We look at it")).to_be_visible()
    expect(customer.get_by_text("Being checked")).to_be_visible()

    staff_in(staff, session)
    staff.goto("/billing/money-inbox")
    expect(staff.get_by_role("heading", name="Zuma Analytics Ltd says they sent")).to_be_visible()
    with staff.expect_download() as saved:
        staff.get_by_role("link", name="Download the file").click()
    assert saved.value.suggested_filename.endswith(".pdf")
    staff.get_by_role("button", name="Accept").click()
    expect(staff.get_by_text("Booked. The customer is told.")).to_be_visible()
    expect(staff.get_by_text("Nothing waits")).to_be_visible()

    customer.goto(f"/account/invoices/{invoice.ref}")
    expect(customer.get_by_text("Nothing is left to pay.").first).to_be_visible()
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID


def test_a_statement_is_read_imported_and_decided(session, tab, make: Make, invoice: Invoice):
    page = tab()
    staff_in(page, session)
    page.goto("/billing/statements")
    page.get_by_label("File").set_input_files({"name": "march.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Nothing is booked yet.")).to_be_visible()
    for label, value in [("Booking day", "0"), ("Amount", "1"), ("Payer", "2"), ("Bank's reference", "4")]:
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_label("4. Text").check()
    page.get_by_role("button", name="See how it reads").click()
    expect(page.get_by_text("4 lines, 3 of money that came in")).to_be_visible()
    page.get_by_role("button", name="Import 4 lines").click()
    expect(page.get_by_text("0 of 4 lines are in.")).to_be_visible()
    take_in()
    page.reload()
    page.get_by_role("link", name="3 wait in the inbox").click()

    expect(page.get_by_role("heading", name="ZUMA ANALYTICS LIMI")).to_be_visible()
    expect(page.get_by_label("Zuma Analytics Ltd")).to_be_checked()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Booked.", exact=True)).to_be_visible()
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    page.get_by_role("link", name="Ignore").click()
    page.locator("#ask-ignore").get_by_label("Reason").fill("our own money")
    page.locator("#ask-ignore").get_by_role("button", name="Ignore").click()
    expect(page.get_by_text("Ignored.")).to_be_visible()


@pytest.mark.parametrize("scripted", [True], indirect=True)
def test_the_inbox_is_worked_by_keys_and_the_next_item_takes_the_focus(session, tab, make: Make, invoice: Invoice):
    lay_in(session, make)
    page = tab()
    staff_in(page, session)
    page.goto("/billing/money-inbox")
    expect(page.locator("#item-title")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("#item-title")).to_have_text("Lekki Insight Hub")
    page.goto("/billing/money-inbox")
    page.keyboard.press("a")
    expect(page.locator("#item-title")).to_have_text("Lekki Insight Hub")
    expect(page.locator("#item-title")).to_be_focused()
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    page.keyboard.press("r")
    expect(page.locator("#ask-ignore")).to_be_visible()
    page.keyboard.type("an n and an a")
    expect(page.locator("#ask-ignore").get_by_label("Reason")).to_have_value("an n and an a")


def take_in() -> None:
    import_lines(limit=100, actor=STAFF, at=NOON)
    match_lines(limit=100, actor=STAFF, at=NOON)


def lay_in(session, make: Make) -> None:
    """The statement above, imported as staff would."""
    ref = upload_statement(make.bank().ref, CSV.encode(), "march.csv", actor=STAFF, at=NOON)
    begin_import(ref, CsvMapping(delimiter=";", columns=COLUMNS, reference=(3,)), actor=STAFF, at=NOON)
    take_in()


@pytest.fixture
def pages(session, make: Make, invoice: Invoice) -> list[str]:
    """Every page of these, with something on it."""
    lay_in(session, make)
    claim = Claim(invoice.open, NOON.date(), "Zuma Holdings", "sent from the other account")
    proof = submit_proof(invoice.ref, picture("JPEG"), claim, actor=STAFF, at=NOON)
    paid = make.subscription(make.price(5_00), customer=make.customer(name="Overpaying Partners"))
    attempt = session.query(Attempt).filter(Attempt.customer_id == paid.customer_id).one()
    open_task(
        session, "money_without_debt", attempt.reference, at=NOON, customer_id=paid.customer_id, rest_minor=500,
        currency="NGN",
    )  # fmt: skip
    session.commit()
    draft = upload_statement(make.bank().ref, CSV.encode() + b"x;y;z\n", "april.csv", actor=STAFF, at=NOON)
    done = session.query(StatementImport).filter(StatementImport.ref != draft).one().ref
    money = session.query(BankLine).filter(BankLine.name == "").one()
    assert money.payment_id
    inbox = "/billing/money-inbox"
    items = [f"{inbox}?item={ref}" for ref in (proof, attempt.reference)]
    statements = ["/billing/statements", f"/billing/statements/{draft}", f"/billing/statements/{done}"]
    return [inbox, *items, f"{inbox}?kind=money&after=999~2027-01-01", *statements]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])
def test_every_page_is_for_everyone(session, page: Page, base_url: str, pages, invoice: Invoice, size, scheme):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    staff_in(page, session)
    complaints.clear()
    look(page, pages, complaints)
    page.context.clear_cookies()
    customer_in(page, session, invoice)
    look(page, [f"/account/invoices/{invoice.ref}", f"/account/invoices/{invoice.ref}/proof"], complaints)
    assert not complaints, "\n".join(complaints)


def look(page: Page, paths: list[str], complaints: list[str]) -> None:
    for path in paths:
        page.goto(path)
        found = Axe().run(page, options={"runOnly": list(RULES), "iframes": False}).response["violations"]
        complaints += [f"{path}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            complaints.append(f"{path} scrolls sideways")
