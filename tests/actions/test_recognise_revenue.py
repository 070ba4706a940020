"""Revenue follows the days of service: by month, once, and no more than was kept."""

from datetime import timedelta

from sqlalchemy import select, text

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.recognise_revenue import recognise_revenue
from portal.actions.void_invoice import void_invoice
from portal.book.proofs import failures, prove
from portal.core.actors import Actor
from portal.journal.models import JournalEntry
from portal.subscriptions.states import SubscriptionStatus
from portal.subscriptions.wishes import CancelChoices
from tests.factories import STAFF, YEAR

RULE = Actor.system("recognition")


def recognised(make):
    make.session.expire_all()
    rows = select(JournalEntry).where(JournalEntry.event == "revenue.recognised").order_by(JournalEntry.posted_on)
    return [
        (f"{row.posted_on}", row.amount_minor if row.credit == "revenue" else -row.amount_minor)
        for row in make.session.scalars(rows)
    ]


def recognise(make, days):
    make.at += timedelta(days=days)
    return recognise_revenue(limit=100, actor=RULE, at=make.at)


def test_a_month_that_spans_two_is_posted_at_the_end_of_each(make):
    make.subscription(make.price(31_000_00))
    assert recognise(make, 0) == 0
    assert recognise(make, 21) == 0, "31 March is not over"
    assert recognise(make, 1) == 1
    assert recognised(make) == [("2026-03-31", 22_000_00)]
    assert recognise(make, 0) == 0
    recognise(make, 10)
    assert recognised(make) == [("2026-03-31", 22_000_00), ("2026-04-09", 9_000_00)]
    assert recognise(make, 400) == 0


def test_after_downtime_each_month_is_posted_on_its_own_day(make):
    make.subscription(make.price(365_00, interval=YEAR))
    recognise(make, 100)
    assert [on for on, _ in recognised(make)] == ["2026-03-31", "2026-04-30", "2026-05-31"]
    recognise(make, 300)
    assert sum(minor for _, minor in recognised(make)) == 365_00
    assert recognised(make)[-1][0] == "2027-03-09"


def test_what_is_billed_late_is_posted_no_earlier_than_its_bill_and_only_once(make):
    make.subscription(make.price(30_000_00))
    make.run(make.at + timedelta(days=75))
    recognise(make, 0)
    recognise(make, 1)
    recognise(make, 60)
    assert sum(minor for _, minor in recognised(make)) == 90_000_00
    assert failures(prove(make.session, at=make.at)).keys() <= {"nothing_is_late", "news_of_ours_is_told_in_time"}


def test_the_voided_is_not_earned(make):
    subscription = make.subscription(status=SubscriptionStatus.PAST_DUE)
    void_invoice(make.invoice(subscription).ref, reason="x", actor=STAFF, at=make.at)
    assert recognise(make, 60) == 1
    assert recognised(make) == []
    assert recognise(make, 60) == 0


def test_of_what_was_credited_only_the_rest_is_earned(make):
    subscription = make.subscription(make.price(31_000_00))
    make.at += timedelta(days=10)
    cancel_subscription(subscription.ref, now=CancelChoices(credit_unused=True), actor=STAFF, at=make.at)
    recognise(make, 60)
    assert recognised(make) == [("2026-03-31", 10_000_00)]
    deferred = make.session.scalar(
        text(
            "SELECT sum(CASE WHEN credit = 'deferred_revenue' THEN amount_minor ELSE -amount_minor END)"
            " FROM journal_entries WHERE 'deferred_revenue' IN (debit, credit)"
        )
    )
    assert deferred == 0
