"""Every way in which our books and a gateway's lists may differ, and what is to be done about each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Family(StrEnum):
    """Which of the gateway's lists it is about."""

    CHARGES = "charges"
    REFUNDS = "refunds"
    DISPUTES = "disputes"


class Remedy(StrEnum):
    """What is suggested. The first three can be done here: the gateway is asked, and what it says is booked."""

    ASK_CHARGE = "ask_charge"
    ASK_REFUNDS = "ask_refunds"
    ASK_DISPUTE = "ask_dispute"
    FIND_OWNER = "find_owner"  # of money that came in under no name of ours
    REVERSE = "reverse"  # the payment, if the gateway confirms that it never was
    REFUND_SURPLUS = "refund_surplus"
    CORRECT_BOOKS = "correct_books"
    CALL_GATEWAY = "call_gateway"  # its own lists contradict themselves, or lack what it confirmed
    CHECK_KEYS = "check_keys"  # another account's or another mode's money shows here
    ANSWER_DISPUTE = "answer_dispute"
    GIVE_DETAILS = "give_details"
    RECORD_RETURN = "record_return"  # money went back without us


class DifferenceKind(StrEnum):
    """`foreign` is what bears no name of ours, `lost` what bears one that our books do not know (any more)."""

    FOREIGN_CHARGE = "foreign_charge"
    LOST_CHARGE = "lost_charge"
    PAID_WHILE_WAITING = "paid_while_waiting"
    PAID_WHILE_SENDING = "paid_while_sending"
    PAID_WHILE_PENDING = "paid_while_pending"
    PAID_WHILE_OPEN = "paid_while_open"
    PAID_WHILE_UNKNOWN = "paid_while_unknown"
    PAID_THOUGH_DECLINED = "paid_though_declined"
    PAID_THOUGH_CANCELED = "paid_though_canceled"
    PAID_THOUGH_EXPIRED = "paid_though_expired"
    PAID_THOUGH_SUPERSEDED = "paid_though_superseded"
    PAID_NOT_BOOKED = "paid_not_booked"
    PAID_TWICE = "paid_twice"
    BOOKED_TOO_MUCH = "booked_too_much"
    BOOKED_TOO_LITTLE = "booked_too_little"
    CURRENCY_DIFFERS = "currency_differs"
    FEE_DIFFERS = "fee_differs"
    DAY_DIFFERS = "day_differs"
    NUMBER_DIFFERS = "number_differs"
    SESSION_DIFFERS = "session_differs"
    PAYER_DIFFERS = "payer_differs"
    MODE_DIFFERS = "mode_differs"
    BOOKED_THOUGH_DECLINED = "booked_though_declined"
    BOOKED_THOUGH_PENDING = "booked_though_pending"
    BOOKED_THOUGH_OPEN = "booked_though_open"
    BOOKED_THOUGH_UNCLEAR = "booked_though_unclear"
    BOOKED_THOUGH_MISSING = "booked_though_missing"
    BOOKED_WITHOUT_CHARGE = "booked_without_charge"
    OPEN_THOUGH_DECLINED = "open_though_declined"
    OPEN_THOUGH_MISSING = "open_though_missing"
    WAITING_THOUGH_KNOWN = "waiting_though_known"
    CLOSED_THOUGH_PENDING = "closed_though_pending"
    RETURNED_UNSEEN = "returned_unseen"
    REVERSED_HERE_ONLY = "reversed_here_only"
    REFUND_OUTSIDE = "refund_outside"
    REFUND_LOST = "refund_lost"
    REFUND_MISSING = "refund_missing"
    REFUND_TWICE = "refund_twice"
    REFUND_AMOUNT_DIFFERS = "refund_amount_differs"
    REFUND_OF_OTHER_PAYMENT = "refund_of_other_payment"
    REFUND_DONE_UNBOOKED = "refund_done_unbooked"
    REFUND_DONE_THOUGH_FAILED = "refund_done_though_failed"
    REFUND_FAILED_UNBOOKED = "refund_failed_unbooked"
    REFUND_FAILED_THOUGH_DONE = "refund_failed_though_done"
    REFUND_PENDING_THOUGH_DONE = "refund_pending_though_done"
    REFUND_PENDING_THOUGH_FAILED = "refund_pending_though_failed"
    REFUND_WANTS_DETAILS = "refund_wants_details"
    REFUNDED_BEYOND_PAYMENT = "refunded_beyond_payment"
    DISPUTE_UNKNOWN = "dispute_unknown"
    DISPUTE_FOREIGN = "dispute_foreign"
    DISPUTE_MISSING = "dispute_missing"
    DISPUTE_AMOUNT_DIFFERS = "dispute_amount_differs"
    DISPUTE_DEADLINE_DIFFERS = "dispute_deadline_differs"
    DISPUTE_OF_OTHER_PAYMENT = "dispute_of_other_payment"
    DISPUTE_WON_UNBOOKED = "dispute_won_unbooked"
    DISPUTE_LOST_UNBOOKED = "dispute_lost_unbooked"
    DISPUTE_WON_THOUGH_LOST = "dispute_won_though_lost"
    DISPUTE_LOST_THOUGH_WON = "dispute_lost_though_won"
    DISPUTE_REOPENED = "dispute_reopened"
    DISPUTE_ANSWER_MISSING = "dispute_answer_missing"
    DISPUTE_ANSWERED_ELSEWHERE = "dispute_answered_elsewhere"


_K, _R = DifferenceKind, Remedy

