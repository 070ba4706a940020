"""Every kind of difference, planted in our books or at the gateway, is found, named and given to a person."""

import pytest
from sqlalchemy import select

from portal.core.ids import attempt_reference
from portal.core.tasks import Task
from portal.payments.states import AttemptStatus
from portal.reconciling.kinds import REMEDIES, DifferenceKind
from tests.reconciling.books import Books, Rupiah
from tests.reconciling.plants import BESIDE, PLANTS

NAMELESS = {"foreign_charge", "lost_charge", "dispute_foreign"}
ONLY_ON_PAGES = {"paid_twice", "session_differs"}
"""iPaymu alone lets a reference be paid twice, and knows sessions: planted there."""


def test_at_first_both_sides_agree(books: Books):
    assert books.look() == set()
    look = books.last_look()
    assert (look.status, look.charges, look.opened) == ("finished", 1, 0)


def test_every_kind_is_planted_and_has_a_remedy():
    assert PLANTS.keys() | ONLY_ON_PAGES == {kind.value for kind in DifferenceKind}
    assert len(PLANTS) >= 40
    assert set(REMEDIES) == set(DifferenceKind)


@pytest.mark.parametrize("kind", PLANTS)
def test_what_was_planted_is_found_and_named(books: Books, kind: str):
    PLANTS[kind](books)
    assert books.look() == {kind} | BESIDE[kind]
    (row,) = [one for one in books.open() if one.kind == kind]
    assert row.ours or row.theirs
    assert row.amount is not None
    if kind not in NAMELESS:
        assert row.customer_id == books.customer.id
    task = books.rig.make.one(Task, Task.subject == row.ref)
    assert (task.kind, task.closed_at, task.customer_id) == ("difference", None, row.customer_id)


def test_what_was_planted_is_found_once_however_often_it_is_looked_at(books: Books):
    PLANTS["refund_outside"](books)
    first = books.look()
    seen = [row.ref for row in books.open()]
    assert books.look() == first
    assert [row.ref for row in books.open()] == seen
    assert len(list(books.rig.session.scalars(select(Task).where(Task.kind == "difference")))) == 1


# Beside iPaymu: it lists no refunds and no disputes, counts days in Jakarta, and lets a reference be paid twice.

RUPIAH = {}


def planted(kind: str):
    def keep(plant):
        RUPIAH[kind] = plant
        return plant

    return keep


@planted("paid_while_open")
def _(rupiah: Rupiah):
    rupiah.payable(pays="pay_unsettled")


@planted("paid_while_waiting")
def _(rupiah: Rupiah):
    reference = rupiah.payable(pays="pay")
    rupiah.rig.sql("UPDATE attempts SET status = 'waiting' WHERE reference = :reference", reference=reference)


@planted("paid_though_expired")
def _(rupiah: Rupiah):
    reference = rupiah.payable(pays="pay_escrow")
    rupiah.rig.sql(
        "UPDATE attempts SET status = 'expired', closed_at = :at, next_action_at = NULL WHERE reference = :reference",
        reference=reference,
        at=rupiah.rig.at,
    )


@planted("foreign_charge")
def _(rupiah: Rupiah):
    rupiah.twin.pay(rupiah.twin.direct("WARUNG-12")["TransactionId"])


@planted("lost_charge")
def _(rupiah: Rupiah):
    rupiah.twin.pay(rupiah.twin.direct(attempt_reference())["TransactionId"])


@planted("paid_twice")
def _(rupiah: Rupiah):
    rupiah.twin.pay(rupiah.twin.direct(rupiah.reference)["TransactionId"])


@planted("session_differs")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).sid = "6c0f2a34-8a1e-4c55-9d7a-0b9f4f6d1e22"


@planted("booked_too_much")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).sub_total -= 1000


@planted("booked_too_little")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).sub_total += 1000


@planted("fee_differs")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).fee += 500


@planted("booked_though_declined")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).status = 5


@planted("booked_though_open")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).status = 0


@planted("booked_though_unclear")
def _(rupiah: Rupiah):
    rupiah.twin.behave("wrong_status", code="99", call="history")


@planted("booked_though_missing")
def _(rupiah: Rupiah):
    del rupiah.twin.twin.ledger.transactions[rupiah.row(rupiah.reference).id]


@planted("open_though_missing")
def _(rupiah: Rupiah):
    rupiah.attempt(AttemptStatus.SENDING, currency="IDR", amount_minor=90_000)


@planted("returned_unseen")
def _(rupiah: Rupiah):
    rupiah.row(rupiah.reference).status = 3


def test_at_first_both_sides_agree_in_rupiah_too(rupiah: Rupiah):
    assert rupiah.look() == set()
    assert rupiah.last_look().charges == 1


@pytest.mark.parametrize("kind", RUPIAH)
def test_what_was_planted_beside_ipaymu_is_found_and_named(rupiah: Rupiah, kind: str):
    RUPIAH[kind](rupiah)
    assert rupiah.look() == {kind}
    (row,) = rupiah.open()
    assert row.amount.currency == "IDR"
    assert row.remedy is REMEDIES[row.kind]
