"""Every route × every role: allowed if and only if the role holds the permission that the route declares.

The routes come from the application itself, so a route added tomorrow is in the matrix. Arguments name nothing
that exists: 404 counts as let in. Without a token of the form, a permitted post is refused as outdated (400).
"""

import re

import pytest

from portal.identity.permissions import FIRST_ROLES, PUBLIC, declared
from tests.people import CUSTOMER_ROLES, STAFF_ROLES, join, make_customer, make_user
from tests.web.browsing import Browser

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {302, 303, 401, 403}


def routes(app) -> list[tuple[str, str, str, str]]:
    """Method, path with arguments that exist nowhere, endpoint, what it declares."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda each: "0" if each[1] == "int" else "zz-none", rule.rule)
        permit = declared(app.view_functions[rule.endpoint])
        found += [(method, path, rule.endpoint, permit) for method in METHODS if method in rule.methods]
    return [each for each in found if each[3] != PUBLIC]


@pytest.fixture
def enter(app, session):
    """enter(role): a browser whose reader has that role; `nobody` is not signed in."""

    def make(role: str) -> Browser:
        browser = Browser(app.test_client())
        if role == "nobody":
            return browser
        user = make_user(session, *([role] if role in STAFF_ROLES else []))
        if role in CUSTOMER_ROLES:
            join(session, user, make_customer(session), role)
        browser.enter(session, user)
        return browser

    return make


def ask(browser: Browser, method: str, path: str):
    return browser.client.open(path, method=method)


@pytest.mark.parametrize("role", [*STAFF_ROLES, *CUSTOMER_ROLES])
def test_a_role_enters_exactly_where_its_permissions_reach(app, enter, role):
    browser = enter(role)
    faults = []
    for method, path, endpoint, permit in routes(app):
        answer = ask(browser, method, path)
        wants = permit in FIRST_ROLES[role]
        is_in = answer.status_code != 403 and not (answer.location or "").startswith("/sign-in")
        if wants != is_in or answer.status_code >= 500:
            faults.append(f"{method} {path} ({endpoint}, {permit}): {answer.status_code}")
    assert not faults, f"{role} should differ at:\n" + "\n".join(faults)


def test_nobody_enters_anywhere_and_is_asked_to_sign_in(app, enter):
    browser = enter("nobody")
    faults = [
        f"{method} {path}: {answer.status_code}"
        for method, path, _endpoint, _permit in routes(app)
        if (answer := ask(browser, method, path)).status_code not in {302, 401}
        or (answer.status_code == 302 and not answer.location.startswith("/sign-in"))
    ]
    assert not faults, "\n".join(faults)


def test_fragments_are_guarded_like_pages(app, enter):
    browser = enter("viewer")
    shown = {"HX-Request": "true"}
    faults = [
        f"{method} {path}"
        for method, path, _endpoint, permit in routes(app)
        if permit not in FIRST_ROLES["viewer"]
        and browser.client.open(path, method=method, headers=shown).status_code != 403
    ]
    assert not faults, "\n".join(faults)


def test_a_customer_without_a_membership_has_no_account(app, session):
    browser = Browser(app.test_client())
    browser.enter(session, make_user(session))
    assert browser.get("/account/profile").status_code == 403


def test_a_route_that_declares_nothing_is_closed_to_all(app, enter):
    endpoint = "account_profile.show_profile"
    view = app.view_functions[endpoint]

    def undeclared() -> str:
        return "open"

    app.view_functions[endpoint] = undeclared
    try:
        assert enter("owner").get("/account/profile").status_code == 403
        assert enter("super_admin").get("/account/profile").status_code == 403
        assert enter("nobody").get("/account/profile").status_code == 403
    finally:
        app.view_functions[endpoint] = view
