"""Disputes and attempts in doubt on the staff's pages."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.charge_invoices import charge_invoices
from portal.actions.resolve_disputes import hear_of_dispute
from portal.core.actors import Actor
from portal.core.money import Money
from portal.gateways.base import DisputeState, Outcome
from portal.identity.models import Approval
from portal.payments.models import Attempt, Payment
from portal.payments.refund_models import Dispute, DisputeNote
from tests.factories import NOON
from tests.scripted import gateway, give_card
from tests.web.staff_world import QUERIES, enter_as, queries_of

__all__ = ["gateway"]
LIST, DOUBTS = "/billing/disputes", "/billing/attempts-in-doubt"
RULE = Actor.system("tests")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def charged(session, make, gateway):
    """charged(outcome): a charge of 6,000 with a stored card."""

    def charge(*outcomes):
        customer = make.customer(name="Zuma Analytics")
        give_card(session, customer, at=NOON)
        gateway.will(*outcomes)
        make.subscription(make.price(6_000_00), customer=customer, status="pending")
        charge_invoices(gateway.account_id, limit=5, actor=RULE, at=NOON)
        return make.one(Attempt)

    return charge


@pytest.fixture
def disputed(make, charged, gateway):
    attempt = charged()
    due_at = NOON + timedelta(days=2)
    gateway.back.disputed("77", DisputeState.NEEDS_RESPONSE, attempt.reference, Money(6_000_00, "NGN"), due_at)
    assert hear_of_dispute(gateway.account_id, "77", actor=RULE, at=NOON)
    return make.one(Dispute)


def test_a_dispute_is_listed_with_its_day_and_told_on_the_payments_page(staff, disputed, make):
    page = staff.get(LIST).text
    assert "Zuma Analytics" in page
    assert "Needs an answer" in page
    assert disputed.ref in staff.get(f"/billing/payments/{make.one(Payment).ref}").text
    assert queries_of(staff, LIST) <= QUERIES
    assert queries_of(staff, f"{LIST}/{disputed.ref}") <= QUERIES
    assert staff.get(f"{LIST}/dsp_none").status_code == 404
    assert "No payment is disputed" not in page
    assert "Zuma" not in staff.get(f"{LIST}?tab=won").text
    assert staff.get(f"{LIST}?tab=x").status_code == 422


def test_evidence_is_noted_and_the_claim_contested(session, staff, disputed):
    here = f"{LIST}/{disputed.ref}"
    early = staff.post(f"{here}/answer", seen=here, answer="contest", text="They use it.")
    assert early.status_code == 422
    assert "They use it." in early.text
    assert staff.post(f"{here}/evidence", seen=here, kind="service", known="312 sign-ins", on="").status_code == 303
    assert session.scalars(select(DisputeNote.text)).all() == ["312 sign-ins"]
    assert staff.post(f"{here}/answer", seen=here, answer="contest", text="They use it.").status_code == 303
    assert "on its way to the gateway" in staff.get(here).text
    assert staff.post(f"{here}/answer", seen=here, answer="contest", text="Again").status_code == 409


@pytest.mark.parametrize("fields", [{"kind": "x", "known": "y"}, {"kind": "service", "known": ""}, {"kind": "service"}])
def test_evidence_that_cannot_be_is_refused(session, staff, disputed, fields):
    here = f"{LIST}/{disputed.ref}"
    assert staff.post(f"{here}/evidence", seen=here, on="", **fields).status_code == 422
    assert session.scalars(select(DisputeNote.id)).all() == []


def test_giving_in_asks_a_second_person(session, staff, disputed):
    here = f"{LIST}/{disputed.ref}"
    assert staff.post(f"{here}/answer", seen=here, answer="accept", text="They are right.").status_code == 303
    assert session.scalars(select(Approval.deed)).all() == ["dispute.accept"]
    assert "second person" in staff.get(here).text


def test_doubts_are_listed_with_age_and_last_answer(session, staff, charged, travel):
    attempt = charged({"outcome": Outcome.UNKNOWN, "reason": "read timed out"})
    travel(NOON + timedelta(hours=2))
    page = staff.get(DOUBTS).text
    for words in ("Zuma Analytics", "read timed out", "2 hours ago", "Ask now"):
        assert words in page
    assert "Settle" not in page.replace("Settled", "")
    assert queries_of(staff, DOUBTS) <= QUERIES
    assert "Zuma" not in staff.get(f"{DOUBTS}?age=day").text
    assert "Zuma" in staff.get(f"{DOUBTS}?age=hour").text
    assert staff.get(f"{DOUBTS}?age=year").status_code == 422
    assert staff.get(f"{DOUBTS}/{attempt.reference}/settle").status_code == 403


def test_who_runs_the_house_settles_with_evidence_and_a_second_person(session, reader, travel, charged):
    travel(NOON)
    boss = enter_as(session, reader, "super_admin")
    attempt = charged(Outcome.UNKNOWN)
    here = f"{DOUBTS}/{attempt.reference}/settle"
    assert here in boss.get(DOUBTS).text
    fields = {"verdict": "paid", "amount": "6,000.00", "reason": "their dashboard"}
    missing = boss.post(here, **fields, gateway_ref="", file=(io.BytesIO(PDF), "x.pdf"))
    assert missing.status_code == 422
    assert "number of the transaction" in missing.text
    assert boss.post(here, **fields, gateway_ref="T77").status_code == 422
    sent = boss.post(here, **fields, gateway_ref="T77", file=(io.BytesIO(PDF), "x.pdf"))
    assert sent.status_code == 303
    assert session.scalars(select(Approval.deed)).all() == ["attempt.settle"]
    assert boss.get(f"{DOUBTS}/{attempt.reference}/evidence").data == PDF
    assert "A second person was asked" in boss.get(f"/billing/payments/attempts/{attempt.reference}").text
    session.expire_all()
    assert session.get_one(Attempt, attempt.id).status == "unknown"


def test_nothing_in_doubt_says_so(staff):
    assert "Nothing is in doubt" in staff.get(DOUBTS).text
    assert "No payment is disputed" in staff.get(LIST).text
