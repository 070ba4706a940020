"""One subscription: pausing, ending with undo, going on, and what is shown before each."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.quotes.models import Quote
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.web.account_world import HTMX, QUERIES, counted_queries, open_account

REASON = {"reason": "too_expensive", "when": "end"}


@pytest.fixture
def account(session, make, reader, travel):
    travel(NOON)
    return open_account(session, make, reader)


@pytest.fixture
def subscription(account, session, make):
    plan = make.plan(tier=1)
    plan.name, plan.features = "Team", ["Live exports"]
    session.commit()
    make.credits(plan, 25_000)
    return make.subscription(make.price(45_000_00, plan=plan), customer=account.customer)


@pytest.fixture
def path(subscription):
    return f"/account/subscriptions/{subscription.ref}"


def token(account, path: str) -> dict[str, str]:
    account.get(path)
    return {"csrf_token": account.reader.csrf, "form_key": "a" * 32}


def test_it_shows_what_it_consists_of_and_what_happened(account, path):
    page = account.get(path).text
    assert "Renews 10 April" in page
    assert "Team" in page.split("What it consists of")[1]
    assert "Started" in page.split("What happened")[1]
    assert "Cancel the subscription" in page
    assert f'class="btn big" href="{path}"' not in page


def test_canceling_shows_the_end_and_the_loss_first(account, make, path):
    page = account.get(f"{path}/cancel").text
    assert "Everything works until 10 April." in page
    assert "25,000 units" in page
    assert "Live exports" in page
    assert page.count('name="reason"') == 8
    assert "Would you rather pause?" in page
    assert make.one(Subscription).cancel_on is None


def test_canceling_and_undoing_it(account, make, path):
    answer = account.press(f"{path}/cancel", f"{path}/cancel", **REASON, text="Too much for us")
    assert (answer.status_code, answer.location) == (303, path)
    row = make.one(Subscription)
    assert (row.cancel_on, row.cancel_reason) == (date(2026, 4, 10), "too_expensive: Too much for us")
    assert "Ends 10 April" in account.get(path).text
    account.press(path, f"{path}/undo-cancel")
    assert make.one(Subscription).cancel_on is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"reason": "nonsense", "when": "end"}, {"reason": "other", "when": "now"}, {**REASON, "on": "2020-01-01"},
     {**REASON, "text": "x" * 1001}, {**REASON, "credit_unused": "y"}, {**REASON, "text": "\x07"}],
)  # fmt: skip
def test_a_wrong_cancellation_changes_nothing(account, make, path, fields):
    answer = account.press(f"{path}/cancel", f"{path}/cancel", **{"when": "", **fields})
    assert answer.status_code == 422
    assert make.one(Subscription).cancel_on is None


def test_where_the_company_allows_it_it_ends_at_once(account, make, path):
    make.policy(customer_may_cancel_now=True)
    assert "Today, at once" in account.get(f"{path}/cancel").text
    account.press(f"{path}/cancel", f"{path}/cancel", reason="other", when="now")
    assert make.one(Subscription).status is Status.CANCELED


def test_htmx_gets_the_wrong_form_back_and_leaves_with_the_right_one(account, path):
    fields = token(account, f"{path}/cancel")
    wrong = account.reader.client.post(f"{path}/cancel", data=fields, headers=HTMX)
    assert wrong.status_code == 422
    assert wrong.text.strip().startswith('<section id="cancel"')
    right = account.reader.client.post(f"{path}/cancel", data=fields | REASON, headers=HTMX)
    assert right.headers["HX-Redirect"] == path


def test_what_waits_for_its_first_payment_ends_today_and_owes_nothing(account, make):
    waiting = make.subscription(customer=account.customer, status=Status.PENDING)
    page = account.get(f"/account/subscriptions/{waiting.ref}/cancel").text
    assert "It ends today." in page
    assert "is voided. You owe nothing." in page


def test_pausing_and_taking_it_back(account, make, path):
    assert account.press(path, f"{path}/pause", resume_on="2026-05-01").status_code == 303
    row = make.one(Subscription)
    assert (row.pause_on, row.resume_on) == (date(2026, 4, 10), date(2026, 5, 1))
    account.press(path, f"{path}/undo-pause")
    assert make.one(Subscription).pause_on is None


@pytest.mark.parametrize("day", ["2026-03-01", "tomorrow", "0000-00-00", "2026-02-30", "9" * 60])
def test_a_wrong_day_is_named_beside_its_field(account, make, path, day):
    answer = account.press(path, f"{path}/pause", resume_on=day)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert make.one(Subscription).pause_on is None


def test_pausing_is_not_offered_where_the_company_does_not_allow_it(account, make, path):
    make.policy(customer_may_pause=False)
    assert 'id="pause"' not in account.get(path).text
    assert account.reader.client.post(f"{path}/pause", data=token(account, path)).status_code == 403
    assert make.one(Subscription).pause_on is None


def test_resuming_and_taking_up_again_lead_to_offers(account, session, make):
    price = make.price()
    paused = make.subscription(price, customer=account.customer, status=Status.PAUSED)
    answer = account.press("/account/", f"/account/subscriptions/{paused.ref}/resume")
    assert answer.location.startswith("/account/quotes/")
    ended = make.subscription(price, customer=account.customer, status=Status.CANCELED)
    path = f"/account/subscriptions/{ended.ref}"
    assert account.press(path, f"{path}/again").location.startswith("/account/quotes/")
    kinds = session.scalars(select(Quote.kind).order_by(Quote.id)).all()
    assert kinds == ["resume", "resubscribe"]


def test_ended_ones_keep_their_page_and_cannot_be_canceled_again(account, make):
    ended = make.subscription(customer=account.customer, status=Status.CANCELED)
    path = f"/account/subscriptions/{ended.ref}"
    assert "Ended 10 March" in account.get(path).text
    assert account.get(f"{path}/cancel").status_code == 409


def test_drafts_and_those_of_others_are_not_found(account, session, make):
    draft = make.subscription(customer=account.customer, status=Status.DRAFT)
    foreign = make.subscription()
    for ref in (draft.ref, foreign.ref, "sub_nonsense"):
        path = f"/account/subscriptions/{ref}"
        fields = token(account, "/account/")
        assert account.get(path).status_code == 404
        assert account.get(f"{path}/cancel").status_code == 404
        for deed in ("cancel", "pause", "undo-pause", "undo-cancel", "take-back-change", "resume", "again"):
            assert account.reader.client.post(f"{path}/{deed}", data=fields | REASON).status_code in (404, 422), deed
    assert session.scalar(select(func.count()).select_from(Quote)) == 0


@pytest.mark.parametrize("role", ["viewer", "billing_contact"])
def test_only_an_owner_changes_anything(account, make, path, role):
    account.become(role)
    page = account.get(path).text
    assert "Cancel the subscription" not in page
    assert "Change plan" not in page or role
    for deed in ("cancel", "pause", "undo-pause", "undo-cancel", "take-back-change", "resume", "again"):
        assert account.reader.client.post(f"{path}/{deed}", data=token(account, path) | REASON).status_code == 403


@pytest.mark.parametrize("deed", ["undo-pause", "undo-cancel", "take-back-change", "resume", "again"])
def test_buttons_take_no_fields(account, path, deed):
    fields = token(account, path) | {"amount": "1"}
    assert account.reader.client.post(f"{path}/{deed}", data=fields).status_code == 422


def test_few_queries_on_each_page(account, make, path, travel):
    travel(NOON + timedelta(days=3))
    for each in (path, f"{path}/cancel"):
        with counted_queries() as sent:
            assert account.reader.client.get(each).status_code == 200
        assert len(sent) <= QUERIES, sent
