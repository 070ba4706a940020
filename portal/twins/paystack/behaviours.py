"""What the Paystack twin can be told to do wrong, beyond what every twin can."""

from __future__ import annotations

from collections.abc import Mapping

from portal.twins.faults import COMMON, Behaviour, Slot
from portal.twins.paystack.cards import DECLINES

STATUSES = ("failed", "success", "abandoned", "processing", "reversed", "reversal-pending", "unheard-of")

REFUND_ENDS = ("failed", "needs-attention")

_OWN: Mapping[str, Behaviour] = {
    "succeed": Behaviour(Slot.MONEY, "Succeed, whatever the card says"),
    "decline": Behaviour(Slot.MONEY, "Decline", codes=tuple(DECLINES)),
    "decline_as_error": Behaviour(Slot.MONEY, "Decline, told as an error", codes=tuple(DECLINES)),
    "pause": Behaviour(Slot.MONEY, "Ask the payer to confirm (2FA)"),
    "processing": Behaviour(Slot.MONEY, "Process for some seconds, then …", codes=("success", "failed")),
    "regulated": Behaviour(Slot.MONEY, "Refuse: card under regulation"),
    "duplicate": Behaviour(Slot.MONEY, "Refuse: duplicate reference"),
    "forbidden": Behaviour(Slot.MONEY, "Refuse the address (403)", call="any"),
    "not_found": Behaviour(Slot.MONEY, "Know nothing of the reference", call="verify"),
    "refund_ends": Behaviour(Slot.MONEY, "Let the refund end otherwise", call="refund", codes=REFUND_ENDS),
    "wrong_amount": Behaviour(Slot.ANSWER, "Tell a wrong amount"),
    "wrong_currency": Behaviour(Slot.ANSWER, "Tell a wrong currency"),
    "wrong_customer": Behaviour(Slot.ANSWER, "Tell another customer"),
    "wrong_mode": Behaviour(Slot.ANSWER, "Tell the other mode"),
    "wrong_reference": Behaviour(Slot.ANSWER, "Tell another reference"),
    "string_true": Behaviour(Slot.ANSWER, 'Say "true" in quotes'),
    "missing_fields": Behaviour(Slot.ANSWER, "Leave out amount, currency and number"),
    "without_codes": Behaviour(Slot.ANSWER, "Leave out the decline codes"),
    "wrong_status": Behaviour(Slot.ANSWER, "Tell a wrong status", call="verify", codes=STATUSES),
}
BEHAVIOURS: Mapping[str, Behaviour] = {**_OWN, **COMMON}
DECLINING = frozenset({"decline", "decline_as_error"})
