"""The calls that change something: initialize, charge, refund, customers, authorizations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from portal.twins.faults import Plan, Slot
from portal.twins.paystack import asked as read
from portal.twins.paystack import shapes
from portal.twins.paystack.asked import Asked
from portal.twins.paystack.behaviours import DECLINING
from portal.twins.paystack.court import Court
from portal.twins.paystack.ledger import Authorization, Integration, Ledger, Transaction, stamp
from portal.twins.paystack.refusals import (
    Refusal,
    duplicate_reference,
    inactive_authorization,
    invalid,
    missing,
    not_found,
    regulated,
    unknown_authorization,
)
from portal.twins.paystack.till import Release, Till, card_of
from portal.twins.wire import Fault

LOST_ANSWER_SECONDS = 2.0
PROCESSING_SECONDS = 3600.0
Body = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """One call: who calls, what was asked, what is to go wrong, and the news that wait for its answer to be sent."""

    till: Till
    integration: Integration
    asked: Asked
    plan: Plan
    public_url: str
    court: Court
    words: tuple[str, ...] = ()
    releases: list[Release] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def ledger(self) -> Ledger:
        return self.till.ledger


def accepted(message: str, told: Any = None, **more: Any) -> Body:
    """The envelope of every success; `told` is left out where there is nothing to tell."""
    return {"status": True, "message": message} | ({} if told is None else {"data": told}) | more


def initialize(turn: Turn) -> Body:
    asked = turn.asked
    email, amount, currency = read.email(asked), read.amount(asked), read.currency(asked)
    read.url(asked, "callback_url")
    with turn.ledger.lock:
        row = _begun(turn, "initialize", email, amount, currency)
        row.access_code = turn.ledger.code(15, turn.ledger.by_access_code)
        turn.ledger.save(row)
    turn.till.truth.add("initialized", turn.till.now, reference=row.reference, amount=amount, currency=currency)
    told = {"authorization_url": f"{turn.public_url}/checkout/{row.access_code}", "access_code": row.access_code}
    return accepted("Authorization URL created", told | {"reference": row.reference})


def charge(turn: Turn) -> Body:
    """Charge a stored card. The checks come in Paystack's presumed order; a refused charge leaves no transaction."""
    asked = turn.asked
    code = read.words(asked, "authorization_code")
    if not code:
        raise missing("Authorization code")
    amount, email, currency = read.amount(asked), read.email(asked), read.currency(asked)
    rule = turn.plan.get(Slot.MONEY)
    with turn.ledger.lock:
        authorization = _usable(turn, code, email)
        if rule and rule.do == "duplicate":
            raise duplicate_reference()
        if rule and rule.do == "regulated":
            raise regulated()
        row = _begun(turn, "charge", email, amount, currency)
        row.authorization, row.pan, row.attempts = authorization.code, authorization.pan, 1
        turn.ledger.save(row)
    do = rule.do if rule else card_of(authorization)
    return _decided(turn, row, authorization, do)


def _decided(turn: Turn, row: Transaction, authorization: Authorization, do: str) -> Body:
    """`do` is a behaviour, or a decline code of the card itself."""
    rule = turn.plan.get(Slot.MONEY)
    if do == "pause":
        turn.till.pause(row)
        link = {"authorization_url": f"{turn.public_url}/resume/{row.access_code}", "reference": row.reference}
        message = "Please, redirect your customer to the authorization url provided"
        return accepted(message, link | {"access_code": row.access_code, "paused": True})
    if do == "processing":
        ends, seconds = (rule.code, rule.seconds) if rule else ("success", PROCESSING_SECONDS)
        turn.till.process(row, ends, seconds)
    elif do in ("", "succeed", "timeout_after"):
        turn.releases.append(turn.till.succeed(row, authorization, turn.plan.get(Slot.NEWS)))
        if do == "timeout_after":
            turn.fault = Fault("hang", LOST_ANSWER_SECONDS)
    else:
        turn.till.decline(row, rule.code if rule and do in DECLINING else do)
    told = shapes.charged(turn.ledger, row)
    if do == "decline_as_error":
        error = {"status": False, "message": row.gateway_response, "type": "processor_error", "code": row.code}
        return error | {"data": told}
    return accepted("Charge attempted", told)


def partial_debit(turn: Turn) -> Body:
    """Not enabled for this integration, as for most."""
    currency = read.currency(turn.asked)
    raise invalid(f"Currency {currency} is not supported for Partial Debit", "unsupported_currency")


def _usable(turn: Turn, code: str, email: str) -> Authorization:
    """The authorization that this email may charge. Raises the documented refusals."""
    authorization = turn.ledger.authorizations.get(code)
    if authorization is None or authorization.integration != turn.integration.id:
        raise unknown_authorization()
    owner = turn.ledger.customers[authorization.customer]
    if owner.email.lower() != email.lower() or not authorization.is_active:
        raise inactive_authorization()
    return authorization


