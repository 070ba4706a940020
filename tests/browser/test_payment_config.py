"""Setting an account up in a browser: keys, a test of the connection, use; and how its pages look to everybody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from portal.actions.open_gateway_account import open_gateway_account
from portal.core.actors import Actor
from portal.payments.models import GatewayAccount
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON
from tests.people import PASSWORD, make_user
from tests.twins.running_ipaymu import API_KEY, VA, RunningIpaymu, running_ipaymu

ROOT = Actor.operator("tests")


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Iterator[Page]:
    """A fresh browser's tab, once with scripts and once without."""
    context = browser.new_context(base_url=base_url, java_script_enabled=request.param, viewport=SIZES["wide"])
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    yield opened
    context.close()


@pytest.fixture
def twin() -> Iterator[RunningIpaymu]:
    with running_ipaymu(seed=7) as found:
        yield found


def enter(page: Page, session) -> None:
    user = make_user(session, "super_admin", name="Sade Akande")
    page.goto("/sign-in")
    page.get_by_label("Mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/billing/**")


def lead_to(twin: RunningIpaymu, session) -> None:
    session.execute(update(GatewayAccount).where(GatewayAccount.gateway == "ipaymu").values(base_url=twin.url))
    session.commit()


def test_an_account_is_set_up_tested_and_taken_into_use(session, tab: Page, twin: RunningIpaymu):
    enter(tab, session)
    tab.goto("/billing/gateways")
    tab.get_by_role("button", name="Set up iPaymu test").click()
    expect(tab.get_by_text("Needs keys")).to_be_visible()
    lead_to(twin, session)
    tab.get_by_label("VA number").fill(VA)
    tab.get_by_label("API key").fill("SANDBOX-of-somebody-else")
    tab.get_by_label("Your password").first.fill(PASSWORD)
    tab.get_by_role("button", name="Store the keys").click()
    expect(tab.get_by_text("…2233")).to_be_visible()
    tab.get_by_role("button", name="Test the connection").click()
    expect(tab.get_by_text("Does not work")).to_be_visible()
    expect(tab.get_by_text("It was mistyped, revoked")).to_be_visible()
    tab.get_by_label("VA number").fill(VA)
    tab.get_by_label("API key").fill(API_KEY)
    tab.get_by_label("Your password").first.fill(PASSWORD)
    tab.get_by_role("button", name="Change the keys").click()
    tab.get_by_role("button", name="Test the connection").click()
    expect(tab.get_by_text("Connected to iPaymu in test mode.")).to_be_visible()
    tab.get_by_role("link", name="Use this account").click()
    asked = tab.get_by_role("dialog")
    asked.get_by_label("Your password").fill(PASSWORD)
    asked.get_by_role("button", name="Use it").click()
    expect(tab.get_by_text("In use", exact=True)).to_be_visible()
    assert twin.deeds("initialized") == []


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_have_no_faults(session, make, travel, page: Page, twin: RunningIpaymu, size: str):
    travel(NOON)
    make.account()
    ref = open_gateway_account("ipaymu", "test", actor=ROOT, at=NOON)
    lead_to(twin, session)
    page.set_viewport_size(SIZES[size])
    enter(page, session)
    page.goto(f"/billing/gateways/{ref}")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("no secret key yet")).to_be_visible()
    for path in ("/billing/gateways", f"/billing/gateways/{ref}"):
        assert faults_of(page, path) == []
