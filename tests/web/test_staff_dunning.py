"""The dunning queue and a case: what staff see, what they may do, and what becomes of wrong input."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.advance_dunning import advance_dunning
from portal.actions.relay_outbox import relay_outbox
from portal.core.actors import Actor
from portal.dunning.models import DunningCase, DunningStep
from portal.dunning.states import CaseStatus
from portal.notifications.models import Message
from portal.payments.models import Attempt
from portal.payments.states import AttemptStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.people import make_user
from tests.web.account_world import HTMX, counted_queries

QUEUE = "/billing/dunning"
QUERIES = 8


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    reader.enter(session, make_user(session, "billing", name="Halima Bello"))
    return reader


@pytest.fixture
def owing(make):
    """owing(name): a customer whose charge was declined today, and their case."""
    price = make.price(45_000_00)

    def late(name="Zuma Analytics", **changed):
        subscription = make.subscription(price, customer=make.customer(name=name, **changed), status=Status.PAST_DUE)
        return make.one(DunningCase, DunningCase.customer_id == subscription.customer_id)

    return late


def path(case, deed=""):
    return f"{QUEUE}/{case.ref}{deed}"


def test_the_queue_shows_who_owes_what_where_they_stand_and_what_comes_next(staff, owing):
    owing()
    page = staff.get(QUEUE).text
    for words in ("Zuma Analytics", "0 of 5", "Retry 11 Mar", "Declined", "soft", "Visa", "45,000"):
        assert words in page
    assert "1 open case" in page
    assert "Nothing ended yet" in page


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("", True), ("?q=zuma", True), ("?q=nobody", False), ("?tab=retrying", True), ("?tab=waiting", False),
     ("?tab=recovered", False), ("?owner=nobody", True), ("?owner=mine", False), ("?decline=soft", True),
     ("?decline=hard", False), ("?currency=NGN&least=45000", True), ("?currency=NGN&least=45000.01", False),
     ("?currency=USD", False), ("?days=1", False), ("?sort=next", True), ("?sort=-next", True)],
)  # fmt: skip
def test_filters_narrow_the_queue_and_stand_in_the_address(staff, owing, query, is_there):
    owing()
    assert ("Zuma Analytics" in staff.get(QUEUE + query).text) is is_there


@pytest.mark.parametrize(
    ("query", "words"),
    [("?tab=all", "no such choice: tab"), ("?owner=7", "no such choice: owner"), ("?decline=x", "choice: decline"),
     ("?days=-1", "whole number of days"), ("?days=1e9", "whole number of days"), ("?least=5", "Choose the currency"),
     ("?currency=NGN&least=x", "Write an amount"), ("?currency=EURO", "choice: currency"),
     ("?after=x", "page of the list"),
     ("?after=1~2026-99-01", "page of the list"), ("?sort=sum", "choice: sort"), ("?q=" + "x" * 201, "At most")],
)  # fmt: skip
def test_hostile_addresses_are_refused_by_name(staff, query, words):
    answer = staff.get(QUEUE + query)
    assert answer.status_code == 422
    assert words in answer.text


def test_pages_of_the_queue_do_not_grow_in_queries(staff, owing):
    owing()
    staff.get(QUEUE)
    with counted_queries() as few:
        staff.get(QUEUE)
    for number in range(30):
        owing(f"Customer of page {number}")
    with counted_queries() as many:
        page = staff.get(QUEUE).text
    assert len(few) == len(many) <= QUERIES
    assert "25 on this page" in page
    assert "after=" in page


def test_a_case_shows_its_ladder_its_invoices_and_what_happened(staff, owing):
    case = owing()
    with counted_queries() as asked:
        page = staff.get(path(case)).text
    assert len(asked) <= QUERIES
    for words in (
        "Zuma Analytics",
        "In dunning",
        "Day 14",
        "Suspend 25 Mar",
        "Retry",
        "1 of 5",
        "What happened",
        "INV-",
    ):
        assert words in page
    assert 'class="face lad alarm"' in page


def test_htmx_gets_the_case_alone(staff, owing):
    answer = staff.client.get(path(owing()), headers=HTMX)
    assert answer.text.strip().startswith('<div id="case"')


def test_the_very_mail_is_shown_before_it_is_sent_once(session, staff, owing):
    case = owing()
    page = staff.get(path(case, "/remind"))
    assert "overdue" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    mail = staff.get(path(case, "/mail"))
    assert mail.headers["Content-Security-Policy"].endswith("sandbox")
    assert "45,000" in mail.text
    assert staff.post(path(case, "/remind"), seen=path(case)).status_code == 303
    assert staff.post(path(case, "/remind"), seen=path(case)).status_code == 409
    while relay_outbox(limit=100, at=NOON):
        pass
    assert session.scalar(select(func.count()).where(Message.template == "dunning_reminder")) == 1
    assert "reminded today already" in staff.get(path(case, "/remind")).text


def test_a_retry_commits_one_charge_however_often_it_is_clicked(session, staff, owing):
    case = owing()
    assert staff.post(path(case, "/retry"), seen=path(case), method="").status_code == 303
    assert staff.post(path(case, "/retry"), seen=path(case), method="").status_code == 409
    waiting = select(func.count()).where(Attempt.status == AttemptStatus.WAITING, Attempt.trigger == "staff")
    assert session.scalar(waiting) == 1
    assert "Waiting for the bank" in staff.get(path(case)).text


def test_another_customers_card_is_not_found(staff, owing, make):
    case, other = owing(), make.method(make.customer())
    assert staff.post(path(case, "/retry"), seen=path(case), method=other.ref).status_code == 404


def test_a_promise_rests_the_case_until_its_day(session, staff, owing):
    case = owing()
    until = (NOON + timedelta(days=4)).date().isoformat()
    assert staff.post(path(case, "/promise"), seen=path(case), until=until, reason="per call").status_code == 303
    session.refresh(case)
    assert case.status is CaseStatus.PAUSED
    page = staff.get(path(case)).text
    assert "Promised" in page
    assert "Goes on 14 Mar" in page
    assert "Zuma" in staff.get(f"{QUEUE}?tab=promised").text
    page = staff.get(path(case)).text
    assert ": per call" in page
    assert f"{until}: per call" not in page
    assert staff.post(path(case, "/resume"), seen=path(case)).status_code == 303
    session.refresh(case)
    assert case.status is CaseStatus.OPEN


@pytest.mark.parametrize(
    ("deed", "fields", "words"),
    [("/promise", {"until": "2020-01-01", "reason": "x"}, "until"),
     ("/promise", {"until": "x", "reason": "x"}, "until"),
     ("/promise", {"until": "2026-03-20", "reason": ""}, "reason"), ("/note", {"kind": "call", "text": ""}, "text"),
     ("/note", {"kind": "sms", "text": "x"}, "kind"), ("/note", {"kind": "call", "text": "x" * 2001}, "text")],
)  # fmt: skip
def test_a_wrong_field_is_named_where_it_stands(session, staff, owing, deed, fields, words):
    case = owing()
    answer = staff.post(path(case, deed), seen=path(case), **fields)
    assert answer.status_code == 422
    assert "What happened" in answer.text
    assert f'id="{words}-error"' in answer.text
    session.refresh(case)
    assert case.status is CaseStatus.OPEN


@pytest.mark.parametrize(
    ("deed", "fields"),
    [("/pause", {"until": "x", "kind": "staff", "reason": "y"}), ("/pause", {"until": "2026-03-20", "kind": "promise",
      "reason": "y"}), ("/pause", {"until": "2026-03-20", "kind": "staff", "reason": ""}),
     ("/pause", {"until": "2199-03-20", "kind": "staff", "reason": "y"}), ("/owner", {"owner": "7"}),
     ("/suspend", {"reason": "y", "typed": "suspend"}), ("/suspend", {"reason": "", "typed": ""}),
     ("/remind", {"step": "9"}), ("/retry", {"method": "", "amount": "1"}), ("/remind", {"form_key": "x"})],
)  # fmt: skip
def test_a_deed_with_wrong_fields_does_nothing(session, staff, owing, deed, fields):
    case = owing()
    assert staff.post(path(case, deed), seen=path(case), **fields).status_code == 422
    session.refresh(case)
    assert case.status is CaseStatus.OPEN
    assert case.owner_id is None
    assert session.scalar(select(Subscription.status)) is Status.PAST_DUE


def test_a_pause_for_a_dispute_stands_in_the_queue(staff, owing):
    case = owing()
    fields = {"until": "2026-03-20", "kind": "dispute", "reason": "They say it was less"}
    assert staff.post(path(case, "/pause"), seen=path(case), **fields).status_code == 303
    assert "Zuma" in staff.get(f"{QUEUE}?tab=paused").text


def test_suspending_wants_the_number_typed_and_a_reason(session, staff, owing):
    case = owing()
    number = case_number(staff, case)
    fields = {"reason": "Fraud on the phone", "typed": number.lower()}
    assert staff.post(path(case, "/suspend"), seen=path(case), **fields).status_code == 303
    assert session.scalar(select(Subscription.status)) is Status.SUSPENDED
    assert "Fraud on the phone" in staff.get(path(case)).text


def test_calls_are_logged_and_cases_taken_and_given_back(session, staff, owing):
    case = owing()
    staff.post(path(case, "/note"), seen=path(case), kind="call", text="Salaries first <b>24th</b>")
    page = staff.get(path(case)).text
    assert "Call by Halima Bello" in page
    assert "Salaries first &lt;b&gt;24th" in page
    staff.post(path(case, "/owner"), seen=path(case), owner="me")
    assert "Zuma" in staff.get(f"{QUEUE}?owner=mine").text
    staff.post(path(case, "/owner"), seen=path(case), owner="nobody")
    assert "Zuma" not in staff.get(f"{QUEUE}?owner=mine").text
    assert session.scalar(select(func.count()).select_from(DunningStep).where(DunningStep.kind == "owned")) == 2


def test_after_payment_the_case_says_recovered_and_the_month_counts_it(staff, owing, make):
    case = owing()
    subscription = make.one(Subscription, Subscription.customer_id == case.customer_id)
    make.pay(make.invoice(subscription))
    page = staff.get(path(case)).text
    assert "Recovered" in page
    assert "Everything was paid" in page
    assert 'class="face lad"' in page
    queue = staff.get(f"{QUEUE}?tab=recovered").text
    assert "Zuma" in queue
    assert "100% of what ended, target 80%" in queue


def test_a_used_up_ladder_says_what_follows(staff, owing, make, travel):
    case = owing()
    subscription = make.one(Subscription, Subscription.customer_id == case.customer_id)
    for days in (1, 2, 4, 7, 14, 15):
        make.at = NOON + timedelta(days=days)
        advance_dunning(limit=9, actor=Actor.system("dunning"), at=make.at)
        if days < 15:
            make.decline(make.invoice(subscription))
    travel(make.at)
    page = staff.get(path(case)).text
    assert "Ladder done" in page
    assert "Cancel 24 Apr" in page
    assert "Zuma" in staff.get(f"{QUEUE}?tab=exhausted").text


def test_a_stranger_and_an_unknown_case_find_nothing(session, reader, owing, travel):
    travel(NOON)
    case = owing()
    reader.enter(session, make_user(session, "support"))
    page = reader.get(path(case)).text
    assert "Suspend</" not in page
    assert "Save the promise" not in page
    assert reader.post(path(case, "/retry"), seen=path(case), method="").status_code == 403
    assert reader.get(f"{QUEUE}/dc_none").status_code == 404


def case_number(staff, case) -> str:
    """The number that the dialog asks for."""
    page = staff.get(path(case)).text
    return page.partition('placeholder="INV')[2].partition('"')[0].join(["INV", ""])


def test_without_debts_the_queue_says_so(staff):
    assert "Nobody owes anything too late" in staff.get(QUEUE).text
