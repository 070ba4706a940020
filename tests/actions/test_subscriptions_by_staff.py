"""What staff do with subscriptions: create, begin, edit, suspend, restore, extend, give up."""

from datetime import date, timedelta

import pytest

from portal.actions._lapsing import lapse
from portal.actions.begin_subscription import begin_subscription
from portal.actions.create_subscription import create_subscription
from portal.actions.edit_subscription import Collecting, edit_subscription
from portal.actions.expire_subscription import expire_subscription
from portal.actions.extend_access import extend_access
from portal.actions.restore_subscription import StillOwes, restore_subscription
from portal.actions.suspend_subscription import suspend_subscription
from portal.core.audit import AuditEntry
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.core.states import MoveRefused
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.payments import attempts
from portal.subscriptions import queries
from portal.subscriptions.lifecycle import Outdated
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF


def created(make, beginning, **asked):
    items = [(make.price().ref, 2)]
    terms = StartTerms(**asked)
    customer = make.customer()
    ref = create_subscription(customer.id, items, beginning=beginning, asked=terms, actor=STAFF, at=make.at)
    return make.one(Subscription, Subscription.ref == ref)


def again(make, subscription):
    return make.one(Subscription, Subscription.id == subscription.id)


def test_a_draft_bills_nothing_until_it_begins(make):
    draft = created(make, Beginning.DRAFT)

    begin_subscription(draft.ref, beginning=Beginning.PENDING, actor=STAFF, at=make.at)

    assert draft.status is SubscriptionStatus.DRAFT
    assert again(make, draft).status is SubscriptionStatus.PENDING
    assert make.invoice(draft).kind == "first"


def test_a_draft_may_begin_with_a_trial_or_at_once(make):
    first, second = created(make, Beginning.DRAFT), created(make, Beginning.DRAFT)

    begin_subscription(first.ref, beginning=Beginning.TRIALING, trial_days=7, actor=STAFF, at=make.at)
    begin_subscription(second.ref, beginning=Beginning.ACTIVE, actor=STAFF, at=make.at)

    assert again(make, first).trial_ends_on == date(2026, 3, 17)
    assert make.invoice(second).kind == "period"


def test_active_at_once_by_transfer_has_an_invoice_with_a_due_day(make):
    active = created(make, Beginning.ACTIVE, collection=Collection.PUSH, due_days=30)

    assert (active.status, make.invoice(active).due_on) == (SubscriptionStatus.ACTIVE, date(2026, 4, 9))


def test_a_start_ahead_begins_with_the_run_of_its_day(make):
    waiting = created(make, Beginning.PENDING, start_on=date(2026, 4, 1))

    make.run(make.at.replace(month=4, day=1))

    assert again(make, waiting).anchor_on == date(2026, 4, 1)
    assert make.invoice(waiting).kind == "first"


def test_a_trial_ahead_begins_with_the_run_of_its_day(make):
    waiting = created(make, Beginning.TRIALING, start_on=date(2026, 4, 1), trial_days=10)

    make.run(make.at.replace(month=4, day=1))

    trialing = again(make, waiting)
    assert (trialing.status, trialing.trial_ends_on) == (SubscriptionStatus.TRIALING, date(2026, 4, 11))


def test_a_start_in_the_past_a_trial_without_days_and_odd_due_days_are_refused(make):
    with pytest.raises(Invalid):
        created(make, Beginning.PENDING, start_on=date(2026, 3, 1))
    with pytest.raises(Invalid):
        created(make, Beginning.TRIALING)
    with pytest.raises(Invalid):
        created(make, Beginning.ACTIVE, due_days=1_000)


def test_an_edit_keeps_before_and_after_in_the_history(make):
    subscription = make.subscription()
    wanted = Collecting(Collection.PUSH, due_days=14)

    edit_subscription(subscription.ref, wanted, version=subscription.version, actor=STAFF, at=make.at)

    page = queries.history(make.session, subscription.id)[0]
    assert (page.event, page.facts["before"]["collection"], page.facts["after"]["due_days"]) == ("edited", "pull", 14)


