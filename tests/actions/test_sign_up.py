"""Signing up and confirming the address."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.sign_up import Application, sign_up
from portal.actions.verify_email import PasswordNeeded, verify_email
from portal.core import clock
from portal.core.audit import AuditEntry
from portal.core.errors import Invalid
from portal.core.outbox import OutboxEntry
from portal.customers.members import who
from portal.customers.models import Customer, Membership
from portal.identity import passwords
from portal.identity.models import LoginToken, User
from portal.identity.sessions import Device, Moments
from portal.identity.tokens import LinkSpent, token_of
from tests.people import PASSWORD, join, make_customer, make_user

KEY = "a key of the tests"
ADA = Application(
    name="Ada Obi", company="Ibadan Insights", email="Ada@example.com", password=PASSWORD, country="NG", language="en"
)


def now(later: timedelta = timedelta()) -> Moments:
    return Moments(at=clock.now(), wall_at=clock.wall() + later)


def link(session) -> str:
    row = session.scalars(select(LoginToken).order_by(LoginToken.id.desc())).first()
    return token_of(row, KEY)


def posted(session) -> list[str]:
    return list(session.scalars(select(OutboxEntry.topic).order_by(OutboxEntry.id)))


def test_signing_up_makes_a_user_who_owns_a_customer(app, session):
    sign_up(ADA, secret_key=KEY, now=now())
    user = session.scalars(select(User)).one()
    customer = session.scalars(select(Customer)).one()
    assert (user.email, user.name, user.is_staff, user.email_verified_at) == ("Ada@example.com", "Ada Obi", False, None)
    assert (customer.name, customer.class_, customer.zone) == ("Ibadan Insights", "business", "Africa/Lagos")
    assert customer.currency is None
    assert session.scalar(select(Membership.user_id).where(Membership.customer_id == customer.id)) == user.id
    assert posted(session) == ["user.email_verification"]
    assert session.scalar(select(AuditEntry.deed)) == "user.signed_up"


def test_without_a_company_one_is_a_person_in_the_zone_one_chose(app, session):
    sign_up(replace(ADA, company="", country="ID", zone="Asia/Makassar"), secret_key=KEY, now=now())
    customer = session.scalars(select(Customer)).one()
    assert (customer.name, customer.class_, customer.zone) == ("Ada Obi", "person", "Asia/Makassar")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("country", "ZZ"), ("country", "ng"), ("language", "de"), ("zone", "Mars/Base"), ("password", "x")],
)
def test_what_is_wrong_is_refused_by_its_field(app, session, field, value):
    with pytest.raises(Invalid) as wrong:
        sign_up(replace(ADA, **{field: value}), secret_key=KEY, now=now())
    assert wrong.value.field == field
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_a_known_address_gets_a_mail_and_the_stranger_nothing(app, session):
    make_user(session, email="ada@EXAMPLE.com", name="The first")
    marker = sign_up(ADA, secret_key=KEY, now=now())
    assert len(marker) == len(passwords.mark_of("x"))
    assert posted(session) == ["user.sign_up_repeated"]
    user = session.scalars(select(User).execution_options(populate_existing=True)).one()
    assert user.name == "The first"
    assert session.scalar(select(func.count()).select_from(Customer)) == 0


def test_a_deactivated_address_gets_no_mail(app, session):
    make_user(session, email=ADA.email, deactivated_at=clock.now())
    sign_up(ADA, secret_key=KEY, now=now())
    assert posted(session) == []


def test_the_link_opens_the_account_in_the_browser_that_signed_up(app, session):
    marker = sign_up(ADA, secret_key=KEY, now=now())
    token = verify_email(link(session), marker=marker, password="", device=Device(), now=now())
    signed_in = who(session, token, wall_at=clock.wall())
    assert signed_in.email == ADA.email
    assert signed_in.customer.role == "owner"


def test_elsewhere_the_link_takes_the_password(app, session):
    sign_up(ADA, secret_key=KEY, now=now())
    for marker, password in (("", ""), ("0" * 64, "wrong password")):
        with pytest.raises(PasswordNeeded):
            verify_email(link(session), marker=marker, password=password, device=Device(), now=now())
    assert verify_email(link(session), marker="", password=PASSWORD, device=Device(), now=now())


def test_a_link_works_once_and_not_for_ever(app, session):
    marker = sign_up(ADA, secret_key=KEY, now=now())
    token = link(session)
    with pytest.raises(LinkSpent):
        verify_email(token, marker=marker, password="", device=Device(), now=now(timedelta(days=3, seconds=1)))
    verify_email(token, marker=marker, password="", device=Device(), now=now())
    with pytest.raises(LinkSpent):
        verify_email(token, marker=marker, password="", device=Device(), now=now())


def test_whoever_signs_up_again_before_the_link_was_used_replaces_the_first(app, session):
    first = sign_up(replace(ADA, password="a stranger got here", company="Evil"), secret_key=KEY, now=now())
    second = sign_up(ADA, secret_key=KEY, now=now())
    assert session.scalars(select(Customer)).one().name == "Ibadan Insights"
    with pytest.raises(PasswordNeeded):
        verify_email(link(session), marker=first, password="a stranger got here", device=Device(), now=now())
    assert verify_email(link(session), marker=second, password="", device=Device(), now=now())


def test_somebody_whom_staff_made_is_not_replaced(app, session):
    user = make_user(session, email=ADA.email, email_verified_at=None, password_hash=None)
    join(session, user, make_customer(session, name="A paying customer"))
    sign_up(ADA, secret_key=KEY, now=now())
    assert posted(session) == ["user.sign_up_repeated"]
    assert session.scalars(select(Customer)).one().name == "A paying customer"


def test_a_second_mail_waits_a_few_minutes(app, session):
    for later in (0, 60, 400):
        sign_up(ADA, secret_key=KEY, now=now(timedelta(seconds=later)))
    assert posted(session) == ["user.email_verification"] * 2


def test_of_many_at_the_same_instant_one_account_and_one_opened_link_remain(app, session):
    def alone(deed):
        with app.app_context():
            try:
                return deed()
            except LinkSpent:
                return None

    with ThreadPoolExecutor(8) as pool:
        markers = list(pool.map(alone, [lambda: sign_up(ADA, secret_key=KEY, now=now())] * 8))
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert session.scalar(select(func.count()).select_from(Customer)) == 1
        assert posted(session) == ["user.email_verification"]
        token = link(session)
        open_it = lambda: verify_email(token, marker="", password=PASSWORD, device=Device(), now=now())  # noqa: E731
        opened = [each for each in pool.map(alone, [open_it] * 8) if each]
    assert len(set(markers)) == 8
    assert len(opened) == 1
