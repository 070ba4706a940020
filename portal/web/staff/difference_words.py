"""How differences between our books and a gateway's are told: what differs, and what is to be done."""

from collections.abc import Mapping

from portal.reconciling.kinds import DifferenceKind as Kind
from portal.reconciling.kinds import Remedy
from portal.web.wording import gettext


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


KINDS: Mapping[Kind, str] = {
    Kind.FOREIGN_CHARGE: _("Money at the gateway under a name that is not ours"),
    Kind.LOST_CHARGE: _("Money at the gateway under a reference of ours that the books do not have"),
    Kind.PAID_WHILE_WAITING: _("Paid, while here it waits to be sent"),
    Kind.PAID_WHILE_SENDING: _("Paid, while here it is being sent"),
    Kind.PAID_WHILE_PENDING: _("Paid, while here it is pending"),
    Kind.PAID_WHILE_OPEN: _("Paid, while here it waits for its payer"),
    Kind.PAID_WHILE_UNKNOWN: _("Paid, while here nobody knows"),
    Kind.PAID_THOUGH_DECLINED: _("Paid, though here it was declined"),
    Kind.PAID_THOUGH_CANCELED: _("Paid, though here it was canceled"),
    Kind.PAID_THOUGH_EXPIRED: _("Paid, though here it expired"),
    Kind.PAID_THOUGH_SUPERSEDED: _("Paid, though another way was chosen here"),
    Kind.PAID_NOT_BOOKED: _("Paid on both sides, but no payment is booked"),
    Kind.PAID_TWICE: _("Paid twice under one reference"),
    Kind.BOOKED_TOO_MUCH: _("More is booked than was paid"),
    Kind.BOOKED_TOO_LITTLE: _("Less is booked than was paid"),
    Kind.CURRENCY_DIFFERS: _("Booked in another currency than paid"),
    Kind.FEE_DIFFERS: _("Another fee is booked than was taken"),
    Kind.DAY_DIFFERS: _("Booked on another day than paid"),
    Kind.NUMBER_DIFFERS: _("Booked under another number of the gateway"),
    Kind.SESSION_DIFFERS: _("Paid in another session than ours"),
    Kind.PAYER_DIFFERS: _("Paid by another payer than the card's owner"),
    Kind.MODE_DIFFERS: _("Paid in the other mode, test or live"),
    Kind.BOOKED_THOUGH_DECLINED: _("Booked, though the gateway says declined"),
    Kind.BOOKED_THOUGH_PENDING: _("Booked, though the gateway is not done"),
    Kind.BOOKED_THOUGH_OPEN: _("Booked, though the gateway waits for the payer"),
    Kind.BOOKED_THOUGH_UNCLEAR: _("Booked, and the gateway says nothing clear"),
    Kind.BOOKED_THOUGH_MISSING: _("Booked, and the gateway knows nothing of it"),
    Kind.BOOKED_WITHOUT_CHARGE: _("A payment through the gateway that it does not have"),
    Kind.OPEN_THOUGH_DECLINED: _("In doubt here, declined there"),
    Kind.OPEN_THOUGH_MISSING: _("In doubt here, unknown there"),
    Kind.WAITING_THOUGH_KNOWN: _("Waits to be sent here, begun there"),
    Kind.CLOSED_THOUGH_PENDING: _("Closed here, still under way there"),
    Kind.RETURNED_UNSEEN: _("Given back at the gateway, and not in the books"),
    Kind.REVERSED_HERE_ONLY: _("Taken back in the books, not at the gateway"),
    Kind.REFUND_OUTSIDE: _("Refunded at the gateway without us"),
    Kind.REFUND_LOST: _("A refund of ours that the books do not have"),
    Kind.REFUND_MISSING: _("A refund that the gateway does not have"),
    Kind.REFUND_TWICE: _("Refunded twice under one name"),
    Kind.REFUND_AMOUNT_DIFFERS: _("Another amount was refunded"),
    Kind.REFUND_OF_OTHER_PAYMENT: _("Another payment was refunded"),
    Kind.REFUND_DONE_UNBOOKED: _("Refunded there, still under way here"),
    Kind.REFUND_DONE_THOUGH_FAILED: _("Refunded there, given up here"),
    Kind.REFUND_FAILED_UNBOOKED: _("The refund failed there, still under way here"),
    Kind.REFUND_FAILED_THOUGH_DONE: _("The refund failed there, done here"),
    Kind.REFUND_PENDING_THOUGH_DONE: _("The refund is under way there, done here"),
    Kind.REFUND_PENDING_THOUGH_FAILED: _("The refund is under way there, given up here"),
    Kind.REFUND_WANTS_DETAILS: _("The refund waits for the payer's bank details"),
    Kind.REFUNDED_BEYOND_PAYMENT: _("More was given back than came in"),
    Kind.DISPUTE_UNKNOWN: _("A disputed payment that nobody here knows of"),
    Kind.DISPUTE_FOREIGN: _("A dispute about a payment that is not ours"),
    Kind.DISPUTE_MISSING: _("A dispute that the gateway does not have"),
    Kind.DISPUTE_AMOUNT_DIFFERS: _("Another amount is disputed"),
    Kind.DISPUTE_DEADLINE_DIFFERS: _("The dispute has another deadline"),
    Kind.DISPUTE_OF_OTHER_PAYMENT: _("Another payment is disputed"),
    Kind.DISPUTE_WON_UNBOOKED: _("Won there, open here"),
    Kind.DISPUTE_LOST_UNBOOKED: _("Lost there, open here"),
    Kind.DISPUTE_WON_THOUGH_LOST: _("Won there, lost here"),
    Kind.DISPUTE_LOST_THOUGH_WON: _("Lost there, won here"),
    Kind.DISPUTE_REOPENED: _("A decided dispute is open again"),
    Kind.DISPUTE_ANSWER_MISSING: _("Our answer to the dispute did not arrive"),
    Kind.DISPUTE_ANSWERED_ELSEWHERE: _("The dispute was answered without us"),
}
REMEDIES: Mapping[Remedy, str] = {
    Remedy.ASK_CHARGE: _("Ask the gateway now. What it says is booked."),
    Remedy.ASK_REFUNDS: _("Ask the gateway for the refunds of this payment. What it says is booked."),
    Remedy.ASK_DISPUTE: _("Ask the gateway about this dispute. What it says is booked."),
    Remedy.FIND_OWNER: _(
        "Find out whose it is: another system may use this account. Else record the payment, or refund it there."
    ),
    Remedy.REVERSE: _("Let the gateway confirm it, then reverse the payment with that as the reason."),
    Remedy.REFUND_SURPLUS: _("Refund what was paid too much at the gateway, after a word with the customer."),
    Remedy.CORRECT_BOOKS: _("Compare both sides. If the gateway is right, reverse the payment and record it anew."),
    Remedy.CALL_GATEWAY: _("Ask the gateway's support, with its number of the transaction."),
    Remedy.CHECK_KEYS: _("Check which keys and which mode this account uses."),
    Remedy.ANSWER_DISPUTE: _("Open the dispute and answer it before its deadline."),
    Remedy.GIVE_DETAILS: _("Open the refund and give the payer's bank details."),
    Remedy.RECORD_RETURN: _(
        "Look at the gateway why it went back, then record it here, so that the invoice is right again."
    ),
}
FACTS: Mapping[str, str] = {
    "reference": _("Reference"),
    "status": _("Status"),
    "outcome": _("Status"),
    "customer": _("Customer"),
    "invoice": _("Invoice"),
    "asked": _("Asked for"),
    "payment": _("Payment"),
    "amount": _("Amount"),
    "fee": _("Fee"),
    "number": _("Gateway's number"),
    "numbers": _("Gateway's numbers"),
    "transactions": _("Gateway's numbers"),
    "of": _("Of the payment"),
    "day": _("Booked on"),
    "paid": _("Paid"),
    "refunded": _("Refunded"),
    "returned": _("Given back"),
    "session": _("Session"),
    "payer": _("Payer"),
    "mode": _("Mode"),
    "refund": _("Refund"),
    "note": _("Note"),
    "made": _("Made"),
    "dispute": _("Dispute"),
    "reason": _("Reason"),
    "answer by": _("Answer by"),
    "answered": _("Answered"),
    "opened": _("Opened"),
}


_STATES = ("status", "outcome")


def kind_word(kind: Kind) -> str:
    return gettext(KINDS[kind])


def remedy_word(remedy: Remedy) -> str:
    return gettext(REMEDIES[remedy])


def evidence(told: Mapping[str, str]) -> list[tuple[str, str]]:
    """One side's facts in the order above, each with its name; customer and invoice stand beside them as links."""
    known = [name for name in FACTS if name in told and name not in ("customer", "invoice")]
    return [(gettext(FACTS[name]), told[name].replace("_", " ") if name in _STATES else told[name]) for name in known]