REMEDIES: Mapping[DifferenceKind, Remedy] = {
    _K.FOREIGN_CHARGE: _R.FIND_OWNER,
    _K.LOST_CHARGE: _R.FIND_OWNER,
    _K.PAID_WHILE_WAITING: _R.ASK_CHARGE,
    _K.PAID_WHILE_SENDING: _R.ASK_CHARGE,
    _K.PAID_WHILE_PENDING: _R.ASK_CHARGE,
    _K.PAID_WHILE_OPEN: _R.ASK_CHARGE,
    _K.PAID_WHILE_UNKNOWN: _R.ASK_CHARGE,
    _K.PAID_THOUGH_DECLINED: _R.ASK_CHARGE,
    _K.PAID_THOUGH_CANCELED: _R.ASK_CHARGE,
    _K.PAID_THOUGH_EXPIRED: _R.ASK_CHARGE,
    _K.PAID_THOUGH_SUPERSEDED: _R.ASK_CHARGE,
    _K.PAID_NOT_BOOKED: _R.CORRECT_BOOKS,
    _K.PAID_TWICE: _R.REFUND_SURPLUS,
    _K.BOOKED_TOO_MUCH: _R.CORRECT_BOOKS,
    _K.BOOKED_TOO_LITTLE: _R.CORRECT_BOOKS,
    _K.CURRENCY_DIFFERS: _R.CORRECT_BOOKS,
    _K.FEE_DIFFERS: _R.CORRECT_BOOKS,
    _K.DAY_DIFFERS: _R.CORRECT_BOOKS,
    _K.NUMBER_DIFFERS: _R.CORRECT_BOOKS,
    _K.SESSION_DIFFERS: _R.CALL_GATEWAY,
    _K.PAYER_DIFFERS: _R.CALL_GATEWAY,
    _K.MODE_DIFFERS: _R.CHECK_KEYS,
    _K.BOOKED_THOUGH_DECLINED: _R.REVERSE,
    _K.BOOKED_THOUGH_PENDING: _R.CALL_GATEWAY,
    _K.BOOKED_THOUGH_OPEN: _R.REVERSE,
    _K.BOOKED_THOUGH_UNCLEAR: _R.CALL_GATEWAY,
    _K.BOOKED_THOUGH_MISSING: _R.REVERSE,
    _K.BOOKED_WITHOUT_CHARGE: _R.CORRECT_BOOKS,
    _K.OPEN_THOUGH_DECLINED: _R.ASK_CHARGE,
    _K.OPEN_THOUGH_MISSING: _R.ASK_CHARGE,
    _K.WAITING_THOUGH_KNOWN: _R.ASK_CHARGE,
    _K.CLOSED_THOUGH_PENDING: _R.ASK_CHARGE,
    _K.RETURNED_UNSEEN: _R.RECORD_RETURN,
    _K.REVERSED_HERE_ONLY: _R.CORRECT_BOOKS,
    _K.REFUND_OUTSIDE: _R.ASK_REFUNDS,
    _K.REFUND_LOST: _R.ASK_REFUNDS,
    _K.REFUND_MISSING: _R.CALL_GATEWAY,
    _K.REFUND_TWICE: _R.RECORD_RETURN,
    _K.REFUND_AMOUNT_DIFFERS: _R.CORRECT_BOOKS,
    _K.REFUND_OF_OTHER_PAYMENT: _R.CORRECT_BOOKS,
    _K.REFUND_DONE_UNBOOKED: _R.ASK_REFUNDS,
    _K.REFUND_DONE_THOUGH_FAILED: _R.RECORD_RETURN,
    _K.REFUND_FAILED_UNBOOKED: _R.ASK_REFUNDS,
    _K.REFUND_FAILED_THOUGH_DONE: _R.CORRECT_BOOKS,
    _K.REFUND_PENDING_THOUGH_DONE: _R.CALL_GATEWAY,
    _K.REFUND_PENDING_THOUGH_FAILED: _R.CALL_GATEWAY,
    _K.REFUND_WANTS_DETAILS: _R.GIVE_DETAILS,
    _K.REFUNDED_BEYOND_PAYMENT: _R.CALL_GATEWAY,
    _K.DISPUTE_UNKNOWN: _R.ASK_DISPUTE,
    _K.DISPUTE_FOREIGN: _R.FIND_OWNER,
    _K.DISPUTE_MISSING: _R.CALL_GATEWAY,
    _K.DISPUTE_AMOUNT_DIFFERS: _R.ASK_DISPUTE,
    _K.DISPUTE_DEADLINE_DIFFERS: _R.ASK_DISPUTE,
    _K.DISPUTE_OF_OTHER_PAYMENT: _R.CORRECT_BOOKS,
    _K.DISPUTE_WON_UNBOOKED: _R.ASK_DISPUTE,
    _K.DISPUTE_LOST_UNBOOKED: _R.ASK_DISPUTE,
    _K.DISPUTE_WON_THOUGH_LOST: _R.CORRECT_BOOKS,
    _K.DISPUTE_LOST_THOUGH_WON: _R.CORRECT_BOOKS,
    _K.DISPUTE_REOPENED: _R.ANSWER_DISPUTE,
    _K.DISPUTE_ANSWER_MISSING: _R.ANSWER_DISPUTE,
    _K.DISPUTE_ANSWERED_ELSEWHERE: _R.ASK_DISPUTE,
}


def family_of(kind: DifferenceKind) -> Family:
    if kind.startswith("dispute_"):
        return Family.DISPUTES
    return Family.REFUNDS if kind.startswith(("refund_", "refunded_")) else Family.CHARGES
