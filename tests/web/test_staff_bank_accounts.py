"""The company's bank accounts: opened by two people, closed with a reason, told to everybody who may change them."""

import pytest
from sqlalchemy import select

from portal.actions.decide_approval import decide_approval
from portal.banking.models import BankAccount
from portal.banking.states import BankAccountStatus as Status
from portal.core.actors import Actor
from portal.core.errors import Forbidden
from portal.core.outbox import OutboxEntry
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from tests.factories import NOON
from tests.people import make_user
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

PAGE = "/billing/bank-accounts"
ACCOUNT = {
    "name": "Main euros", "currency": "EUR", "holder": "Northwind GmbH", "bank": "Sparkasse Köln",
    "number": "DE89 3704 0044 0532 0130 00", "bic": "COLSDE33XXX", "details": "Branch: Mitte\n", "reason": "we moved",
}  # fmt: skip


@pytest.fixture
def admin(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "super_admin")


def the_account(session):
    session.expire_all()
    return session.scalars(select(BankAccount).order_by(BankAccount.id.desc())).first()


def told(session):
    wanted = select(OutboxEntry.facts).where(OutboxEntry.topic == "bank.account_changed").order_by(OutboxEntry.id)
    return [facts["what"] for facts in session.scalars(wanted)]


def test_who_is_alone_opens_an_account_at_once(session, admin):
    assert admin.post(PAGE, **ACCOUNT).status_code == 303
    account = the_account(session)
    assert (account.status, account.is_shown, account.number) == (Status.OPEN, True, "DE89370400440532013000")
    page = admin.get(PAGE).text
    for words in ("DE89 3704 0044 0532 0130 00", "Branch Mitte", "Northwind GmbH", "EUR, yes"):
        assert words in page
    assert told(session) == ["opened"]
    assert queries_of(admin, PAGE) <= QUERIES


def test_where_there_are_two_the_second_agrees_first(session, make, admin):
    other = make_user(session, "super_admin", name="Chidi Obi")
    clerk = make_user(session, "billing", name="Ada Eze")
    admin.post(PAGE, **ACCOUNT)
    account = the_account(session)
    assert (account.status, account.is_shown) == (Status.PROPOSED, False)
    approval = session.query(Approval).one()
    by_clerk = Actor.staff(clerk.id, clerk.name)
    with pytest.raises(Forbidden):
        decide_approval(approval.ref, Decision.APPROVED, reason="", actor=by_clerk, at=NOON)
    by_other = Actor.staff(other.id, other.name)
    decide_approval(approval.ref, Decision.APPROVED, reason="", actor=by_other, at=NOON)
    account = the_account(session)
    assert (account.status, account.is_shown) == (Status.OPEN, True)
    assert told(session) == ["proposed", "opened"]


def test_what_the_second_does_not_agree_to_never_opens(session, make, admin):
    other = make_user(session, "super_admin", name="Chidi Obi")
    admin.post(PAGE, **ACCOUNT)
    approval = session.query(Approval).one()
    decide_approval(
        approval.ref, Decision.REJECTED, reason="never heard of it", actor=Actor.staff(other.id, other.name), at=NOON
    )
    assert the_account(session).status is Status.REJECTED
    assert told(session) == ["proposed", "rejected"]


def test_another_account_takes_the_place_of_the_first(session, make, admin):
    first = make.bank("EUR", number="GB33BUKB20201555555555")
    admin.post(PAGE, **ACCOUNT)
    session.refresh(first)
    assert (first.status, first.is_shown) == (Status.OPEN, False)
    assert the_account(session).is_shown


def test_an_account_is_closed_with_a_reason(session, make, admin):
    account = make.bank()
    path = f"{PAGE}/{account.ref}/close"
    assert admin.post(path, seen=PAGE, reason="").status_code == 422
    assert admin.post(path, seen=PAGE, reason="bank closed it").status_code == 303
    session.refresh(account)
    assert (account.status, account.is_shown) == (Status.CLOSED, False)
    assert told(session) == ["closed"]
    assert "<html" not in admin.client.get(PAGE, headers=HTMX).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "DE89 3704 0044 0532 0130 01"), ("number", "12"), ("number", "<b>123</b>"), ("number", "1" * 43),
        ("bic", "COLS"), ("bic", "COLSDE33XXXX"), ("currency", "ABC"), ("currency", "eur"), ("holder", ""),
        ("holder", "x" * 141), ("holder", "a\nb"), ("bank", ""), ("name", "\x07"), ("reason", ""),
        ("details", "no colon"), ("details", "a:1\nb:2\nc:3\nd:4\ne:5\nf:6\ng:7"), ("details", f"a:{'x' * 61}"),
        ("status", "open"), ("is_shown", "1"), ("approved_by", "1"), ("ref", "bnk_x"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_account_is_refused_and_what_was_typed_is_kept(session, admin, field, value):
    answer = admin.post(PAGE, **(ACCOUNT | {field: value}))
    assert answer.status_code == 422
    assert "Sparkasse" in answer.text or field == "bank"
    assert the_account(session) is None


def test_the_same_account_is_not_opened_twice(session, admin):
    admin.post(PAGE, **ACCOUNT)
    answer = admin.post(PAGE, **ACCOUNT)
    assert answer.status_code == 409
    assert "open already" in answer.text


def test_nobody_else_sees_or_changes_bank_details(session, reader, travel, make):
    travel(NOON)
    clerk = enter_as(session, reader, "billing")
    assert clerk.get(PAGE).status_code == 403
    assert clerk.post(PAGE, seen="/billing/payments", **ACCOUNT).status_code == 403
    assert clerk.post(f"{PAGE}/{make.bank().ref}/close", seen="/billing/payments", reason="x").status_code == 403
