"""What gateways say and can do, as words of ours, and the three ways in which one will not take a request."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from portal.core.errors import Refused


class Outcome(StrEnum):
    """What became of a try. UNKNOWN may have happened: ask about the same reference before anything else."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class DeclineKind(StrEnum):
    """What a refusal by a bank means for the next try."""

    RETRY_LATER = "retry_later"
    NEW_METHOD_NEEDED = "new_method_needed"
    NEVER_RETRY = "never_retry"
    SUSPECTED_FRAUD = "suspected_fraud"


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return sentence


DECLINE_SENTENCES: Mapping[DeclineKind, str] = {
    DeclineKind.RETRY_LATER: _(
        "Your bank did not approve the payment this time. We will try again, or you can pay now."
    ),
    DeclineKind.NEW_METHOD_NEEDED: _("Your bank did not accept this card. Please pay with another card."),
    DeclineKind.NEVER_RETRY: _("Your bank does not allow payments with this card any more. Please use another card."),
    DeclineKind.SUSPECTED_FRAUD: _("Your bank stopped this payment. Please call your bank or use another card."),
}


class Answer(StrEnum):
    """Whether a question was answered. SILENT says nothing about what was asked."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    SILENT = "silent"


class Ability(StrEnum):
    """What a gateway can do. DIRECT: payables without its page, by `Channel`. NO_DUPLICATES: it takes a reference once,
    so that an order nobody heard of may be sent again under the same one."""

    CHARGE = "charge"
    CHECKOUT = "checkout"
    REFUND = "refund"
    NEWS = "news"
    LOOK_UP = "look_up"
    LIST = "list"
    CUSTOMER = "customer"
    FORGET_METHOD = "forget_method"
    PROBE = "probe"
    DIRECT = "direct"
    NO_DUPLICATES = "no_duplicates"
    DISPUTES = "disputes"


class Channel(StrEnum):
    """How a payer sends the money. PAGE: the gateway's own page, where the payer chooses."""

    PAGE = "page"
    VIRTUAL_ACCOUNT = "virtual_account"
    QRIS = "qris"
    EWALLET = "ewallet"
    CONVENIENCE_STORE = "convenience_store"
    CARD = "card"


class NewsKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    OTHER = "other"
    UNREADABLE = "unreadable"


class GatewayRefusal(Refused):
    """Our own mistake, found before or told by the gateway. Nothing was charged; a person has to look."""

    code = "gateway_refusal"


class WrongKey(GatewayRefusal):
    """The key, or the address it is used from, is not accepted. Every further call would fail the same way."""

    code = "gateway_key"

    def __init__(self, sentence: str, about: str = "", **values: object) -> None:
        """`about`: which of the account's secrets it is, where that can be told."""
        super().__init__(sentence, **values)
        self.about = about


class WrongRequest(GatewayRefusal):
    """The gateway understood us and will not take this request as it is."""

    code = "gateway_request"


class WrongAmount(GatewayRefusal):
    """The amount or its currency is none that this gateway takes; it was not asked."""

    code = "gateway_amount"


class DisputeState(StrEnum):
    """What a payer's bank wants of us: an answer, patience, or nothing any more."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    UNKNOWN = "unknown"
