"""Limits of roles: who may set them, what they mean from then on, and hostile input."""

import pytest

from portal.core.audit import AuditEntry
from portal.identity.models import Role
from tests.factories import NOON
from tests.people import PASSWORD, make_user
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/billing/limits"
BILLING = f"{LIST}/billing"


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "super_admin")


def save(staff, **fields):
    return staff.post(BILLING, **({"reason": "The team has grown", "password": PASSWORD} | fields))


def billing(make):
    make.session.expire_all()
    return make.one(Role, Role.name == "billing")


def test_limits_are_set_by_role_and_currency_and_remembered_with_their_reason(staff, make):
    assert "Nothing alone but payments by hand" in staff.get(LIST).text
    assert save(staff, alone_NGN="50,000", approve_NGN="2,000,000.00").status_code == 303
    assert (billing(make).limits, billing(make).approval_limits) == ({"NGN": 50_000_00}, {"NGN": 2_000_000_00})
    assert "₦" in staff.get(LIST).text
    page = staff.get(BILLING).text
    assert 'value="50,000.00"' in page
    assert "The team has grown" in page
    deed = make.one(AuditEntry, AuditEntry.deed == "role.limits_set")
    assert (deed.subject, deed.facts["before"]["alone"]) == ("role:billing", {})


def test_an_empty_field_takes_a_limit_away_and_nothing_is_a_limit_too(staff, make):
    save(staff, alone_NGN="50,000", approve_NGN="10")
    assert save(staff, alone_NGN="0", approve_NGN="").status_code == 303
    assert (billing(make).limits, billing(make).approval_limits) == ({"NGN": 0}, {})


def test_saving_them_as_they_are_leaves_no_trace(staff, make):
    for _ in range(2):
        assert save(staff, alone_NGN="50,000").status_code == 303
    assert make.session.query(AuditEntry).filter_by(deed="role.limits_set").count() == 1


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"alone_NGN": "-5"}, "alone_NGN"),
        ({"approve_NGN": "a lot"}, "approve_NGN"),
        ({"alone_NGN": "9" * 38}, "alone_NGN"),
        ({"alone_NGN": "1e9"}, "alone_NGN"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"password": "wrong"}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_hostile_input_is_refused_with_its_field_and_changes_nothing(staff, make, fields, name):
    answer = save(staff, **({"alone_NGN": "12,345"} | fields))
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    if name != "alone_NGN":
        assert "12,345" in answer.text
    assert PASSWORD not in answer.text
    assert billing(make).limits == {}


def test_a_currency_or_a_role_that_is_not_there_is_refused(staff, make):
    assert save(staff, alone_XXX="5").status_code == 422
    assert save(staff, permissions="users.write").status_code == 422
    for role in ("nobody", "owner"):
        assert staff.get(f"{LIST}/{role}").status_code == 404
        assert staff.post(f"{LIST}/{role}", seen=LIST, reason="x", password=PASSWORD).status_code == 404
    assert billing(make).limits == {}


def test_wrong_passwords_are_soon_too_many(staff):
    assert 429 in [save(staff, password="wrong").status_code for _ in range(8)]


@pytest.mark.parametrize("role", ["billing", "support", "onboarding"])
def test_nobody_else_sees_or_sets_them(app, session, make, travel, reader, role):
    travel(NOON)
    other = enter_as(session, reader, role)
    assert other.get(LIST).status_code == 403
    assert other.get(BILLING).status_code == 403
    assert other.post(BILLING, seen="/billing/invoices", reason="x", password=PASSWORD).status_code == 403
    assert LIST not in other.get("/billing/invoices").text
    assert billing(make).limits == {}


def test_pages_ask_little_and_answer_htmx_with_a_part(staff, session):
    make_user(session, "billing")
    for path in (LIST, BILLING):
        assert queries_of(staff, path) <= QUERIES
        assert "<html" not in staff.get(path, headers=HTMX).text