def test_a_stale_edit_is_refused_with_both_versions(make):
    subscription = make.subscription()
    shown = subscription.version
    edit_subscription(subscription.ref, Collecting(Collection.PUSH, 14), version=shown, actor=STAFF, at=make.at)

    with pytest.raises(Outdated) as refusal:
        edit_subscription(subscription.ref, Collecting(Collection.PULL, 0), version=shown, actor=STAFF, at=make.at)

    assert (refusal.value.shown, refusal.value.now) == (shown, shown + 1)


def test_only_the_customers_own_method_can_be_chosen(make):
    subscription, foreign = make.subscription(), make.method(make.customer())
    wanted = Collecting(Collection.PULL, 0, foreign.ref)

    with pytest.raises(NotFound):
        edit_subscription(subscription.ref, wanted, version=subscription.version, actor=STAFF, at=make.at)


def test_what_is_suspended_is_restored_by_its_payment_and_billed_for_the_rest_of_a_later_period(make):
    subscription = make.subscription(make.price(3_000_00), status=SubscriptionStatus.SUSPENDED)
    late = make.invoice(subscription)
    make.at = make.at.replace(month=6, day=20)

    make.pay(late)

    restored = again(make, subscription)
    assert (restored.status, restored.anchor_on) == (SubscriptionStatus.ACTIVE, date(2026, 3, 10))
    assert make.invoice(subscription).total_minor == 2_000_00


def test_staff_cannot_restore_what_still_owes(make):
    subscription = make.subscription(status=SubscriptionStatus.SUSPENDED)

    with pytest.raises(StillOwes):
        restore_subscription(subscription.ref, reason="please", actor=STAFF, at=make.at)
    extend_access(subscription.ref, until_on=date(2026, 3, 20), reason="please", actor=STAFF, at=make.at)

    assert again(make, subscription).access_override_until == date(2026, 3, 20)


def test_only_what_is_past_due_is_suspended(make):
    with pytest.raises(MoveRefused):
        suspend_subscription(make.subscription().ref, reason="", actor=STAFF, at=make.at)


def test_a_first_payment_that_is_given_up_voids_its_invoice(make):
    subscription = make.subscription(status=SubscriptionStatus.PENDING)

    expire_subscription(subscription.ref, actor=STAFF, at=make.at)
    expire_subscription(subscription.ref, actor=STAFF, at=make.at)

    assert again(make, subscription).status is SubscriptionStatus.EXPIRED
    assert make.invoice(subscription).status is InvoiceStatus.VOID


def lapsed(make, subscription):
    with transaction() as session:
        subscription = queries.lock(session, subscription.id).subscription
        invoice = session.get(Invoice, make.invoice(subscription).id)
        return lapse(session, invoice, actor=STAFF, at=make.at)


def test_an_unpaid_first_invoice_lapses_with_its_subscription(make):
    subscription = make.subscription(status=SubscriptionStatus.PENDING)
    make.at += timedelta(days=1)

    assert lapsed(make, subscription)

    assert again(make, subscription).status is SubscriptionStatus.EXPIRED
    assert make.posted()[-2:] == ["invoice.voided", "subscription.expired"]


def test_a_charge_in_doubt_puts_the_lapse_off(make, session):
    subscription = make.subscription(status=SubscriptionStatus.PENDING)
    attempts.lease(session, make.account().id, at=make.at)
    session.commit()

    assert not lapsed(make, subscription)

    assert again(make, subscription).status is SubscriptionStatus.PENDING
    assert make.invoice(subscription).next_action_at == make.at + timedelta(hours=1)


def test_every_deed_is_in_the_audit(make, session):
    subscription = make.subscription(status=SubscriptionStatus.SUSPENDED)

    deeds = [entry.deed for entry in session.query(AuditEntry).filter_by(subject=subscription.ref).order_by("id")]

    assert deeds == [
        "subscription.created",
        "subscription.activated",
        "subscription.fell_past_due",
        "subscription.suspended",
    ]
