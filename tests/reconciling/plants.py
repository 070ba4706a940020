"""One way for each kind of difference to come about: what somebody does to our books, or at the gateway."""

from collections.abc import Callable

from portal.core.ids import attempt_reference
from portal.payments.dispute_states import DisputeStatus as Dispute
from portal.payments.refund_states import RefundStatus as Refund
from portal.payments.states import AttemptStatus as Attempt
from tests.reconciling.books import Books

Plant = Callable[[Books], object]
PLANTS: dict[str, Plant] = {}
BESIDE: dict[str, set[str]] = {}
"""What such a trouble looks like besides, from another side."""


def plants(kind: str, *beside: str) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        PLANTS[kind] = plant
        BESIDE[kind] = set(beside)
        return plant

    return keep


@plants("foreign_charge")
def _(books: Books) -> None:
    books.pays("order-of-another-shop-7")


@plants("lost_charge")
def _(books: Books) -> None:
    books.pays(attempt_reference())


def _paid_in(status: Attempt) -> Plant:
    return lambda books: books.pays(books.attempt(status))


for _kind, _status in {
    "paid_while_waiting": Attempt.WAITING,
    "paid_while_sending": Attempt.SENDING,
    "paid_while_pending": Attempt.PENDING,
    "paid_while_open": Attempt.ACTION_REQUIRED,
    "paid_while_unknown": Attempt.UNKNOWN,
    "paid_though_declined": Attempt.DECLINED,
    "paid_though_canceled": Attempt.CANCELED,
    "paid_though_expired": Attempt.EXPIRED,
    "paid_though_superseded": Attempt.SUPERSEDED,
    "paid_not_booked": Attempt.SUCCEEDED,
}.items():
    plants(_kind)(_paid_in(_status))


@plants("booked_too_much")
def _(books: Books) -> None:
    books.theirs().amount -= 5_00


@plants("booked_too_little")
def _(books: Books) -> None:
    books.theirs().amount += 5_00


@plants("currency_differs")
def _(books: Books) -> None:
    books.theirs().currency = "GHS"


@plants("fee_differs")
def _(books: Books) -> None:
    books.theirs().fees += 1_00


@plants("day_differs")
def _(books: Books) -> None:
    books.theirs().paid_at = "2026-03-20T08:00:00.000Z"


@plants("number_differs")
def _(books: Books) -> None:
    books.rig.sql("UPDATE payments SET gateway_ref = '999' WHERE id = :id", id=books.payment.id)


@plants("payer_differs")
def _(books: Books) -> None:
    books.rig.twin.behave("wrong_customer", call="list")


@plants("mode_differs")
def _(books: Books) -> None:
    books.rig.twin.behave("wrong_mode", call="list")


def _reads(status: str) -> Plant:
    def plant(books: Books) -> None:
        books.theirs().status = status

    return plant


plants("booked_though_declined")(_reads("failed"))
plants("booked_though_pending")(_reads("processing"))
plants("booked_though_open")(_reads("abandoned"))
plants("booked_though_unclear")(_reads("unheard-of"))


@plants("returned_unseen")
def _(books: Books) -> None:
    books.theirs().status = "reversed"


@plants("booked_though_missing")
def _(books: Books) -> None:
    ledger, row = books.rig.twin.twin.ledger, books.theirs()
    del ledger.transactions[row.id], ledger.by_reference[row.integration, row.reference]


@plants("booked_without_charge")
def _(books: Books) -> None:
    books.rig.sql(
        "INSERT INTO payments (ref, customer_id, gateway_account_id, gateway_ref, status, amount_minor, currency,"
        " fee_minor, refunded_minor, received_on, created_at)"
        " VALUES ('pay_typed', :customer, :account, '424242', 'booked', 100000, 'NGN', 0, 0, :at, :at)",
        customer=books.customer.id,
        account=books.account.id,
        at=books.rig.at,
    )


@plants("open_though_declined")
def _(books: Books) -> None:
    page = books.page(books.attempt(Attempt.UNKNOWN))
    books.rig.twin.pay(page, answer="insufficient_funds", end="1")


@plants("open_though_missing")
def _(books: Books) -> None:
    books.attempt(Attempt.SENDING)


@plants("waiting_though_known")
def _(books: Books) -> None:
    books.page(books.attempt(Attempt.WAITING))


@plants("closed_though_pending")
def _(books: Books) -> None:
    reference = books.attempt(Attempt.DECLINED)
    books.page(reference)
    books.theirs(reference).status = "processing"


