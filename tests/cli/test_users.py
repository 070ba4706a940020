"""`flask portal users`: staff from the command line."""

import pytest
from sqlalchemy import select

from portal.identity.models import Role, User, UserRole
from tests.people import PASSWORD, make_user
from tests.web.browsing import Browser


@pytest.fixture
def flask(app):
    return lambda *words: app.test_cli_runner().invoke(args=["portal", "users", *words])


def test_a_created_user_signs_in_with_the_roles_that_were_given(app, session, flask):
    roles = ("--role", "billing", "--role", "support")
    told = flask("create", "halima@example.com", "--name", "Halima Bello", *roles, "--password", PASSWORD)
    assert told.exit_code == 0, told.output
    assert PASSWORD not in told.output
    user = session.scalars(select(User)).one()
    held = select(Role.name).join(UserRole, UserRole.role_id == Role.id).order_by(Role.name)
    assert (user.is_staff, session.scalars(held).all()) == (True, ["billing", "support"])
    assert Browser(app.test_client()).sign_in("halima@example.com").location == "/billing/"


@pytest.mark.parametrize(
    ("email", "role", "password", "reason"),
    [
        ("nobody", "billing", PASSWORD, "mail address"),
        ("known@example.com", "billing", PASSWORD, "already"),
        ("ada@example.com", "owner", PASSWORD, "no role owner"),
        ("ada@example.com", "billing", "password1234", "guessed"),
    ],
)
def test_what_cannot_be_created_is_refused_with_a_sentence(session, flask, email, role, password, reason):
    make_user(session, email="known@example.com")
    told = flask("create", email, "--name", "Ada Obi", "--role", role, "--password", password)
    assert told.exit_code == 1
    assert reason in told.output
    assert len(session.scalars(select(User)).all()) == 1


def test_a_password_is_set(app, session, flask):
    user = make_user(session, "support")
    assert flask("password", user.email, "--password", "eleven quiet harbours").exit_code == 0
    assert Browser(app.test_client()).sign_in(user.email, "eleven quiet harbours").status_code == 303
    assert flask("password", "nobody@example.com", "--password", PASSWORD).exit_code == 1


def test_the_staff_roles_are_listed(app, flask):
    assert flask("roles").output.split() == ["billing", "onboarding", "super_admin", "support"]
