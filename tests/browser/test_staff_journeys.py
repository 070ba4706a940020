"""What staff do in a browser: find who owes, remind, suspend, start a run; with scripts and without."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.core.outbox import OutboxEntry
from portal.core.tasks import open_task
from portal.dunning.models import DunningCase
from portal.runs.models import BillingRun, RunItem
from portal.runs.states import RunItemStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.browser.looking import SIZES, faults_of
from tests.factories import NOON, STAFF, Make
from tests.people import PASSWORD, make_user

WIDE = SIZES["wide"]
DEBTOR = "Sahara Research & Development Partners for Consumer Markets"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request, app, browser: Browser, base_url: str) -> Page:
    """A fresh browser's tab, once with scripts and once without."""
    context: BrowserContext = browser.new_context(base_url=base_url, java_script_enabled=request.param, viewport=WIDE)
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()


@pytest.fixture
def debtor(session, make: Make, travel: Callable) -> DunningCase:
    """Somebody with a long name who owes a nine-digit amount since today."""
    travel(NOON)
    price = make.price(123_456_789_00)
    subscription = make.subscription(price, customer=make.customer(name=DEBTOR), status=Status.PAST_DUE)
    return make.one(DunningCase, DunningCase.customer_id == subscription.customer_id)


def enter(page: Page, session) -> None:
    user = make_user(session, "super_admin", name="Halima Bello")
    page.goto("/sign-in")
    page.get_by_label("Mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/billing/**")


def test_find_who_owes_remind_and_suspend_them(session, tab: Page, debtor: DunningCase):
    enter(tab, session)
    tab.goto("/billing/dunning")
    tab.get_by_label("Customer, mail or invoice").fill("sahara")
    tab.get_by_label("Customer, mail or invoice").press("Enter")
    tab.get_by_role("link", name=DEBTOR).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("In dunning")

    tab.get_by_role("link", name="Remind").click()
    expect(tab.frame_locator("iframe").get_by_text("123,456,789").first).to_be_visible()
    tab.get_by_role("button", name="Send now").click()
    expect(tab.get_by_text("The reminder is on its way.")).to_be_visible()
    told = select(func.count()).where(OutboxEntry.topic == "dunning.reminded")
    assert session.scalar(told) == 1

    tab.get_by_label("More actions").click()
    tab.get_by_role("link", name="Suspend").click()
    dialog = tab.locator("#ask-suspend")
    number = dialog.locator("[name=typed]").get_attribute("placeholder")
    dialog.get_by_label("Reason").fill("Three broken promises")
    dialog.locator("[name=typed]").fill(number)
    dialog.get_by_role("button", name="Suspend").click()
    expect(tab.get_by_text("Suspended. The customer is told.")).to_be_visible()
    session.expire_all()
    assert session.scalar(select(Subscription.status)) is Status.SUSPENDED


def test_a_promise_without_its_day_says_so_and_with_it_rests_the_case(session, tab: Page, debtor: DunningCase):
    enter(tab, session)
    tab.goto(f"/billing/dunning/{debtor.ref}")
    tab.get_by_role("button", name="Save the promise").click()
    expect(tab.locator("#until-error")).to_be_visible()
    tab.get_by_role("link", name="End of month").click()
    tab.locator("#promise").get_by_label("Note").fill("Salaries first")
    tab.get_by_role("button", name="Save the promise").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Promised 31 Mar")


def test_start_a_run_and_see_it_end(session, tab: Page, make: Make, travel: Callable):
    travel(NOON + timedelta(days=31))
    make.subscription(make.price(45_000_00), customer=make.customer(name="Lekki Insight Hub"))
    enter(tab, session)
    tab.goto("/billing/runs")
    tab.get_by_role("link", name="Start a run").click()
    dialog = tab.locator("#ask-run")
    dialog.locator("[name=typed]").fill("run")
    dialog.get_by_role("button", name="Start the run").click()
    expect(tab.get_by_text("0 of 1")).to_be_visible()
    run = session.scalars(select(BillingRun)).one()
    while renew_subscriptions(run.ref, limit=10, actor=STAFF, at=NOON + timedelta(days=31)):
        pass
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Finished")
    expect(tab.get_by_text("1 of 1")).to_be_visible()
    expect(tab.get_by_text("Lekki Insight Hub")).to_be_visible()


@pytest.fixture
def house(session, make: Make, debtor: DunningCase) -> list[str]:
    """Every page of these, with something on it."""
    ref = plan_billing_run(None, actor=STAFF, at=NOON)
    owner = session.scalars(select(Subscription.id)).one()
    run_id = session.scalars(select(BillingRun.id)).one()
    values = {"status": RunItemStatus.HELD, "reason": "More than 5 times the usual one.", "facts": {}}
    session.add(RunItem(run_id=run_id, subscription_id=owner, created_at=NOON, **values))
    open_task(session, "message.failed", "msg_1", at=NOON, reason="550 mailbox full")
    session.commit()
    while renew_subscriptions(ref, limit=10, actor=STAFF, at=NOON):
        pass
    case = f"/billing/dunning/{debtor.ref}"
    return ["/billing/dunning", "/billing/dunning?q=zz", case, f"{case}/remind", "/billing/runs",
            f"/billing/runs/{ref}", "/billing/clock", "/billing/health"]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_for_everyone(session, page: Page, base_url: str, house: list[str], size: str):
    page.set_viewport_size(SIZES[size])
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    enter(page, session)
    complaints.clear()
    complaints += [fault for path in house for fault in faults_of(page, path)]
    assert not complaints, "\n".join(complaints)
