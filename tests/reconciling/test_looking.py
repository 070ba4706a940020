"""Looks that repeat, lists that move while they are read, clocks that are wrong, and gateways that fall silent."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.ask_difference import CannotAsk, ask_difference
from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.close_difference import close_difference
from portal.actions.reconcile_gateway import reconcile_gateway
from portal.core.actors import Actor
from portal.core.ids import attempt_reference
from portal.core.tasks import Task
from portal.payments.models import Attempt, Payment
from portal.payments.states import AttemptStatus
from portal.reconciling.findings import AlreadyClosed
from portal.reconciling.models import Difference
from tests.reconciling.books import LOOKER, Books, Rupiah
from tests.reconciling.plants import PLANTS

STAFF = Actor.operator("Halima")


def closed(books: Books) -> Difference:
    books.rig.session.rollback()
    return books.rig.session.scalars(select(Difference).where(Difference.closed_at.is_not(None))).one()


def test_a_difference_closes_by_itself_when_the_next_look_agrees(books: Books):
    books.theirs().amount -= 5_00
    assert books.look() == {"booked_too_much"}
    books.theirs().amount += 5_00
    assert books.look() == set()
    row = closed(books)
    assert (row.closed_by, row.note) == ("agreement", "")
    assert books.rig.make.one(Task, Task.subject == row.ref).closed_at is not None
    assert books.last_look().closed == 1


def test_an_open_difference_is_looked_at_however_old_it_is(books: Books):
    books.theirs().amount -= 5_00
    assert books.look() == {"booked_too_much"}
    assert books.look(timedelta(days=40)) == {"booked_too_much"}
    assert books.look(timedelta(days=40)) == {"booked_too_much"}
    books.theirs().amount += 5_00
    assert books.look(timedelta(days=1)) == set()


def test_what_is_younger_than_the_grace_may_still_be_on_its_way(books: Books):
    books.pays(books.attempt(AttemptStatus.SENDING))
    assert books.look(timedelta(minutes=20)) == set()
    assert books.look(timedelta(minutes=20)) == {"paid_while_sending"}


def test_asking_the_gateway_books_the_money_and_the_next_look_agrees(books: Books):
    reference = books.attempt(AttemptStatus.DECLINED)
    books.pays(reference)
    assert books.look() == {"paid_though_declined"}
    (row,) = books.open()
    assert ask_difference(row.ref, actor=STAFF, at=books.rig.at)
    paid = select(Payment.amount_minor).join(Attempt, Attempt.id == Payment.attempt_id)
    assert books.rig.session.scalar(paid.where(Attempt.reference == reference)) == 2500_00
    assert books.look() == set()
    with pytest.raises(AlreadyClosed):
        ask_difference(row.ref, actor=STAFF, at=books.rig.at)


def test_a_refund_made_without_us_is_found_within_a_day_and_booked_once(books: Books):
    books.gives_back("The customer called us", status="processed")
    assert books.look(timedelta(hours=23)) == {"refund_outside"}
    (row,) = books.open()
    for _ in range(2):
        ask_difference(row.ref, actor=STAFF, at=books.rig.at)
    assert books.payment.refunded_minor + books.payment.reversed_minor == 1000_00
    assert books.look() == set()


def test_what_asking_cannot_settle_is_left_to_people(books: Books):
    books.pays(attempt_reference())
    books.look()
    (row,) = books.open()
    with pytest.raises(CannotAsk):
        ask_difference(row.ref, actor=STAFF, at=books.rig.at)
    close_difference(row.ref, note="Refunded at the gateway", actor=STAFF, at=books.rig.at)
    assert books.look() == set()
    assert (closed(books).closed_by, closed(books).note) == ("Halima", "Refunded at the gateway")


def test_nothing_is_opened_or_closed_from_half_a_list(books: Books):
    books.theirs().amount -= 5_00
    assert books.look() == {"booked_too_much"}
    books.theirs().amount += 5_00
    number = books.rig.twin.behave("error_before", call="list")
    assert books.look() == {"booked_too_much"}
    assert (books.last_look().status, books.last_look().tries) == ("waiting", 1)
    books.rig.twin.web.delete(f"{books.rig.twin.url}/_twin/behaviour/{number}")
    books.rig.go(books.rig.at + timedelta(minutes=5))
    reconcile_gateway(actor=LOOKER, at=books.rig.at)
    assert books.open() == []
    assert books.last_look().status == "finished"


def test_a_gateway_that_stays_silent_is_given_up_until_the_next_day(books: Books):
    books.rig.twin.behave("unreadable", code="html", call="list")
    books.look()
    for _ in range(4):
        books.rig.go(books.rig.at + timedelta(hours=7))
        reconcile_gateway(actor=LOOKER, at=books.rig.at)
    look = books.last_look()
    assert (look.status, look.tries, look.next_action_at) == ("failed", 5, None)
    assert look.said


def test_a_reference_about_which_the_gateway_is_silent_is_not_judged(books: Books):
    PLANTS["booked_though_missing"](books)
    books.rig.twin.behave("error_before", call="verify")
    assert books.look() == set()


def test_a_look_that_died_is_done_by_the_next_worker(books: Books):
    PLANTS["refund_outside"](books)
    books.rig.go(books.rig.at + timedelta(hours=2))
    ask_reconciliation(books.account.ref, actor=LOOKER, at=books.rig.at)
    books.rig.sql("UPDATE reconciliations SET next_action_at = next_action_at + interval '15 minutes', tries = 1 "
                  "WHERE status = 'waiting'")  # fmt: skip
    assert reconcile_gateway(actor=LOOKER, at=books.rig.at) is None
    books.rig.go(books.rig.at + timedelta(minutes=15))
    assert reconcile_gateway(actor=LOOKER, at=books.rig.at) is not None
    assert [row.kind for row in books.open()] == ["refund_outside"]


def test_a_look_in_which_everybody_dies_is_given_up(books: Books):
    books.rig.go(books.rig.at + timedelta(hours=2))
    ask_reconciliation(books.account.ref, actor=LOOKER, at=books.rig.at)
    books.rig.sql("UPDATE reconciliations SET tries = 5 WHERE status = 'waiting'")
    assert reconcile_gateway(actor=LOOKER, at=books.rig.at) is None
    assert (books.last_look().status, books.last_look().said) == ("failed", "it was never finished")


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_ten_minutes_off_hides_nothing(books: Books, minutes: int):
    books.rig.twin.clock((books.rig.at + timedelta(minutes=minutes)).isoformat())
    reference = books.attempt(AttemptStatus.UNKNOWN)
    books.pays(reference)
    books.gives_back("The customer called us")
    assert books.look() == {"paid_while_unknown", "refund_outside"}


def test_a_list_of_many_pages_is_read_whole_while_it_grows(books: Books):
    """A hundred to a page: two hundred and thirty strangers' payments, and more coming while the pages are read."""
    ledger, mine = books.rig.twin.twin.ledger, books.theirs()
    for number in range(230):
        books.page(f"busy-{number}", 1000_00 + number)
    lost = [attempt_reference() for _ in range(3)]
    for reference in lost:
        books.pays(reference)
    stop = threading.Event()

    def grow() -> None:
        number = 0
        while not stop.is_set() and number < 400:
            books.rig.twin.twin.ledger  # noqa: B018
            with ledger.lock:
                row = type(mine)(
                    ledger.next_transaction_id(), mine.integration, mine.customer, f"new-{number}", 500_00, "NGN",
                    "abandoned", mine.created_at, "initialize",
                )  # fmt: skip
                ledger.save(row)
            number += 1
            stop.wait(0.005)

    grower = threading.Thread(target=grow)
    grower.start()
    try:
        kinds = books.look()
    finally:
        stop.set()
        grower.join()
    if books.last_look().status == "waiting":  # it grew all the time: nothing is said before it is whole
        books.rig.go(books.rig.at + timedelta(minutes=2))
        reconcile_gateway(actor=LOOKER, at=books.rig.at)
        kinds = {row.kind.value for row in books.open()}
    assert kinds == {"lost_charge"}
    assert sorted(row.subject for row in books.open()) == sorted(f"charge:{reference}" for reference in lost)


def test_days_in_jakarta_hide_nothing_at_midnight(rupiah: Rupiah):
    reference = rupiah.payable(pays="pay")
    assert rupiah.look() == {"paid_while_open"}
    (row,) = rupiah.open()
    assert ask_difference(row.ref, actor=STAFF, at=rupiah.rig.at)
    assert rupiah.look(timedelta(hours=17)) == set()
    assert rupiah.row(reference).status == 1


def test_both_history_shapes_and_old_ways_of_speaking_are_compared_alike(rupiah: Rupiah):
    rupiah.twin.switch(history_shape="site", empty_dates="dash", tells_numbers_as_text=True, omits_success=True)
    assert rupiah.look() == set()
    assert rupiah.last_look().charges == 1
