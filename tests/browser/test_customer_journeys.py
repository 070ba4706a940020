"""What customers do in a browser: buy, upgrade, pay late with another card, leave and stay; with scripts and without.

The gateway is the twin, on its own port. Workers are called by hand: `work` does once what they do all the time.
"""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.actions.charge_invoices import charge_invoices
from portal.actions.connect_gateway import connect_gateway
from portal.actions.create_subscription import create_subscription
from portal.actions.relay_outbox import relay_outbox
from portal.actions.render_documents import render_documents
from portal.actions.resolve_attempts import resolve_attempts
from portal.actions.send_messages import send_messages
from portal.core.actors import Actor
from portal.core.settings import Settings
from portal.customers.models import Customer
from portal.local.mails import parse, part
from portal.payments.models import GatewayAccount
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.states import SubscriptionStatus as Status
from portal.subscriptions.wishes import Beginning, StartTerms
from portal.twins.paystack.server import serve
from portal.twins.paystack.twin import Settings as TwinSettings
from portal.twins.paystack.twin import Twin
from tests.factories import NOON, STAFF, Make
from tests.people import PASSWORD, join, make_user

WIDE = {"width": 1440, "height": 1000}
DECLINED_CARD = "4084080000005408"
WORKER = Actor.system("worker")


@pytest.fixture(scope="module")
def twin(settings: Settings) -> Iterator[Twin]:
    """Paystack as the portal's settings know it."""
    address = urlsplit(settings.paystack_base_url)
    twin = Twin(TwinSettings(public_url=settings.paystack_base_url))
    server = serve(twin, str(address.hostname), int(address.port or 0))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield twin
    server.shutdown()
    server.server_close()
    thread.join()
    twin.close()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url, java_script_enabled=request.param, viewport=WIDE)
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.has_scripts = request.param  # type: ignore[attr-defined]
    yield opened
    context.close()


@pytest.fixture
def shop(session, make: Make, travel: Callable, settings: Settings, twin: Twin) -> dict:
    """Two plans on sale, taxed, and a gateway that takes the money."""
    travel(NOON)
    twin.reset()
    url = settings.paystack_base_url
    connect_gateway("paystack", "test", base_url=url, currencies=["NGN"], calls_per_minute=0, actor=STAFF, at=NOON)
    make.tax(75_000)
    found = {}
    for tier, (name, amount) in enumerate((("Team", 45_000_00), ("Scale", 120_000_00)), start=1):
        plan = make.plan(tier=tier)
        plan.name, plan.features = name, ["Mail support"]
        session.commit()
        make.credits(plan, 1000 * tier)
        found[name] = make.price(amount, plan=plan)
    return found


def enter(page: Page, session, customer: Customer) -> None:
    user = make_user(session, name="Adaeze Okonkwo")
    join(session, user, customer)
    page.goto("/sign-in")
    page.fill("#email", user.email)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")


def work(session, at: datetime) -> None:
    """What the workers do within a second: send what waits, and ask about what is in doubt."""
    account = session.scalars(select(GatewayAccount.id)).one()
    session.rollback()
    while charge_invoices(account, limit=10, actor=WORKER, at=at):
        pass
    while resolve_attempts(limit=10, actor=WORKER, at=at):
        pass


def tell(at: datetime) -> None:
    """What the other workers do: pass on what happened, draw the papers, send the mails."""
    while relay_outbox(limit=100, at=at) or render_documents(limit=10, at=at) or send_messages(limit=100, at=at):
        pass


def pay_on_the_gateways_page(page: Page, *, card: str = "") -> None:
    page.wait_for_url("**/checkout/**")
    if card:
        page.check(f"input[value='{card}']")
    page.locator("button[value=pay]").click()


def see(page: Page, words: str) -> None:
    """The words appear: by themselves with scripts, by looking again without."""
    if not page.has_scripts:  # type: ignore[attr-defined]
        page.reload()
    expect(page.get_by_text(words).first).to_be_visible(timeout=10_000)


def subscription(session, customer: Customer) -> Subscription:
    session.expire_all()
    return session.scalars(select(Subscription).where(Subscription.customer_id == customer.id)).one()


