"""Disputes beside a real twin: told by its news, answered over HTTP, won and lost, each booked once."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.actions.answer_dispute import answer_dispute, note_on_dispute
from portal.actions.resolve_disputes import hear_of_dispute, resolve_disputes
from portal.actions.resolve_refunds import ask_about_refunds
from portal.invoicing.models import Invoice
from portal.journal.models import JournalEntry
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import GatewayNews, Payment
from portal.payments.refund_models import Dispute, Refund
from tests.concurrency.rig import RULE


@pytest.fixture
def disputed(rig, news):
    """disputed(): the payer's bank objects to a payment that the gateway truly took."""
    (attempt,) = rig.waiting(1)
    rig.charge()
    news.wait()
    rig.hear()

    def begin(**more):
        told = news.web.post(f"{news.url}/_twin/disputes", json={"reference": attempt.reference, **more})
        assert told.status_code == 200, told.text
        news.wait()
        rig.hear()
        return rig.make.one(Dispute)

    return begin


def decide(rig, dispute, ends):
    told = rig.twin.web.post(f"{rig.twin.url}/_twin/disputes/{dispute.gateway_ref}/decide", json={"ends": ends})
    assert told.status_code == 200
    rig.twin.wait()
    rig.hear()
    return rig.make.one(Dispute)


def test_a_dispute_is_heard_of_contested_and_won(rig, disputed):
    dispute = disputed(ends="won")
    assert (dispute.status, dispute.amount_minor, dispute.category) == ("needs_response", 10_000_00, "chargeback")
    assert dispute.due_at > datetime.now(UTC)
    note_on_dispute(dispute.ref, "service", "312 sign-ins", actor=RULE, at=rig.at)
    answer_dispute(dispute.ref, accepts=False, text="They use it daily.", actor=RULE, at=rig.at)
    assert resolve_disputes(limit=5, actor=RULE, at=rig.at) == 1
    assert rig.make.one(Dispute).status is DisputeStatus.UNDER_REVIEW
    assert len(rig.twin.deeds("dispute_contested")) == 1
    assert decide(rig, dispute, "won").status is DisputeStatus.WON
    assert set(rig.all(GatewayNews.status)) == {"processed"}
    assert rig.count(Payment, Payment.reversed_minor > 0) == 0


def test_a_lost_dispute_is_taken_back_once_however_often_it_is_heard_of(rig, disputed):
    dispute = disputed()
    payment = rig.session.get_one(Payment, dispute.payment_id)
    decide(rig, dispute, "lost")

    def hear():
        return hear_of_dispute(rig.account.id, dispute.gateway_ref, actor=RULE, at=rig.at)

    def refunds():
        return ask_about_refunds(payment.ref, actor=RULE, at=rig.at)

    answers = rig.at_once(hear, hear, refunds, hear, refunds)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert rig.make.one(Dispute).status is DisputeStatus.LOST
    assert rig.all(Payment.reversed_minor, Payment.id == payment.id) == [10_000_00]
    assert rig.count(JournalEntry, JournalEntry.event == "payment.reversed") == 1
    assert rig.count(Refund) == 0
    assert rig.count(Invoice, Invoice.status == "issued") == 1


def test_giving_in_is_passed_on_once(rig, disputed):
    dispute = disputed()
    answer_dispute(dispute.ref, accepts=True, text="They are right.", actor=RULE, at=rig.at)
    rig.at_once(*[lambda: resolve_disputes(limit=5, actor=RULE, at=rig.at)] * 4)
    rig.go(rig.at + timedelta(minutes=5))
    resolve_disputes(limit=5, actor=RULE, at=rig.at)
    rig.twin.wait()
    rig.hear()
    assert rig.make.one(Dispute).status is DisputeStatus.LOST
    assert len(rig.twin.deeds("dispute_lost")) == 1
    assert rig.all(Payment.reversed_minor, Payment.id == dispute.payment_id) == [10_000_00]
