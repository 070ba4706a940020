"""What staff do on a dunning case, and what two workers do at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.actions.advance_dunning import advance_dunning
from portal.actions.claim_case import claim_case
from portal.actions.lapse_invoices import lapse_invoices
from portal.actions.note_on_case import note_on_case
from portal.actions.pause_dunning import pause_dunning, resume_dunning
from portal.actions.remind_customer import NothingToRemind, preview_reminder, remind_customer
from portal.actions.retry_debt import NothingToRetry, retry_debt
from portal.actions.suspend_for_debt import NothingToSuspend, suspend_for_debt
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.outbox import OutboxEntry
from portal.customers.models import Customer
from portal.dunning import queries
from portal.dunning.models import DunningCase, DunningDebt
from portal.dunning.queries import Tab
from portal.dunning.states import CaseStatus, PauseKind
from portal.gateways.base import DeclineKind
from portal.payments.attempts import InDoubt
from portal.payments.models import Attempt, PaymentMethod
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from tests.people import make_user

ME = Actor.operator("Ngozi")
RULE = Actor.system("dunning")


@pytest.fixture
def case(make):
    """case(): of a subscription whose first charge was declined."""

    def begin(kind=DeclineKind.RETRY_LATER):
        subscription = make.subscription()
        make.at += timedelta(days=31)
        make.run(make.at)
        make.decline(make.invoice(subscription), kind)
        return make.one(DunningCase)

    return begin


def reload(make, case):
    return make.one(DunningCase, DunningCase.id == case.id)


def kinds(make, case):
    make.session.expire_all()
    return [step.kind for step in reversed(queries.time_line(make.session, case.id))]


def test_a_failed_renewal_opens_a_case_that_waits_for_its_first_step(make, case):
    opened = case()
    assert opened.status is CaseStatus.OPEN
    assert f"{opened.next_action_at:%Y-%m-%d %H}" == f"{make.at + timedelta(days=1):%Y-%m-%d} 05"
    listed = queries.page(make.session, Tab.RETRYING, until=make.at)
    assert [(row.case.id, row.overdue.minor, row.step) for row in listed] == [(opened.id, 10_000_00, 0)]
    assert queries.counts(make.session, until=make.at + timedelta(days=2))[Tab.TODAY] == 1


def test_the_preview_is_the_mail_that_leaves_and_writes_nothing(make, case):
    opened = case(DeclineKind.NEVER_RETRY)
    shown = preview_reminder(make.session, opened.ref, at=make.at)
    assert "overdue" in shown.mail.subject
    make.session.commit()
    assert make.one(DunningDebt).step == 0
    assert "dunning.reminded" not in make.posted()
    remind_customer(opened.ref, actor=ME, at=make.at)
    assert make.posted().count("dunning.reminded") == 1
    assert kinds(make, opened)[-1] == "reminded"


def test_a_case_is_reminded_once_a_day(make, case):
    opened = case()
    remind_customer(opened.ref, actor=ME, at=make.at)
    with pytest.raises(NothingToRemind):
        remind_customer(opened.ref, actor=ME, at=make.at + timedelta(hours=1))
    make.session.expire_all()
    with pytest.raises(NothingToRemind):
        preview_reminder(make.session, opened.ref, at=make.at + timedelta(hours=1))
    assert make.one(DunningDebt).step == 0, "a mail by a person is no try"


def test_a_reminder_by_a_person_is_the_next_step_of_what_the_customer_sends(make):
    subscription = make.subscription(collection=Collection.PUSH)
    make.run(make.at + timedelta(days=31))
    assert make.invoice(subscription).status == "issued"
    make.at += timedelta(days=9)
    while lapse_invoices(limit=10, actor=RULE, at=make.at):
        pass
    opened = make.one(DunningCase)
    remind_customer(opened.ref, actor=ME, at=make.at)
    debt = make.one(DunningDebt)
    assert (debt.step, debt.stepped_on) == (1, make.at.date())
    assert reload(make, opened).next_action_at.date() == debt.began_on + timedelta(days=7)


def test_a_promise_rests_the_case_until_its_day_and_then_the_last_missed_step_is_taken(make, case):
    opened = case()
    until = make.at.date() + timedelta(days=5)
    pause_dunning(opened.ref, until=until, kind=PauseKind.PROMISE, reason="Salary on Friday", actor=ME, at=make.at)
    paused = reload(make, opened)
    assert (paused.status, paused.paused_until, paused.paused_kind) == (CaseStatus.PAUSED, until, PauseKind.PROMISE)
    assert advance_dunning(limit=10, actor=RULE, at=make.at + timedelta(days=4)) == 0
    assert advance_dunning(limit=10, actor=RULE, at=make.at + timedelta(days=5)) == 1
    again = reload(make, opened)
    assert (again.status, again.paused_until, again.paused_reason) == (CaseStatus.OPEN, None, "")
    assert make.one(DunningDebt).step == 3
    assert kinds(make, opened) == ["joined", "promised", "resumed", "tried"]


@pytest.mark.parametrize(("days", "reason"), [(0, "x"), (-1, "x"), (400, "x"), (3, " ")])
def test_a_pause_has_a_day_ahead_and_a_reason(make, case, days, reason):
    opened = case()
    until = make.at.date() + timedelta(days=days)
    with pytest.raises(Invalid):
        pause_dunning(opened.ref, until=until, kind=PauseKind.STAFF, reason=reason, actor=ME, at=make.at)


def test_a_person_lets_a_paused_case_go_on(make, case):
    opened = case()
    until = make.at.date() + timedelta(days=20)
    pause_dunning(opened.ref, until=until, kind=PauseKind.DISPUTE, reason="Disputed", actor=ME, at=make.at)
    resume_dunning(opened.ref, actor=ME, at=make.at)
    resume_dunning(opened.ref, actor=ME, at=make.at)
    assert reload(make, opened).status is CaseStatus.OPEN
    assert reload(make, opened).next_action_at.date() == make.at.date() + timedelta(days=1)


def test_a_retry_by_a_person_takes_the_chosen_card_and_no_step(make, case):
    opened = case()
    make.method(make.one(Customer, Customer.id == opened.customer_id))
    chosen = make.session.scalars(select(PaymentMethod).order_by(PaymentMethod.id.desc())).first()
    assert retry_debt(opened.ref, method_ref=chosen.ref, actor=ME, at=make.at) == 1
    attempt = make.session.scalars(select(Attempt).order_by(Attempt.id.desc())).first()
    assert (attempt.trigger, attempt.method_id, attempt.status) == ("staff", chosen.id, "waiting")
    assert make.one(DunningDebt).step == 0
    with pytest.raises(InDoubt):
        retry_debt(opened.ref, method_ref=chosen.ref, actor=ME, at=make.at)


def test_without_a_method_nothing_is_retried(make, case):
    opened = case(DeclineKind.NEVER_RETRY)
    with pytest.raises(NothingToRetry):
        retry_debt(opened.ref, actor=ME, at=make.at)


def test_a_person_suspends_only_what_the_case_is_about(make, case):
    opened = case()
    customer = make.session.get_one(Customer, opened.customer_id)
    other = make.subscription(customer=customer)
    assert suspend_for_debt(opened.ref, reason="Fraud", actor=ME, at=make.at) == 1
    late = make.one(Subscription, Subscription.id != other.id)
    assert late.status is SubscriptionStatus.SUSPENDED
    assert make.one(Subscription, Subscription.id == other.id).status is SubscriptionStatus.ACTIVE
    with pytest.raises(NothingToSuspend):
        suspend_for_debt(opened.ref, reason="Fraud", actor=ME, at=make.at)
    with pytest.raises(Invalid):
        suspend_for_debt(opened.ref, reason=" ", actor=ME, at=make.at)


def test_notes_calls_and_the_owner_stand_on_the_time_line(make, case, session):
    opened, owner = case(), make_user(session, "billing")
    note_on_case(opened.ref, "Rang, no answer.", is_call=True, actor=ME, at=make.at)
    note_on_case(opened.ref, "Ask again on Monday.", actor=ME, at=make.at)
    claim_case(opened.ref, owner.id, actor=ME, at=make.at)
    claim_case(opened.ref, owner.id, actor=ME, at=make.at)
    assert kinds(make, opened) == ["joined", "call", "note", "owned"]
    assert reload(make, opened).owner_id == owner.id
    with pytest.raises(Invalid):
        note_on_case(opened.ref, " ", actor=ME, at=make.at)
    with pytest.raises(Invalid):
        claim_case(opened.ref, make_user(session).id, actor=ME, at=make.at)


def test_workers_that_race_take_a_step_once(make, case, app):
    opened = case()
    at = make.at + timedelta(days=1)

    def advance(_):
        with app.app_context():
            return advance_dunning(limit=10, actor=RULE, at=at)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(advance, range(8))) >= 1
    assert advance_dunning(limit=10, actor=RULE, at=at) == 0
    assert make.one(DunningDebt).step == 1
    tries = select(Attempt).where(Attempt.trigger == "dunning")
    assert len(make.session.scalars(tries).all()) == 1
    assert kinds(make, opened) == ["joined", "tried"]


def test_a_case_that_cannot_act_parks_its_customer_and_the_others_go_on(make, case):
    first = case()
    make.session.execute(DunningDebt.__table__.update().values(began_on=date(9999, 12, 31)))
    make.session.execute(DunningCase.__table__.update().values(next_action_at=make.at))
    make.session.commit()
    assert advance_dunning(limit=10, actor=RULE, at=make.at) == 1
    customer = make.session.get_one(Customer, first.customer_id, populate_existing=True)
    assert customer.parked_reason.startswith("Dunning failed")
    assert advance_dunning(limit=10, actor=RULE, at=make.at) == 0
    told = make.session.scalars(select(OutboxEntry.topic)).all()
    assert "dunning.reminded" not in told
