"""Differences between our books and a gateway's on the staff's page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.db import transaction
from portal.core.money import Money
from portal.core.tasks import Task
from portal.payments.models import GatewayAccount
from portal.reconciling import findings
from portal.reconciling.kinds import DifferenceKind, Family, Remedy
from portal.reconciling.models import Difference, Reconciliation
from portal.reconciling.sides import Found
from portal.web.staff import difference_words
from tests.factories import NOON
from tests.web.staff_world import QUERIES, enter_as, queries_of

LIST = "/billing/reconciliation"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def found(session, make):
    """found(kind, …): a difference, as a look opens it."""

    def find(kind=DifferenceKind.FOREIGN_CHARGE, subject="charge:order-7", **changed):
        account = make.account()
        values = {"amount": Money(2500_00, "NGN"), "theirs": {"number": "6641", "outcome": "succeeded"}} | changed
        one = Found(kind, subject, NOON - timedelta(hours=5), **values)
        with transaction() as kept:
            judged = set(Family)
            known = kept.get_one(GatewayAccount, account.id)
            rows = [one, *(_again(row) for row in findings.open_ones(kept, account.id))]
            findings.keep(kept, known, rows, judged=judged, unsure=(), since=NOON - timedelta(days=9), at=NOON)
        session.rollback()
        return make.one(Difference, Difference.subject == subject)

    return find


def _again(row):
    return Found(
        row.kind, row.subject, row.happened_at, row.customer_id, row.payment_id, row.amount, row.ours, row.theirs
    )


def test_without_differences_both_sides_agree(staff, make):
    make.account()
    page = staff.get(LIST).text
    assert "Both sides agree." in page
    assert "Never compared yet." in page


def test_a_difference_names_customer_amount_evidence_and_remedy(staff, found, make):
    customer = make.customer(name="Zuma Analytics")
    found(DifferenceKind.REFUND_OUTSIDE, "refund:18", customer_id=customer.id, ours={"payment": "pay_1"})
    page = staff.get(LIST).text
    assert "Refunded at the gateway without us" in page
    assert "Zuma Analytics" in page
    assert "2,500" in page
    assert "6641" in page
    assert "pay_1" in page
    assert "Ask the gateway for the refunds of this payment." in page
    assert queries_of(staff, LIST) <= QUERIES
    assert "Zuma" not in staff.get(f"{LIST}?tab=closed").text
    assert "Zuma" in staff.get(f"{LIST}?q=zuma&gateway=paystack&kind=refund_outside").text
    assert "No difference like that" in staff.get(f"{LIST}?kind=lost_charge").text
    for wrong in ("tab=x", "kind=x", "gateway=x", "after=x"):
        assert staff.get(f"{LIST}?{wrong}").status_code == 422


def test_the_page_takes_no_more_queries_for_more_rows(staff, found):
    found()
    few = queries_of(staff, LIST)
    for number in range(12):
        found(subject=f"charge:order-{number}")
    assert queries_of(staff, LIST) == few


def test_staff_close_a_difference_with_a_note_and_it_stays_closed(staff, found, make, session):
    row = found()
    assert staff.post(f"{LIST}/{row.ref}/close", seen=LIST, reason="").status_code == 422
    assert staff.post(f"{LIST}/{row.ref}/close", seen=LIST, reason="The other shop's").status_code == 303
    page = staff.get(f"{LIST}?tab=closed").text
    assert "The other shop&#39;s" in page
    assert "Halima Bello" in page
    assert make.one(Task, Task.subject == row.ref).closed_at is not None
    assert staff.post(f"{LIST}/{row.ref}/close", seen=LIST, reason="Again").status_code == 409
    found(DifferenceKind.LOST_CHARGE, "charge:order-8")
    assert session.scalars(select(Difference.subject).where(Difference.closed_at.is_(None))).all() == ["charge:order-8"]


def test_what_changes_after_it_was_closed_comes_back(staff, found, session):
    row = found()
    staff.post(f"{LIST}/{row.ref}/close", seen=LIST, reason="Looked at")
    account = session.scalars(select(GatewayAccount)).one()
    one = Found(row.kind, row.subject, row.happened_at, theirs={"number": "6641", "outcome": "declined"})
    with transaction() as kept:
        known = kept.get_one(GatewayAccount, account.id)
        findings.keep(kept, known, [one], judged=(), unsure=(), since=NOON, at=NOON)
    session.rollback()
    assert len(session.scalars(select(Difference).where(Difference.closed_at.is_(None))).all()) == 1


def test_a_look_is_asked_for_once(staff, make, session):
    account = make.account()
    for _ in range(2):
        assert staff.post(f"{LIST}/look", seen=LIST, account=account.ref).status_code == 303
    waiting = session.scalars(select(Reconciliation)).all()
    assert [(row.status, row.requested_by) for row in waiting] == [("waiting", "Halima Bello")]
    assert "Under way since" in staff.get(LIST).text
    assert staff.post(f"{LIST}/look", seen=LIST, account="gwa_none").status_code == 404


def test_only_what_the_gateway_can_settle_is_asked_about(staff, found):
    row = found()
    assert f"{row.ref}/ask" not in staff.get(LIST).text
    assert staff.post(f"{LIST}/{row.ref}/ask", seen=LIST).status_code == 409
    assert staff.post(f"{LIST}/dif_none/ask", seen=LIST).status_code == 404


def test_who_may_only_read_sees_no_buttons_and_can_do_nothing(session, reader, travel, found):
    travel(NOON)
    row = found()
    support = enter_as(session, reader, "support")
    page = support.get(LIST).text
    assert "Money at the gateway" in page
    assert "Compare now" not in page
    assert f"{row.ref}/close" not in page
    assert support.post(f"{LIST}/{row.ref}/close", seen="/billing/", reason="x").status_code == 403


def test_what_waits_for_a_person_leads_to_what_differs(staff, found):
    row = found()
    assert f"/billing/reconciliation?q={row.ref}" in staff.get("/billing/health").text


def test_every_kind_and_every_remedy_has_its_words():
    assert set(difference_words.KINDS) == set(DifferenceKind)
    assert set(difference_words.REMEDIES) == set(Remedy)
    assert len(set(difference_words.KINDS.values())) == len(DifferenceKind)
