"""The doors: signing in, up and out, links by mail, and what a browser carries."""

import re
from datetime import timedelta

import pytest
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import event, func, select, update

from portal.core import clock
from portal.core.db import db
from portal.identity.models import LoginToken, SignInSession, User, UserRole
from portal.identity.tokens import link_for
from portal.web.security import limiter
from portal.web.session import safe_next
from tests.people import PASSWORD, join, make_customer, make_user
from tests.web.browsing import Browser

BETTER = "eleven quiet harbours"
ADA = {
    "name": "Ada Obi",
    "company": "Ibadan Insights",
    "email": "ada@example.com",
    "password": PASSWORD,
    "country": "NG",
    "language": "en",
    "zone": "",
}


def link(session, settings) -> str:
    row = session.scalars(select(LoginToken).order_by(LoginToken.id.desc())).first()
    return link_for(row, settings).removeprefix(settings.app_url)


def test_a_customer_lands_on_the_account_and_staff_on_billing(app, session, reader):
    customer, staff = make_user(session), make_user(session, "support")
    join(session, customer, make_customer(session))
    assert reader.sign_in(customer.email).location == "/account/"
    assert reader.get("/").location == "/account/"
    assert reader.post("/sign-out", seen="/sign-up/sent").location == "/sign-in"
    assert reader.sign_in(staff.email).location == "/billing/"


def test_a_wrong_sign_in_keeps_the_address_and_never_the_password(app, session, reader):
    answer = reader.sign_in("ada@example.com", "a wrong password")
    assert answer.status_code == 422
    assert 'value="ada@example.com"' in answer.text
    assert "a wrong password" not in answer.text
    assert "do not belong together" in answer.text


def test_a_field_that_does_not_belong_is_refused(app, session, reader):
    user = make_user(session)
    answer = reader.sign_in(user.email, is_staff="1", role="super_admin")
    assert answer.status_code == 422
    assert reader.token() is None


