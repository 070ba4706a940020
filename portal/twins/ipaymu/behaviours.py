"""What the iPaymu twin can be told to do wrong, beyond what every twin can; and what its buyers do by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from portal.twins.faults import COMMON, Behaviour, Slot

PAID = ("1", "6", "7")
STATUSES = ("-2", "0", "1", "2", "3", "4", "5", "6", "7", "99")

_OWN: Mapping[str, Behaviour] = {
    "pays": Behaviour(Slot.MONEY, "The buyer pays by himself after some seconds", call="buyer", codes=PAID),
    "pays_late": Behaviour(Slot.MONEY, "The buyer pays some seconds after the code expired", call="buyer", codes=PAID),
    "pays_less": Behaviour(Slot.MONEY, "The buyer pays half after some seconds", call="buyer", codes=PAID),
    "fails": Behaviour(Slot.MONEY, "The payment ends unpaid after some seconds", call="buyer", codes=("5", "2", "4")),
    "invalid_ip": Behaviour(Slot.MONEY, "Refuse the address that calls", call="any"),
    "invalid_domain": Behaviour(Slot.MONEY, "Refuse the domain (406)", call="payment"),
    "not_found": Behaviour(Slot.MONEY, "Know nothing of the transaction", call="check"),
    "status_400": Behaviour(Slot.MONEY, "Refuse with HTTP 200 and Status 400", call="payment"),
    "unavailable": Behaviour(Slot.MONEY, "Refuse the channel: out of service", call="direct"),
    "wrong_amount": Behaviour(Slot.ANSWER, "Tell a wrong amount", call="check"),
    "wrong_reference": Behaviour(Slot.ANSWER, "Tell another reference", call="check"),
    "wrong_session": Behaviour(Slot.ANSWER, "Tell another session", call="check"),
    "wrong_status": Behaviour(Slot.ANSWER, "Tell a wrong status", call="check", codes=STATUSES),
    "missing_fields": Behaviour(Slot.ANSWER, "Leave out amounts, status and number", call="check"),
    "bad_signature": Behaviour(Slot.NEWS, "Sign the callback wrongly", call="any"),
    "without_signature": Behaviour(Slot.NEWS, "Do not sign the callback", call="any"),
    "wrong_news_amount": Behaviour(Slot.NEWS, "Tell a wrong amount in the callback, well signed", call="any"),
    "paid_lie": Behaviour(Slot.NEWS, "Say paid in every callback, well signed", call="any"),
    "stale_pending": Behaviour(Slot.NEWS, "Send a pending callback some seconds after the paid one", call="any"),
}
BEHAVIOURS: Mapping[str, Behaviour] = {**_OWN, **COMMON}
CALLS = ("payment", "direct", "check", "history", "channels", "balance", "checkout", "buyer", "news")
