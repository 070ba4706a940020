"""Refunds on the staff's pages: begun from a payment, watched, helped along, recorded by hand."""

import io

import pytest
from sqlalchemy import select

from portal.actions.refund_payments import refund_payments
from portal.actions.request_refund import request_refund
from portal.banking.models import BankAccount
from portal.banking.states import BankAccountStatus
from portal.core.actors import Actor
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.gateways.base import Outcome
from portal.payments.models import GatewayAccount, Payment
from portal.payments.refund_models import Refund
from portal.payments.refund_states import RefundStatus
from tests.factories import NOON
from tests.scripted import gateway, give_card
from tests.web.staff_world import QUERIES, enter_as, queries_of

__all__ = ["gateway"]
LIST = "/billing/refunds"
RULE = Actor.system("tests")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def paid(session, make, gateway):
    """A payment of 6,000 through the gateway, and 4,000 on the balance."""
    customer = make.customer(name="Zuma Analytics")
    give_card(session, customer, at=NOON)
    make.subscription(make.price(6_000_00), customer=customer)
    make.balance(customer, 4_000_00)
    return make.one(Payment)


def asked(paid, minor=4_000_00, **more):
    return request_refund(paid.ref, Money(minor, "NGN"), reason="left early", actor=RULE, at=NOON, **more)


def the_refund(session):
    session.rollback()
    session.expire_all()
    return session.scalars(select(Refund)).one()


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("", True), ("?q=zuma", True), ("?q=nobody", False), ("?currency=USD", False), ("?way=gateway", True),
     ("?way=by_hand", False), ("?tab=all", True), ("?tab=done", False), ("?tab=attention", False),
     ("?tab=failed", False), ("?gateway=ipaymu", False)],
)  # fmt: skip
def test_a_filter_leaves_those_it_names(staff, paid, query, is_there):
    asked(paid)
    assert ("Zuma Analytics" in staff.get(LIST + query).text) is is_there


@pytest.mark.parametrize("query", ["?tab=x", "?way=x", "?gateway=x", "?currency=ABC", "?after=x", "?q=" + "x" * 201])
def test_a_made_up_filter_is_refused(staff, query):
    assert staff.get(LIST + query).status_code == 422


def test_a_refund_begins_on_its_payments_page(session, staff, paid):
    page = f"/billing/payments/{paid.ref}/refund"
    assert page in staff.get(f"/billing/payments/{paid.ref}").text
    assert "At most" in staff.get(page).text
    sent = staff.post(page, amount="1,500.00", way="gateway", reason="left early")
    assert sent.status_code == 303
    refund = the_refund(session)
    assert (refund.status, refund.amount_minor) == (RefundStatus.REQUESTED, 1_500_00)
    assert "second person" in staff.get(sent.headers["Location"]).text
    assert refund.ref in staff.get(f"/billing/payments/{paid.ref}").text


@pytest.mark.parametrize(
    ("typed", "named"),
    [({"amount": "0"}, "amount"), ({"amount": "NaN"}, "amount"), ({"amount": "1e3"}, "amount"),
     ({"amount": ""}, "amount"),
     ({"way": "magic"}, "way"), ({"reason": ""}, "reason"), ({"status": "approved"}, "")],
)  # fmt: skip
def test_what_cannot_be_is_named_and_what_was_typed_stays(session, staff, paid, typed, named):
    fields = {"amount": "1,500.00", "way": "gateway", "reason": "left early"} | typed
    sent = staff.post(f"/billing/payments/{paid.ref}/refund", **fields)
    assert sent.status_code == 422
    assert (f'name="{named}"' in sent.text) or not named
    assert "left early" in sent.text or typed.get("reason") == ""
    assert session.scalar(select(Refund.id)) is None


@pytest.mark.parametrize("amount", ["4,000.01", "6,000.01", "99,999,999.00"])
def test_more_than_there_is_is_refused(session, staff, paid, amount):
    sent = staff.post(f"/billing/payments/{paid.ref}/refund", amount=amount, way="gateway", reason="all of it")
    assert sent.status_code == 409
    assert session.scalar(select(Refund.id)) is None


def test_what_its_gateway_cannot_carry_is_offered_by_hand_alone(session, staff, paid):
    page = f"/billing/payments/{paid.ref}/refund"
    assert "Through the gateway" in staff.get(page).text
    account = session.get_one(GatewayAccount, paid.gateway_account_id)
    account.gateway = "ipaymu"
    session.commit()
    assert "Through the gateway" not in staff.get(page).text
    assert staff.post(page, amount="100.00", way="gateway", reason="x").status_code == 422
    assert staff.post(page, amount="100.00", way="by_hand", reason="x").status_code == 303
    assert the_refund(session).way == "by_hand"