def test_a_sign_in_from_another_website_is_refused(app, session, client):
    user = make_user(session)
    fields = {"email": user.email, "password": PASSWORD}
    assert client.post("/sign-in", data=fields).status_code == 400
    foreign = client.post("/sign-in", data=fields, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_signing_in_changes_the_token_and_drops_what_the_browser_carried(app, session, reader):
    reader.get("/sign-in")
    with reader.client.session_transaction() as cookie:
        cookie["_user_id"] = "a token that somebody planted"
        cookie["signing_up"] = "left over"
        before = cookie["csrf_token"]
    user = make_user(session)
    reader.sign_in(user.email)
    with reader.client.session_transaction() as cookie:
        assert cookie["_user_id"] != "a token that somebody planted"
        assert "signing_up" not in cookie
        assert cookie.get("csrf_token") != before


def test_the_old_cookie_is_worth_nothing_after_signing_out(app, session, reader):
    user = make_user(session, "billing")
    reader.sign_in(user.email)
    token = reader.token()
    assert reader.get("/billing/profile").status_code == 200
    reader.post("/sign-out", seen="/billing/profile")
    assert session.scalar(select(func.count()).select_from(SignInSession)) == 0
    reader.carry(token)
    answer = reader.get("/billing/profile")
    assert answer.location == "/sign-in?next=%2Fbilling%2Fprofile"
    assert "Please sign in again" in reader.get(answer.location).text


@pytest.mark.parametrize("change", ["deactivated", "role removed", "password reset", "idle"])
def test_a_change_counts_from_the_next_request_on(app, session, settings, reader, change):
    user = make_user(session, "billing")
    reader.enter(session, user)
    assert reader.get("/billing/profile").status_code == 200
    wanted = 302
    if change == "deactivated":
        session.execute(update(User).values(deactivated_at=clock.now()))
    elif change == "role removed":
        session.execute(UserRole.__table__.delete())
        wanted = 403
    elif change == "idle":
        session.execute(update(SignInSession).values(seen_at=clock.wall() - timedelta(minutes=31)))
    else:
        other = Browser(app.test_client())
        other.post("/forgot", email=user.email)
        other.post(link(session, settings), password=BETTER)
    session.commit()
    assert reader.get("/billing/profile").status_code == wanted


def test_one_statement_tells_who_is_asking(app, session, reader):
    user = make_user(session, "support", "billing")
    join(session, user, make_customer(session))
    reader.enter(session, user)
    statements = []
    watch = lambda *told: statements.append(told[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", watch)
    assert reader.get("/account/switch/nothing").status_code == 405
    assert reader.get("/account/profile").status_code == 200
    event.remove(db.engine, "before_cursor_execute", watch)
    assert len(statements) == 2  # who is asking, and the customers on that page


def test_being_seen_is_written_once_a_minute(app, session, reader):
    reader.enter(session, make_user(session, "support"))
    past = clock.wall() - timedelta(minutes=2)
    session.execute(update(SignInSession).values(seen_at=past))
    session.commit()
    reader.get("/billing/profile")
    first = session.scalar(select(SignInSession.seen_at))
    reader.get("/billing/profile")
    session.expire_all()
    assert past < first == session.scalar(select(SignInSession.seen_at))


def test_an_htmx_request_of_a_stranger_leads_the_whole_page_to_the_door(app, reader):
    shown = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account/details?a=1"}
    answer = reader.client.get("/account/profile", headers=shown)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Faccount%2Fdetails%3Fa%3D1"
    assert answer.text == ""


def test_after_signing_in_one_is_where_one_wanted_to_be(app, session, reader):
    user = make_user(session)
    join(session, user, make_customer(session))
    wanted = reader.get("/account/details?x=1").location
    assert reader.post(wanted, email=user.email, password=PASSWORD).location == "/account/details?x=1"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "\\/evil", "https:evil", "https://evil.example/account/", "/%09/evil.example",
     "/account/profile\r\nSet-Cookie: a=b", "/ /evil", "/nowhere", "/sign-in", "javascript:alert(1)", "", "account/"],
)  # fmt: skip
def test_no_target_leads_to_another_website(app, session, reader, target):
    with app.test_request_context():
        assert safe_next(target) == ""
    user = make_user(session, "billing")
    reader.get("/sign-in")
    fields = {"email": user.email, "password": PASSWORD, "csrf_token": reader.csrf, "form_key": "a" * 32}
    answer = reader.client.post("/sign-in", query_string={"next": target}, data=fields)
    assert answer.location == "/billing/"


def test_signing_up_leads_through_the_mail_to_the_plans(app, session, settings, reader):
    sent = reader.post("/sign-up", **ADA)
    assert (sent.status_code, sent.location) == (303, "/sign-up/sent")
    assert "ada@example.com" in reader.get(sent.location).text
    answer = reader.get(link(session, settings))
    assert 'type="password"' not in answer.text
    assert session.scalar(select(User.email_verified_at)) is None
    assert reader.post(link(session, settings)).location == "/account/plan"
    assert reader.get("/account/details").status_code == 200
    assert reader.get(link(session, settings)).status_code == 410


def test_in_another_browser_the_link_asks_for_the_password(app, session, settings, reader):
    Browser(app.test_client()).post("/sign-up", **ADA)
    assert 'type="password"' in reader.get(link(session, settings)).text
    assert reader.post(link(session, settings), password="wrong").status_code == 422
    assert reader.post(link(session, settings), password=PASSWORD).location == "/account/plan"


def test_a_known_and_an_unknown_address_get_the_same_answers(app, session):
    make_user(session, email="known@example.com")
    for path, fields in (("/sign-up", ADA), ("/forgot", {}), ("/sign-in", {"password": "wrong"})):
        known, unknown = Browser(app.test_client()), Browser(app.test_client())
        first = known.post(path, **(fields | {"email": "known@example.com"}))
        second = unknown.post(path, **(fields | {"email": "stranger@example.com"}))
        assert (first.status_code, first.location) == (second.status_code, second.location)
        assert [name for name, _ in first.headers] == [name for name, _ in second.headers]
        if first.location:
            first, second = known.get(first.location), unknown.get(second.location)
        assert _bare(first.text.replace("known@", "stranger@")) == _bare(second.text)


def _bare(page: str) -> str:
    """Without what is drawn by lot."""
    return re.sub(r'(X-CSRFToken": |name="csrf_token" value=|name="form_key" value=)"[^"]+"', "", page)


def test_a_wrong_sign_up_keeps_what_was_typed(app, session, reader):
    answer = reader.post("/sign-up", **(ADA | {"email": "no address", "password": "password123", "country": ""}))
    assert answer.status_code == 422
    assert 'value="Ibadan Insights"' in answer.text
    assert 'id="email-error"' in answer.text
    assert 'id="country-error"' in answer.text
    assert 'id="password-error"' in answer.text
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_pages_speak_the_language_of_the_browser(app, reader):
    page = reader.get("/sign-in", headers={"Accept-Language": "id-ID,id;q=0.9"}).text
    assert '<html lang="id"' in page


def test_guessing_is_slowed_per_account_and_per_address(app, session, reader):
    user = make_user(session)
    answers = [reader.sign_in(user.email, f"wrong {n}").status_code for n in range(7)]
    assert answers == [422] * 5 + [429] * 2
    assert reader.sign_in(user.email).status_code == 429
    others = [reader.sign_in(f"somebody-{n}@example.com", "wrong").status_code for n in range(40)]
    assert others.count(422) == 25
    assert others[-1] == 429


def test_right_passwords_are_not_counted(app, session):
    user = make_user(session)
    assert {Browser(app.test_client()).sign_in(user.email).status_code for _ in range(8)} == {303}


def test_without_redis_guessing_is_slowed_by_the_process_itself(session, reader, monkeypatch, tmp_path):
    user = make_user(session)
    monkeypatch.setattr(limiter, "_storage", RedisStorage(f"redis+unix://{tmp_path}/nobody-listens-here"))
    monkeypatch.setattr(limiter, "_limiter", FixedWindowRateLimiter(limiter._storage))
    monkeypatch.setattr(limiter, "_storage_dead", False)  # put back afterwards
    answers = [reader.sign_in(user.email, "wrong").status_code for _ in range(7)]
    assert answers == [422] * 5 + [429] * 2


def test_signing_up_over_and_over_is_slowed(app, session, reader):
    answers = [reader.post("/sign-up", **ADA).status_code for _ in range(7)]
    assert answers == [303] * 5 + [429] * 2


def test_somebody_of_two_customers_chooses_and_nobody_elses(app, session, reader):
    user = make_user(session)
    first, second, foreign = (make_customer(session, name) for name in ("Alpha", "Beta", "Gamma"))
    join(session, user, first)
    join(session, user, second, "viewer")
    reader.enter(session, user)
    assert "Beta" in reader.get("/account/profile").text
    assert reader.post(f"/account/switch/{foreign.ref}", seen="/account/profile").status_code == 404
    assert reader.post(f"/account/switch/{second.ref}", seen="/account/profile").status_code == 303
    page = reader.get("/account/details").text
    assert 'value="Beta"' in page
    assert "Only an owner" in page


def test_whoever_is_staff_and_customer_is_each_in_its_place(app, session, reader):
    user = make_user(session, "billing")
    join(session, user, make_customer(session), "viewer")
    reader.enter(session, user)
    assert "Ibadan Insights Ltd" in reader.get("/account/profile").text
    assert "Billing" in reader.get("/billing/profile").text
    assert reader.post("/account/details", seen="/account/profile").status_code == 403


def test_a_name_and_a_language_are_changed(app, session, reader):
    user = make_user(session, "support")
    reader.enter(session, user)
    assert reader.post("/billing/profile", name="", language="fr").status_code == 422
    assert reader.post("/billing/profile", name="Zoë Obi", language="fr").status_code == 303
    page = reader.get("/billing/profile").text
    assert "Zoë Obi" in page
    assert '<html lang="fr"' in page
    session.refresh(user)
    assert user.name == "Zoë Obi"