def test_sign_up_confirm_by_mail_pay_and_be_active(session, tab: Page, shop: dict, mails):
    tab.goto("/sign-up")
    for field, value in {"name": "Ngozi Bello", "company": "Bello Foods", "email": "ngozi@bello.example"}.items():
        tab.fill(f"#{field}", value)
    tab.fill("#password", PASSWORD)
    tab.select_option("#country", "NG")
    tab.get_by_role("button", name="Create account").click()
    expect(tab.get_by_role("heading", name="Check your mail")).to_be_visible()
    tell(NOON)
    letter = mails.raw(mails.found(to="ngozi@bello.example")[0].id)
    link = re.search(r"/verify/[\w-]+", part(parse(letter), "plain"))
    assert link is not None
    tab.goto(link[0])
    tab.get_by_role("button", name="Confirm and go on").click()
    tab.get_by_role("button", name="Choose Team").click()
    tab.get_by_role("button", name="Pay ₦48,375.00").click()
    pay_on_the_gateways_page(tab)
    tab.wait_for_url("**/account/payments/at-*")
    work(session, NOON + timedelta(seconds=1))
    see(tab, "Paid, thank you")
    tab.get_by_role("link", name="To the overview").click()
    expect(tab.get_by_role("heading", name="Renews 10 April for ₦48,375.00")).to_be_visible()
    tell(NOON + timedelta(seconds=2))
    assert mails.found(to="ngozi@bello.example", subject="Receipt")
    customer = session.scalars(select(Customer).where(Customer.name == "Bello Foods")).one()
    assert subscription(session, customer).status is Status.ACTIVE


