"""Signing in and out, and passwords that were forgotten."""

import time
from datetime import timedelta
from statistics import median

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from portal.actions.request_password_reset import request_password_reset
from portal.actions.reset_password import reset_password
from portal.actions.set_password import set_password
from portal.actions.sign_in import WrongSignIn, sign_in
from portal.actions.sign_out import sign_out
from portal.core import clock
from portal.core.actors import Actor
from portal.core.audit import AuditEntry
from portal.core.outbox import OutboxEntry
from portal.customers.members import who
from portal.identity import passwords
from portal.identity.models import LoginToken, Role, SignInSession, User
from portal.identity.passwords import WeakPassword
from portal.identity.sessions import Device, Moments
from portal.identity.tokens import LinkSpent, token_of
from tests.people import PASSWORD, join, make_customer, make_user

KEY = "a key of the tests"
BETTER = "eleven quiet harbours"


def now(later: timedelta = timedelta()) -> Moments:
    return Moments(at=clock.now(), wall_at=clock.wall() + later)


def enter(email: str, password: str = PASSWORD) -> str:
    return sign_in(email, password, device=Device("127.0.0.1", "Browser"), secret_key=KEY, now=now())


def link(session) -> str:
    return token_of(session.scalars(select(LoginToken).order_by(LoginToken.id.desc())).first(), KEY)


def test_each_sign_in_gets_a_token_of_its_own_of_which_only_the_digest_is_kept(app, session):
    user = make_user(session)
    first, second = enter(user.email), enter(user.email.upper())
    assert first != second
    kept = session.scalars(select(SignInSession)).all()
    assert len(kept) == 2
    assert all(first.encode() not in row.token_hash for row in kept)
    assert who(session, first, wall_at=clock.wall()).user_id == user.id


@pytest.mark.parametrize("wrong", ["unknown", "password", "deactivated", "unconfirmed", "without password"])
def test_one_answer_for_everything_that_is_wrong(app, session, wrong):
    changed = {
        "deactivated": {"deactivated_at": clock.now()},
        "unconfirmed": {"email_verified_at": None},
        "without password": {"password_hash": None},
    }
    user = make_user(session, **changed.get(wrong, {}))
    with pytest.raises(WrongSignIn):
        enter("nobody@example.com" if wrong == "unknown" else user.email, "wrong" if wrong == "password" else PASSWORD)
    assert session.scalar(select(func.count()).select_from(SignInSession)) == 0


def test_a_refused_sign_in_is_remembered(app, session):
    with pytest.raises(WrongSignIn):
        enter(make_user(session).email, "wrong")
    assert session.scalar(select(AuditEntry.deed)) == "user.sign_in_refused"


def test_the_right_password_of_an_unconfirmed_address_mails_the_link_again(app, session):
    user = make_user(session, email_verified_at=None)
    with pytest.raises(WrongSignIn):
        enter(user.email, "wrong")
    assert session.scalars(select(OutboxEntry.topic)).all() == []
    with pytest.raises(WrongSignIn):
        enter(user.email)
    assert session.scalars(select(OutboxEntry.topic)).all() == ["user.email_verification"]


def test_signing_in_moves_an_old_hash_to_the_costs_of_today(app, session, monkeypatch):
    user = make_user(session)
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    enter(user.email)
    session.refresh(user)
    assert not passwords.is_outdated(user.password_hash)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(app, session, monkeypatch):
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=4096, parallelism=1))
    user = make_user(session)

    def measured(email: str) -> float:
        began = time.perf_counter()
        with pytest.raises(WrongSignIn):
            enter(email, "wrong")
        return time.perf_counter() - began

    measured("nobody@example.com")
    pairs = [(measured(user.email), measured("nobody@example.com")) for _ in range(30)]
    known, unknown = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    assert 0.6 < known / unknown < 1.6


def test_a_token_opens_nothing_after_signing_out_or_deactivation(app, session):
    user = make_user(session)
    left, closed = enter(user.email), enter(user.email)
    sign_out(left, actor=Actor.staff(user.id, user.name), at=clock.now())
    assert who(session, left, wall_at=clock.wall()) is None
    assert who(session, closed, wall_at=clock.wall()) is not None
    session.execute(update(User).values(deactivated_at=clock.now()))
    assert who(session, closed, wall_at=clock.wall()) is None