def test_a_refund_shows_its_trail_within_few_queries(session, staff, paid, gateway):
    ref = asked(paid)
    refund_payments(limit=5, actor=RULE, at=NOON)
    page = staff.get(f"{LIST}/{ref}").text
    for words in ("left early", "Refunds in transit", "Refund on its way", "Ask the gateway now", paid.gateway_ref):
        assert words in page
    assert queries_of(staff, f"{LIST}/{ref}") <= QUERIES
    assert queries_of(staff, LIST) <= QUERIES
    assert staff.get(f"{LIST}/rfd_none").status_code == 404
    gateway.back.becomes(ref, Outcome.SUCCEEDED)
    assert staff.post(f"{LIST}/{ref}/ask", seen=f"{LIST}/{ref}").status_code == 303
    assert the_refund(session).status is RefundStatus.SUCCEEDED


def test_it_is_called_off_with_a_reason_before_it_is_sent(session, staff, paid):
    ref = asked(paid)
    assert staff.post(f"{LIST}/{ref}/cancel", seen=f"{LIST}/{ref}", reason="").status_code == 422
    assert staff.post(f"{LIST}/{ref}/cancel", seen=f"{LIST}/{ref}", reason="they stay").status_code == 303
    assert the_refund(session).status is RefundStatus.CANCELED


def test_bank_details_are_asked_for_and_never_shown_again(session, staff, paid, gateway):
    gateway.back.will(Outcome.ACTION_REQUIRED, Outcome.ACTION_REQUIRED)
    ref = asked(paid)
    refund_payments(limit=5, actor=RULE, at=NOON)
    assert "Bank details of the payer" in staff.get(f"{LIST}/{ref}").text
    wrong = staff.post(f"{LIST}/{ref}/details", seen=f"{LIST}/{ref}", number="12", bank="9")
    assert wrong.status_code == 422
    assert "6 to 20 digits" in wrong.text
    assert staff.post(f"{LIST}/{ref}/details", seen=f"{LIST}/{ref}", number="0123456789", bank="9").status_code == 303
    assert "0123456789" not in staff.get(f"{LIST}/{ref}").text
    assert the_refund(session).status is RefundStatus.SENDING


@pytest.fixture
def our_bank(session):
    account = BankAccount(
        ref=public_ref("ba"), name="Naira", currency="NGN", holder="Us", bank="Test Bank", number="0123456789", bic="",
        details=[], status=BankAccountStatus.OPEN, is_shown=False, created_at=NOON, opened_at=NOON,
    )  # fmt: skip
    session.add(account)
    session.commit()
    return account


def test_one_by_hand_is_recorded_with_its_proof(session, staff, paid, our_bank):
    ref = asked(paid, way="by_hand")
    done = {"account": our_bank.ref, "reference": "TRF-77", "on": "2026-03-10"}
    missing = staff.post(f"{LIST}/{ref}/transferred", seen=f"{LIST}/{ref}", **done)
    assert missing.status_code == 422
    assert "TRF-77" in missing.text
    html = staff.post(
        f"{LIST}/{ref}/transferred", seen=f"{LIST}/{ref}", **done, file=(io.BytesIO(b"<script>1</script>"), "x.pdf")
    )
    assert html.status_code == 422
    sent = staff.post(f"{LIST}/{ref}/transferred", seen=f"{LIST}/{ref}", **done, file=(io.BytesIO(PDF), "x.pdf"))
    assert sent.status_code == 303
    refund = the_refund(session)
    assert (refund.status, refund.evidence["reference"]) == (RefundStatus.SUCCEEDED, "TRF-77")
    saved = staff.get(f"{LIST}/{ref}/proof")
    assert (saved.status_code, saved.data) == (200, PDF)
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_support_sees_refunds_and_begins_none(session, reader, travel, paid):
    travel(NOON)
    support = enter_as(session, reader, "support")
    ref = asked(paid)
    assert "Call off" not in support.get(f"{LIST}/{ref}").text
    assert support.get(f"/billing/payments/{paid.ref}/refund").status_code == 403
    assert support.post(f"{LIST}/{ref}/cancel", seen=f"{LIST}/{ref}", reason="x").status_code == 403