def test_choose_a_plan_pay_at_the_gateway_and_be_active(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    enter(tab, session, customer)
    tab.get_by_role("link", name="See the plans").click()
    tab.get_by_role("button", name="Choose Team").click()
    expect(tab.get_by_role("heading", name="Start Team")).to_be_visible()
    tab.get_by_role("button", name="Pay ₦48,375.00").click()
    pay_on_the_gateways_page(tab)
    tab.wait_for_url("**/account/payments/at-*")
    expect(tab.get_by_role("heading", name="We are asking your bank")).to_be_visible()
    work(session, NOON + timedelta(seconds=1))
    see(tab, "Paid, thank you")
    tab.get_by_role("link", name="To the overview").click()
    expect(tab.get_by_role("heading", name="Renews 10 April for ₦48,375.00")).to_be_visible()
    expect(tab.get_by_text("Visa ending 4081").first).to_be_visible()
    assert subscription(session, customer).status is Status.ACTIVE


def test_upgrade_by_quote_with_the_stored_card(
    session, make: Make, tab: Page, shop: dict, travel: Callable, twin: Twin
):
    customer = make.customer()
    enter(tab, session, customer)
    buy(tab, session, "Choose Team")
    later = NOON + timedelta(days=15)
    travel(later)
    tab.goto("/account/plan")
    tab.get_by_role("button", name="See the price for today").click()
    expect(tab.get_by_role("heading", name="From Team to Scale, today")).to_be_visible()
    tab.get_by_text("How this amount came about").first.click()
    expect(tab.get_by_text("16 of 31 days of the period").first).to_be_visible()
    tab.locator("#deal button").click()
    expect(tab.get_by_role("heading", name="We are asking your bank")).to_be_visible()
    work(session, later + timedelta(seconds=1))
    see(tab, "Paid. Thank you.")
    tab.goto("/account/")
    expect(tab.get_by_text("Scale, paid monthly")).to_be_visible()


def test_pay_what_one_sends_oneself_with_the_stored_card_after_all(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    enter(tab, session, customer)
    buy(tab, session, "Choose Team")
    asked = StartTerms(collection=Collection.PUSH)
    items = [(shop["Team"].ref, 1)]
    create_subscription(customer.id, items, beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=NOON)
    tab.goto("/account/invoices?state=open")
    tab.locator("a.rowlink").click()
    expect(tab.get_by_text("Visa ending").first).to_be_visible()
    tab.get_by_role("button", name="Pay ₦48,375.00").click()
    expect(tab.get_by_text("We are waiting for your bank. No need to pay again.")).to_be_visible()
    expect(tab.get_by_role("button", name="Pay ₦48,375.00")).to_have_count(0)
    work(session, NOON + timedelta(seconds=2))
    see(tab, "Nothing is left to pay.")
    expect(tab.get_by_role("link", name="Receipt").first).to_be_visible()


def test_pay_late_with_another_card_and_be_restored(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    make.subscription(shop["Team"], customer=customer, status=Status.SUSPENDED)
    enter(tab, session, customer)
    expect(tab.get_by_role("heading", name="Pay ₦48,375.00 and it runs again")).to_be_visible()
    tab.get_by_role("link", name="Use another card").click()
    expect(tab.get_by_text("You pay your oldest open invoice:")).to_be_visible()
    tab.get_by_role("button", name="Go to the payment page").click()
    pay_on_the_gateways_page(tab, card=DECLINED_CARD)
    expect(tab.locator("body")).to_contain_text("declined", ignore_case=True)
    tab.goto("/account/payments/add")
    tab.get_by_role("button", name="Go to the payment page").click()
    pay_on_the_gateways_page(tab)
    tab.wait_for_url("**/account/payments/at-*")
    work(session, NOON + timedelta(seconds=1))
    see(tab, "Paid, thank you")
    tab.goto("/account/")
    expect(tab.get_by_role("heading", name="Renews 10 April for ₦48,375.00")).to_be_visible()
    assert subscription(session, customer).status is Status.ACTIVE


def test_turning_back_at_the_gateway_costs_nothing_and_can_be_repeated(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    enter(tab, session, customer)
    tab.goto("/account/plan")
    tab.get_by_role("button", name="Choose Team").click()
    tab.get_by_role("button", name="Pay ₦48,375.00").click()
    tab.wait_for_url("**/checkout/**")
    tab.locator("button[value=cancel]").click()
    expect(tab.get_by_role("heading", name="You did not pay")).to_be_visible()
    tab.get_by_role("link", name="Other ways to pay").click()
    tab.get_by_role("link", name="Back to the payment page").click()
    pay_on_the_gateways_page(tab)
    tab.wait_for_url("**/account/payments/at-*")
    work(session, NOON + timedelta(seconds=1))
    see(tab, "Paid, thank you")


def test_cancel_and_undo(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    make.subscription(shop["Team"], customer=customer)
    enter(tab, session, customer)
    tab.get_by_role("link", name="Manage").click()
    tab.get_by_role("link", name="Cancel the subscription").click()
    expect(tab.get_by_text("Everything works until 10 April.")).to_be_visible()
    tab.get_by_role("button", name="Cancel the subscription").click()
    expect(tab.get_by_role("alert").first).to_contain_text("One field needs a look.")
    tab.get_by_label("We do not use it enough").check()
    tab.get_by_role("button", name="Cancel the subscription").click()
    expect(tab.get_by_role("heading", name="Ends 10 April")).to_be_visible()
    assert subscription(session, customer).cancel_on is not None
    tab.get_by_role("button", name="Keep it").click()
    expect(tab.get_by_role("heading", name="Renews 10 April")).to_be_visible()
    assert subscription(session, customer).cancel_on is None


def test_a_downgrade_is_scheduled_and_taken_back(session, make: Make, tab: Page, shop: dict):
    customer = make.customer()
    make.subscription(shop["Scale"], customer=customer)
    enter(tab, session, customer)
    tab.goto("/account/plan")
    tab.get_by_role("button", name="Move on 10 April").click()
    expect(tab.get_by_role("heading", name="What stops on 10 April")).to_be_visible()
    tab.get_by_role("button", name="Confirm for 10 April").click()
    expect(tab.get_by_role("heading", name="Done")).to_be_visible()
    tab.goto("/account/")
    expect(tab.get_by_text("Changes to Team on 10 April.")).to_be_visible()
    tab.get_by_role("button", name="Cancel change").click()
    expect(tab.get_by_text("You keep what you have.")).to_be_visible()


def buy(page: Page, session, button: str) -> None:
    page.goto("/account/plan")
    page.get_by_role("button", name=button).click()
    page.locator("#deal button").click()
    pay_on_the_gateways_page(page)
    page.wait_for_url("**/account/payments/at-*")
    work(session, NOON + timedelta(seconds=1))
