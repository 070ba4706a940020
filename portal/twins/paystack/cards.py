"""The cards that can be typed on the pay page, what banks say, and what payments cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

# Paystack's named reason → (ISO 8583 digits, the sentence that comes with it)
DECLINES: Mapping[str, tuple[str, str]] = {
    "insufficient_funds": ("51", "Insufficient Funds"),
    "do_not_honor": ("05", "Do not honor"),
    "refer_to_card_issuer": ("01", "Refer to card issuer"),
    "refer_to_card_issuer_special": ("02", "Refer to card issuer, special condition"),
    "processing_error": ("06", "An error occurred while processing the request"),
    "reenter_transaction": ("19", "Re-enter transaction"),
    "invalid_response": ("20", "Invalid response"),
    "no_action_taken": ("21", "No action taken"),
    "suspected_malfunction": ("22", "Suspected malfunction"),
    "unable_to_locate_record": ("25", "Unable to locate record"),
    "contact_acquirer": ("60", "Contact acquirer"),
    "daily_limit_exceeded": ("61", "Exceeds withdrawal limit"),
    "withdrawal_frequency_exceeded": ("65", "Exceeds withdrawal frequency"),
    "pin_tries_exceeded": ("75", "PIN tries exceeded"),
    "credit_issuer_unavailable": ("80", "Credit issuer unavailable"),
    "cutoff_in_progress": ("90", "Cut-off in progress"),
    "issuer_or_switch_inoperative": ("91", "Issuer or switch inoperative"),
    "routing_destination_not_found": ("92", "Routing destination not found"),
    "reconcile_error": ("95", "Reconcile error"),
    "system_malfunction": ("96", "An unknown error has occurred, please try again"),
    "expired_card": ("54", "Expired card"),
    "invalid_account_number": ("14", "Invalid account number"),
    "no_such_issuer": ("15", "No such issuer"),
    "invalid_transaction": ("12", "Invalid transaction"),
    "bank_not_supported": ("31", "Bank not supported"),
    "no_checking_account": ("52", "No checking account"),
    "no_savings_account": ("53", "No savings account"),
    "no_credit_account": ("39", "No credit account"),
    "no_card_record": ("56", "No card record"),
    "function_not_supported": ("40", "Function not supported"),
    "transaction_not_permitted_cardholder": ("57", "Transaction not permitted to cardholder"),
    "transaction_not_permitted_terminal": ("58", "Transaction not permitted on terminal"),
    "card_blocked_first_use": ("78", "Card blocked, first use"),
    "cvv_verification_failed": ("82", "CVV verification failed"),
    "invalid_pin": ("55", "Incorrect PIN"),
    "identification_required": ("46", "Identification required"),
    "honour_with_identification": ("08", "Honour with identification"),
    "unable_to_verify_pin": ("83", "Unable to verify PIN"),
    "customer_cancellation": ("17", "Customer cancellation"),
    "customer_dispute": ("18", "Customer dispute"),
    "restricted_card": ("62", "Restricted card"),
    "pickup_card": ("04", "Pick up card"),
    "pickup_lost_card": ("41", "Lost Card, Pick-Up"),
    "pickup_stolen_card": ("43", "Stolen Card, Pick up"),
    "account_closed": ("45", "Account Closed"),
    "security_violation": ("63", "Security violation"),
    "call_acquirer_security": ("66", "Call acquirer's security"),
    "hard_capture": ("67", "Hard capture"),
    "legal_violation": ("93", "Violation of law"),
    "blocked_by_cardholder": ("9G", "Blocked by cardholder"),
    "suspected_fraud": ("59", "Denied by Fraud System"),
    "invalid_merchant": ("03", "Invalid merchant"),
    "invalid_amount": ("13", "Invalid amount"),
    "format_error": ("30", "Format error"),
    "transaction_timeout": ("97", "Transaction timed out"),
    "response_received_too_late": ("68", "Response received too late"),
    "duplicate_transmission": ("94", "Duplicate transmission"),
    "unheard_of": ("", "Declined"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """`steps`: what the payer is asked for, with the right answer. `later`: what becomes of charges without the payer.

    `later` is a decline code, "pause", "processing", "timeout_after", or "twice:<code>": two declines before a success.
    `at_once` is a decline code of the payment on the page itself; `refund` is how a refund of it ends.
    """

    number: str
    says: str
    brand: str = "visa"
    bank: str = "TEST BANK"
    steps: tuple[tuple[str, str], ...] = ()
    at_once: str = ""
    later: str = ""
    refund: str = "processed"
    is_official: bool = True

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[place : place + 4] for place in range(0, len(self.number), 4))


def _own(number: str, says: str, later: str) -> Card:
    return Card(number, says, later=later, is_official=False)


_CARDS = (
    Card("4084084084084081", "Pays at once, and every time"),
    Card("507850785078507812", "Asks for PIN 1111, then pays", "verve", steps=(("pin", "1111"),)),
    Card(
        "5060666666666666666",
        "Asks for PIN 1234 and OTP 123456, then pays",
        "verve",
        steps=(("pin", "1234"), ("otp", "123456")),
    ),
    Card(
        "507850785078507804",
        "Asks for PIN 0000, a phone number and OTP 123456, then pays",
        "verve",
        steps=(("pin", "0000"), ("phone", ""), ("otp", "123456")),
    ),
    Card("5192602722584796", "Asks your bank (3-D Secure), then pays", "mastercard", steps=(("bank", "approve"),)),
    Card("4084080000000409", "Asks your bank (3-D Secure), then pays", steps=(("bank", "approve"),)),
    Card("4084080000005408", "Is declined", at_once="do_not_honor"),
    Card(
        "507850785078507853",
        "Asks for PIN 0000; the token is not generated",
        "verve",
        steps=(("pin", "0000"),),
        at_once="system_malfunction",
    ),
    Card("4084080000670037", "Pays now; later charges find insufficient funds", later="insufficient_funds"),
    Card("4084080000671803", "Pays; a refund of it fails", refund="failed"),
    Card("4084080000671902", "Pays; a refund of it needs attention", refund="needs-attention"),
    _own("4000000000000051", "Pays now; later charges are declined twice, then paid", "twice:insufficient_funds"),
    _own("4000000000000054", "Pays now; has expired for later charges", "expired_card"),
    _own("4000000000000043", "Pays now; reported stolen later", "pickup_stolen_card"),
    _own("4000000000000059", "Pays now; later charges are stopped as fraud", "suspected_fraud"),
    _own("4000000000000002", "Pays now; later charges ask you to confirm", "pause"),
    _own("4000000000000003", "Pays now; later charges take an hour", "processing"),
    _own("4000000000000097", "Pays now; later charges succeed, but the answer is lost", "timeout_after"),
)
CARDS: Mapping[str, Card] = {card.number: card for card in _CARDS}
NOT_A_TEST_CARD = "Transaction declined. Please use the test card."


# Currency → share, flat part, cap; the last two in hundredths
_FEES: Mapping[str, tuple[Fraction, int, int | None]] = {
    "NGN": (Fraction(15, 1000), 10_000, 200_000),
    "USD": (Fraction(39, 1000), 0, None),
    "GHS": (Fraction(195, 10000), 0, None),
    "ZAR": (Fraction(29, 1000), 100, None),
    "KES": (Fraction(29, 1000), 0, None),
    "XOF": (Fraction(32, 1000), 0, None),
}
CURRENCIES = tuple(_FEES)
_FLAT_WAIVED_BELOW: Mapping[str, int] = {"NGN": 250_000, "ZAR": 1_000}


def fee(amount: int, currency: str) -> int:
    """What a card payment of `amount` hundredths costs, in hundredths."""
    share, flat, cap = _FEES[currency]
    flat = 0 if amount < _FLAT_WAIVED_BELOW.get(currency, 0) else flat
    cost = int(amount * share) + flat
    return min(cost, cap) if cap is not None else cost