@pytest.mark.parametrize(
    ("roles", "idle", "absolute"),
    [(("support",), timedelta(minutes=30), timedelta(hours=12)), ((), timedelta(hours=12), timedelta(days=30))],
)
def test_sessions_end_when_idle_and_in_any_case(app, session, roles, idle, absolute):
    user = make_user(session, *roles)
    token = enter(user.email)
    opened = session.scalars(select(SignInSession.created_at)).one()
    second = timedelta(seconds=1)
    assert who(session, token, wall_at=opened + idle - second) is not None
    assert who(session, token, wall_at=opened + idle) is None
    session.execute(update(SignInSession).values(seen_at=opened + absolute - second))
    assert who(session, token, wall_at=opened + absolute - second) is not None
    assert who(session, token, wall_at=opened + absolute) is None


def test_permissions_are_the_union_of_both_sides_and_are_read_anew(app, session):
    user = make_user(session, "support", "onboarding")
    join(session, user, make_customer(session), "viewer")
    token = enter(user.email)
    granted = who(session, token, wall_at=clock.wall()).permissions
    assert granted == {"billing.read", "customers.view_as", "subscription.write", "account.read"}
    session.execute(update(Role).where(Role.name == "support").values(permissions=["billing.read", "account.pay"]))
    session.execute(update(Role).where(Role.name == "onboarding").values(permissions=[]))
    assert who(session, token, wall_at=clock.wall()).permissions == {"billing.read", "account.read"}


def test_staff_roles_count_for_staff_only(app, session):
    user = make_user(session, "super_admin", is_staff=False)
    assert who(session, enter(user.email), wall_at=clock.wall()).permissions == frozenset()


def test_a_forgotten_password_is_asked_for_without_learning_anything(app, session):
    user = make_user(session)
    assert request_password_reset(user.email, secret_key=KEY, now=now()) is None
    assert request_password_reset("nobody@example.com", secret_key=KEY, now=now()) is None
    assert session.scalars(select(OutboxEntry.topic)).all() == ["user.password_reset"]


def test_a_reset_signs_out_everywhere_and_spends_every_link(app, session):
    user = make_user(session, email_verified_at=None)
    session.execute(update(User).values(email_verified_at=clock.now()))
    session.commit()
    before = enter(user.email)
    request_password_reset(user.email, secret_key=KEY, now=now())
    spent = link(session)
    token = reset_password(spent, BETTER, device=Device(), now=now())
    assert who(session, before, wall_at=clock.wall()) is None
    assert who(session, token, wall_at=clock.wall()) is not None
    with pytest.raises(LinkSpent):
        reset_password(spent, PASSWORD, device=Device(), now=now())
    with pytest.raises(WrongSignIn):
        enter(user.email)
    assert enter(user.email, BETTER)


def test_a_weak_password_leaves_the_link_unused(app, session):
    user = make_user(session)
    request_password_reset(user.email, secret_key=KEY, now=now())
    with pytest.raises(WeakPassword):
        reset_password(link(session), "password123", device=Device(), now=now())
    assert reset_password(link(session), BETTER, device=Device(), now=now())


def test_a_reset_link_ends_after_an_hour_and_with_the_next_one(app, session):
    user = make_user(session)
    request_password_reset(user.email, secret_key=KEY, now=now())
    first = link(session)
    with pytest.raises(LinkSpent):
        reset_password(first, BETTER, device=Device(), now=now(timedelta(hours=1, seconds=1)))
    request_password_reset(user.email, secret_key=KEY, now=now(timedelta(minutes=10)))
    with pytest.raises(LinkSpent):
        reset_password(first, BETTER, device=Device(), now=now())


def test_a_link_of_one_purpose_serves_no_other(app, session):
    user = make_user(session, email_verified_at=None)
    with pytest.raises(WrongSignIn):
        enter(user.email)
    with pytest.raises(LinkSpent):
        reset_password(link(session), BETTER, device=Device(), now=now())


def test_the_operator_sets_a_password(app, session):
    user = make_user(session)
    token = enter(user.email)
    set_password(user.email, BETTER, actor=Actor.operator("root"), at=clock.now(), wall_at=clock.wall())
    assert who(session, token, wall_at=clock.wall()) is None
    assert enter(user.email, BETTER)
