"""An upgrade that is given back whole: the note of its invoice stays within it, the rest is of the one before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.quote_change import quote_change
from portal.actions.recognise_revenue import recognise_revenue
from portal.balance import ledger
from portal.book.proofs import failures, prove
from portal.invoicing.models import CreditNote
from portal.subscriptions.wishes import CancelChoices
from tests.factories import STAFF

LATE = {"nothing_is_late", "news_of_ours_is_told_in_time", "revenue_is_posted_in_time"}


@pytest.mark.parametrize(("ppm", "days"), [(0, 0), (0, 7), (75_000, 0), (75_000, 11)])
def test_a_paid_upgrade_that_is_canceled_comes_back_whole_over_both_invoices(make, ppm, days):
    cheap, dear = make.price(3_100_00, plan=make.plan(tier=1)), make.price(6_200_33, plan=make.plan(tier=2))
    make.tax(ppm)
    subscription = make.subscription(cheap)
    make.at += timedelta(days=10)
    change_plan(quote_change(subscription.ref, [(dear.ref, 1)], actor=STAFF, at=make.at), actor=STAFF, at=make.at)
    make.pay(make.invoice(subscription))
    make.at += timedelta(days=days)
    cancel_subscription(subscription.ref, now=CancelChoices(credit_unused=True), actor=STAFF, at=make.at)

    first, upgrade = make.invoices(subscription)
    notes = make.session.scalars(select(CreditNote).order_by(CreditNote.invoice_id)).all()
    assert {note.invoice_id for note in notes} <= {first.id, upgrade.id}
    assert first.noted_minor <= first.total_minor
    assert upgrade.noted_minor <= upgrade.total_minor
    held = ledger.of_customer(make.session, subscription.customer_id, "NGN").minor
    assert held == sum(note.total_minor for note in notes)
    left = (21 - days) / 31 * 6_200_33 * (1 + ppm / 1_000_000)
    assert abs(held - left) <= 2
    make.at += timedelta(days=60)
    recognise_revenue(limit=100, actor=STAFF, at=make.at)
    assert failures(prove(make.session, at=make.at)).keys() <= LATE
