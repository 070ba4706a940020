"""Many workers at the same charges: one call and one booking for each."""

from collections import Counter
from datetime import timedelta

from portal.actions.resolve_attempts import ask_about, resolve_attempts
from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus
from tests.concurrency.rig import RULE

WORKERS = 8


def test_eight_workers_at_one_attempt_make_one_call_and_one_payment(rig):
    (attempt,) = rig.waiting(1)
    before = rig.count(Payment)
    sent = rig.at_once(*[rig.charge] * WORKERS)
    assert sorted(sent) == [0] * (WORKERS - 1) + [1]
    assert rig.charged() == [attempt.reference]
    assert rig.count(Payment) == before + 1


def test_eight_workers_share_a_book_and_charge_each_once(rig):
    waiting = rig.waiting(12)
    for _ in range(3):
        rig.at_once(*[rig.charge] * WORKERS)
    assert Counter(rig.charged()) == Counter(one.reference for one in waiting)
    assert set(rig.all(Attempt.status, Attempt.id.in_([one.id for one in waiting]))) == {AttemptStatus.SUCCEEDED}
    assert {invoice.status for invoice in rig.renewals()} == {"paid"}


def test_a_worker_two_resolvers_and_news_book_one_answer_once(rig):
    (attempt,) = rig.waiting(1)
    rig.twin.behave("timeout_after", seconds=0.05, times=1)
    rig.charge()
    assert rig.all(Attempt.status, Attempt.id == attempt.id) == [AttemptStatus.UNKNOWN]
    rig.go(rig.session.get_one(Attempt, attempt.id).next_action_at)
    ask = lambda: ask_about(attempt.reference, actor=RULE, at=rig.at)  # noqa: E731
    resolve = lambda: resolve_attempts(limit=10, actor=RULE, at=rig.at)  # noqa: E731
    rig.at_once(resolve, resolve, rig.charge, ask, ask, ask)
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1
    assert rig.charged() == [attempt.reference]


def test_who_asks_too_early_and_who_still_waits_for_the_answer_book_it_once(rig):
    """The lease has lapsed by a resolver's clock while the worker still waits."""
    (attempt,) = rig.waiting(1)
    rig.twin.behave("slow", seconds=0.5, times=1)
    later = rig.at + timedelta(minutes=3)
    resolve = lambda: [resolve_attempts(limit=10, actor=RULE, at=later) for _ in range(20)]  # noqa: E731
    rig.at_once(rig.charge, resolve, resolve)
    assert rig.count(Payment, Payment.attempt_id == attempt.id) == 1
    assert rig.charged() == [attempt.reference]
