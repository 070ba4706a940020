"""Paystack's words and ours: statuses, decline codes and texts, minima, events, refusals.

Whether a decline deserves another try is our judgement; Paystack publishes none.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.gateways.base import DeclineKind, DisputeState, NewsKind, Outcome

# Amounts travel in hundredths of the main unit for every currency, also where there is no smaller unit (XOF).
WIRE_UNITS = 100

# The least Paystack takes, in hundredths.
MINIMA: Mapping[str, int] = {"NGN": 5000, "USD": 200, "GHS": 10, "ZAR": 100, "KES": 300, "XOF": 100}
LARGEST_WIRE_AMOUNT = 10_000_000 * WIRE_UNITS

# The status of a transaction. `abandoned` is also what a page reads that nobody has paid yet, so it is not final;
# a refunded payment reads `reversed`, a partly refunded one too: it had succeeded.
CHARGES: Mapping[str, Outcome] = {
    "success": Outcome.SUCCEEDED,
    "failed": Outcome.DECLINED,
    "abandoned": Outcome.ACTION_REQUIRED,
    "ongoing": Outcome.PENDING,
    "pending": Outcome.PENDING,
    "processing": Outcome.PENDING,
    "queued": Outcome.PENDING,
    "reversal-pending": Outcome.SUCCEEDED,
    "reversed": Outcome.SUCCEEDED,
}
RETURNED = frozenset({"reversal-pending", "reversed"})

REFUNDS: Mapping[str, Outcome] = {
    "pending": Outcome.PENDING,
    "processing": Outcome.PENDING,
    "needs-attention": Outcome.ACTION_REQUIRED,
    "processed": Outcome.SUCCEEDED,
    "failed": Outcome.DECLINED,
}

DISPUTES: Mapping[str, DisputeState] = {
    "awaiting-merchant-feedback": DisputeState.NEEDS_RESPONSE,
    "awaiting-bank-feedback": DisputeState.UNDER_REVIEW,
    "pending": DisputeState.UNDER_REVIEW,
}
# Nothing more will happen to it; its resolution tells who keeps the money.
RESOLVED = frozenset({"resolved", "archived"})
RESOLUTIONS: Mapping[str, DisputeState] = {
    "merchant-accepted": DisputeState.LOST,
    "auto-accepted": DisputeState.LOST,
    "declined": DisputeState.WON,
}

_LATER, _CARD = DeclineKind.RETRY_LATER, DeclineKind.NEW_METHOD_NEEDED
_NEVER, _FRAUD = DeclineKind.NEVER_RETRY, DeclineKind.SUSPECTED_FRAUD

_CODES_BY_KIND: Mapping[DeclineKind, str] = {
    _LATER: """
        refer_to_card_issuer refer_to_card_issuer_special do_not_honor processing_error reenter_transaction
        invalid_response no_action_taken suspected_malfunction unacceptable_transaction_fee unable_to_locate_record
        insufficient_funds contact_acquirer daily_limit_exceeded withdrawal_frequency_exceeded pin_tries_exceeded
        credit_issuer_unavailable cutoff_in_progress issuer_or_switch_inoperative routing_destination_not_found
        reconcile_error system_malfunction bank_unavailable declined invalid_merchant invalid_amount format_error
        transaction_not_permitted_terminal original_amount_incorrect unsupported_currency
    """,
    _CARD: """
        honour_with_identification identification_required identification_cross_check_required invalid_pin
        customer_cancellation pin_cryptographic_error unable_to_verify_pin invalid_transaction invalid_account_number
        no_such_issuer bank_not_supported no_credit_account no_universal_account no_investment_account
        no_checking_account no_savings_account function_not_supported expired_card no_card_record
        transaction_not_permitted_cardholder card_blocked_first_use cvv_verification_failed invalid_cvv
        invalid_from_date card_replaced
    """,
    _NEVER: """
        pickup_card pickup_card_special pickup_lost_card pickup_stolen_card account_closed customer_dispute
        restricted_card security_violation call_acquirer_security hard_capture legal_violation blocked_by_cardholder
    """,
    _FRAUD: "suspected_fraud",
}
DECLINES: Mapping[str, DeclineKind] = {code: kind for kind, codes in _CODES_BY_KIND.items() for code in codes.split()}

# Codes that leave open whether money moved: on a charge they are no decline until the transaction was looked up.
_DOUBTFUL = """
    processing partial_approval vip_approval approved_update_track_3 completed_partially response_received_too_late
    advice_received_too_late transaction_timeout verification_no_decline duplicate_transmission