def _begun(turn: Turn, kind: str, email: str, amount: int, currency: str) -> Transaction:
    """A fresh transaction under the caller's reference, or one of ours. Raises if the reference was used before."""
    reference, ledger, number = read.reference(turn.asked), turn.ledger, turn.integration.id
    if reference and ledger.transaction(number, reference) is not None:
        raise duplicate_reference()
    payer = ledger.customer(number, email, turn.till.now)
    return Transaction(
        id=ledger.next_transaction_id(),
        integration=number,
        customer=payer.id,
        reference=reference or ledger.code(15, {known for _, known in ledger.by_reference}),
        amount=amount,
        currency=currency,
        status="abandoned",
        created_at=stamp(turn.till.now),
        kind=kind,
        callback_url=read.url(turn.asked, "callback_url"),
        metadata=read.metadata(turn.asked),
        gateway_response="The transaction was not completed",
    )


def refund(turn: Turn) -> Body:
    """Give back all or a part. Asking twice gives back twice: there is nothing here that would notice."""
    named = read.words(turn.asked, "transaction")
    if not named:
        raise missing("Transaction")
    with turn.ledger.lock:
        about = _paid_transaction(turn, named)
        amount = read.amount(turn.asked) if turn.asked.get("amount") not in (None, "") else about.amount
        if (read.words(turn.asked, "currency") or about.currency) != about.currency:
            raise invalid("Transaction currency must match refund currency")
        if about.refunded + amount > about.amount:
            raise invalid("Total refund amount cannot exceed original transaction amount")
        note, rule = f"Refund for transaction {about.reference}", turn.plan.get(Slot.MONEY)
        row = turn.till.open_refund(
            about,
            amount,
            note=read.words(turn.asked, "merchant_note") or f"{note} by owner@twin.example",
            customer_note=read.words(turn.asked, "customer_note") or note,
            ends=rule.code if rule and rule.do == "refund_ends" else "",
        )
    turn.releases.append(turn.till.begin_refund(row, about, turn.plan.get(Slot.NEWS)))
    return accepted("Refund has been queued for processing", shapes.refund_created(turn.ledger, row))


def _paid_transaction(turn: Turn, named: str) -> Transaction:
    row = turn.ledger.transaction(turn.integration.id, named)
    if row is None and named.isascii() and named.isdigit():
        row = turn.ledger.transactions.get(int(named))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Transaction not found", "transaction_not_found")
    if row.status not in ("success", "reversal-pending", "reversed"):
        raise invalid("Transaction has not been successful and cannot be refunded")
    return row


def retry_refund(turn: Turn) -> Body:
    row = turn.ledger.refunds.get(int(turn.words[0]))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Refund not found")
    if row.status != "needs-attention":
        message = 'Invalid Refund state, refund status should be "needs-attention"'
        raise Refusal(422, message, "invalid_params", "Retry only refunds that need attention")
    details = turn.asked.get("refund_account_details")
    if not isinstance(details, dict) or not all(details.get(one) for one in ("currency", "account_number", "bank_id")):
        raise missing("Refund account details")
    turn.releases.append(turn.till.supply_details(row))
    return accepted("Refund retried and has been queued for processing", shapes.refund(row))


def create_customer(turn: Turn) -> Body:
    """An address that is known answers with the customer it belongs to."""
    with turn.ledger.lock:
        row = turn.ledger.customer(turn.integration.id, read.email(turn.asked), turn.till.now)
        _rename(turn, row.id)
    return accepted("Customer created", shapes.customer_alone(row))


def update_customer(turn: Turn) -> Body:
    named = turn.words[0]
    with turn.ledger.lock:
        row = next((one for one in turn.ledger.customers.values() if one.code == named), None)
        if row is None or row.integration != turn.integration.id:
            raise not_found("Customer not found")
        _rename(turn, row.id)
    return accepted("Customer updated", shapes.customer_alone(row))


def _rename(turn: Turn, number: int) -> None:
    row = turn.ledger.customers[number]
    row.first_name = read.words(turn.asked, "first_name") or row.first_name
    row.last_name = read.words(turn.asked, "last_name") or row.last_name
    row.phone = read.words(turn.asked, "phone") or row.phone
    row.metadata = read.metadata(turn.asked) or row.metadata
    turn.ledger.save(row)


def deactivate(turn: Turn) -> Body:
    code = read.words(turn.asked, "authorization_code")
    if not code:
        raise missing("Authorization code")
    with turn.ledger.lock:
        row = turn.ledger.authorizations.get(code)
        if row is None or row.integration != turn.integration.id:
            raise not_found("Authorization code not found.")
        row.is_active = False
        turn.ledger.save(row)
    turn.till.truth.add("deactivated", turn.till.now, authorization=code[-4:], last4=row.last4)
    return accepted("Authorization has been deactivated")