@plants("reversed_here_only")
def _(books: Books) -> None:
    books.rig.sql(
        "UPDATE payments SET status = 'reversed', reversed_minor = amount_minor WHERE id = :id", id=books.payment.id
    )


@plants("refund_outside")
def _(books: Books) -> None:
    books.gives_back("The customer called us")


@plants("refund_lost")
def _(books: Books) -> None:
    books.gives_back("rfd_abcdefghijklmnop")


@plants("refund_missing")
def _(books: Books) -> None:
    books.refund(Refund.PENDING)


@plants("refund_twice")
def _(books: Books) -> None:
    ref = books.refund(Refund.PENDING)
    books.gives_back(ref)
    books.gives_back(ref)


@plants("refund_amount_differs")
def _(books: Books) -> None:
    books.gives_back(books.refund(Refund.PENDING), 999_00)


@plants("refund_of_other_payment", "foreign_charge")
def _(books: Books) -> None:
    books.pays("order-of-another-shop-8")
    row = books.gives_back(books.refund(Refund.PENDING))
    row.transaction = books.theirs("order-of-another-shop-8").id
    books.theirs().status = "success"


@plants("refunded_beyond_payment")
def _(books: Books) -> None:
    row = books.gives_back(books.refund(Refund.PENDING, amount_minor=50_000_000))
    row.amount = 50_000_000


def _refund_pair(mine: Refund, theirs: str) -> Plant:
    return lambda books: books.gives_back(books.refund(mine), status=theirs)


for _kind, _mine, _theirs in (
    ("refund_done_unbooked", Refund.PENDING, "processed"),
    ("refund_done_though_failed", Refund.FAILED, "processed"),
    ("refund_failed_unbooked", Refund.PENDING, "failed"),
    ("refund_failed_though_done", Refund.SUCCEEDED, "failed"),
    ("refund_pending_though_done", Refund.SUCCEEDED, "processing"),
    ("refund_pending_though_failed", Refund.CANCELED, "pending"),
    ("refund_wants_details", Refund.UNKNOWN, "needs-attention"),
):
    plants(_kind)(_refund_pair(_mine, _theirs))


@plants("dispute_unknown")
def _(books: Books) -> None:
    books.objects()


@plants("dispute_foreign", "foreign_charge")
def _(books: Books) -> None:
    books.pays("order-of-another-shop-9")
    books.objects(reference="order-of-another-shop-9")


@plants("dispute_missing")
def _(books: Books) -> None:
    books.dispute(Dispute.NEEDS_RESPONSE, "4711")


@plants("dispute_of_other_payment", "foreign_charge")
def _(books: Books) -> None:
    books.pays("order-of-another-shop-6", books.payment.amount_minor)
    books.dispute(Dispute.NEEDS_RESPONSE, str(books.objects(reference="order-of-another-shop-6").id))


@plants("dispute_amount_differs")
def _(books: Books) -> None:
    books.dispute(Dispute.NEEDS_RESPONSE, str(books.objects(amount=5_00).id))


@plants("dispute_deadline_differs")
def _(books: Books) -> None:
    books.dispute(Dispute.NEEDS_RESPONSE, str(books.objects(hours=8).id))


@plants("dispute_answer_missing")
def _(books: Books) -> None:
    at = books.rig.at
    books.dispute(Dispute.UNDER_REVIEW, str(books.objects().id), answer="contest", answered_at=at)


@plants("dispute_answered_elsewhere")
def _(books: Books) -> None:
    row = books.objects()
    row.status = "awaiting-bank-feedback"
    books.dispute(Dispute.NEEDS_RESPONSE, str(row.id))


def _dispute_pair(mine: Dispute, status: str, resolution: str = "") -> Plant:
    def plant(books: Books) -> None:
        row = books.objects()
        row.status, row.resolution = status, resolution or None
        books.dispute(mine, str(row.id))

    return plant


for _kind, _mine, _status, _resolution in (
    ("dispute_won_unbooked", Dispute.UNDER_REVIEW, "resolved", "declined"),
    ("dispute_lost_unbooked", Dispute.UNDER_REVIEW, "resolved", "auto-accepted"),
    ("dispute_won_though_lost", Dispute.LOST, "resolved", "declined"),
    ("dispute_lost_though_won", Dispute.WON, "resolved", "merchant-accepted"),
    ("dispute_reopened", Dispute.WON, "awaiting-merchant-feedback", ""),
):
    plants(_kind)(_dispute_pair(_mine, _status, _resolution))