"""
DOUBTFUL = frozenset(_DOUBTFUL.split())

# The two digits of ISO 8583, read only where the named code is missing.
_ISO = """
    01 refer_to_card_issuer 02 refer_to_card_issuer_special 03 invalid_merchant 04 pickup_card 05 do_not_honor
    06 processing_error 07 pickup_card_special 08 honour_with_identification 09 processing 10 partial_approval
    11 vip_approval 12 invalid_transaction 13 invalid_amount 14 invalid_account_number 15 no_such_issuer
    16 approved_update_track_3 17 customer_cancellation 18 customer_dispute 19 reenter_transaction
    20 invalid_response 21 no_action_taken 22 suspected_malfunction 23 unacceptable_transaction_fee
    25 unable_to_locate_record 30 format_error 31 bank_not_supported 32 completed_partially 33 expired_card
    34 suspected_fraud 35 contact_acquirer 36 restricted_card 37 call_acquirer_security 38 pin_tries_exceeded
    39 no_credit_account 40 function_not_supported 41 pickup_lost_card 42 no_universal_account 43 pickup_stolen_card
    44 no_investment_account 45 account_closed 46 identification_required 47 identification_cross_check_required
    51 insufficient_funds 52 no_checking_account 53 no_savings_account 54 expired_card 55 invalid_pin
    56 no_card_record 57 transaction_not_permitted_cardholder 58 transaction_not_permitted_terminal
    59 suspected_fraud 60 contact_acquirer 61 daily_limit_exceeded 62 restricted_card 63 security_violation
    64 original_amount_incorrect 65 withdrawal_frequency_exceeded 66 call_acquirer_security 67 hard_capture
    68 response_received_too_late 69 advice_received_too_late 75 pin_tries_exceeded 78 card_blocked_first_use
    80 credit_issuer_unavailable 81 pin_cryptographic_error 82 cvv_verification_failed 83 unable_to_verify_pin
    85 verification_no_decline 90 cutoff_in_progress 91 issuer_or_switch_inoperative
    92 routing_destination_not_found 93 legal_violation 94 duplicate_transmission 95 reconcile_error
    96 system_malfunction 97 transaction_timeout 9G blocked_by_cardholder
    100 declined 101 expired_card 106 pin_tries_exceeded 109 invalid_merchant 110 invalid_amount
    111 invalid_account_number 115 function_not_supported 117 invalid_pin 119 transaction_not_permitted_cardholder
    122 invalid_cvv 125 invalid_from_date 130 identification_required 181 format_error 183 unsupported_currency
    187 card_replaced 189 account_closed 200 pickup_card 911 transaction_timeout 912 bank_unavailable
"""
_ISO_PAIRS = _ISO.split()
ISO_CODES: Mapping[str, str] = dict(zip(_ISO_PAIRS[::2], _ISO_PAIRS[1::2], strict=True))

# Free text, read only where there is no code at all: the beginning of the message in small letters, first match wins.
DECLINE_TEXTS: tuple[tuple[str, str], ...] = (
    ("insufficient fund", "insufficient_funds"),
    ("not sufficient fund", "insufficient_funds"),
    ("do not honor", "do_not_honor"),
    ("contact acquirer", "contact_acquirer"),
    ("expired card", "expired_card"),
    ("lost card", "pickup_lost_card"),
    ("stolen card", "pickup_stolen_card"),
    ("pickup card (lost", "pickup_lost_card"),
    ("pickup card (stolen", "pickup_stolen_card"),
    ("pickup card", "pickup_card"),
    ("pick up card", "pickup_card"),
    ("account closed", "account_closed"),
    ("customer is blacklisted", "restricted_card"),
    ("currency not supported", "unsupported_currency"),
    ("incorrect pin", "invalid_pin"),
    ("token authorization not successful", "identification_required"),
    ("transaction in progress", "processing"),
)

# Refusals of a charge that concern the stored method: nothing was charged and no transaction exists.
METHOD_REFUSALS: tuple[tuple[str, DeclineKind, str], ...] = (
    ("authorization code is invalid", _CARD, "authorization_invalid"),
    ("authorization code does not exist", _CARD, "authorization_invalid"),
    ("email does not match authorization code", _CARD, "authorization_inactive"),
    ("this authorization is not reusable", _CARD, "authorization_inactive"),
    ("charge attempt cannot be fulfilled until", _LATER, "card_regulated"),
)

NOT_FOUND = ("transaction reference not found", "transaction not found")
DUPLICATE = ("duplicate transaction reference",)

EVENTS: Mapping[str, NewsKind] = {
    "charge.success": NewsKind.CHARGE,
    "charge.failed": NewsKind.CHARGE,
    "charge.dispute.create": NewsKind.DISPUTE,
    "charge.dispute.remind": NewsKind.DISPUTE,
    "charge.dispute.resolve": NewsKind.DISPUTE,
    "refund.pending": NewsKind.REFUND,
    "refund.processing": NewsKind.REFUND,
    "refund.processed": NewsKind.REFUND,
    "refund.failed": NewsKind.REFUND,
    "refund.needs-attention": NewsKind.REFUND,
}
