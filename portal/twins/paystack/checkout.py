"""The hosted pay page: test cards, what the bank asks, and the way back to the merchant. Works without scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from portal.twins.faults import Slot, Subject
from portal.twins.pages import see, wants_json
from portal.twins.paystack.asked import words
from portal.twins.paystack.behaviours import DECLINING
from portal.twins.paystack.cards import CARDS, DECLINES, NOT_A_TEST_CARD, Card
from portal.twins.paystack.ledger import Transaction
from portal.twins.paystack.pages import page, trouble
from portal.twins.paystack.twin import Twin
from portal.twins.wire import BadRequest, Request, Response, json_response

PATH = re.compile(r"/(checkout|resume)/([a-z0-9]{1,60})")
_ASKED = {"pin": "PIN", "otp": "one-time code", "phone": "phone number", "bank": "bank"}
_WRONG = {"pin": "invalid_pin", "otp": "identification_required", "phone": "identification_required"}
Form = Mapping[str, Any]


def respond(twin: Twin, request: Request) -> Response:
    match = PATH.fullmatch(request.path)
    row = twin.ledger.by_code(match[2]) if match else None
    if row is None:
        return trouble(404, "There is no such payment page here.")
    if request.method == "GET":
        return _shown(twin, row)
    if request.method != "POST":
        return trouble(405, "A payment page is opened or sent, nothing else.")
    try:
        form = request.fields()
    except BadRequest as error:
        return trouble(400, f"{error}.")
    return _told(_answered(twin, row, form), row, request)


def _shown(twin: Twin, row: Transaction, error: str = "") -> Response:
    status = 422 if error else 200
    values = {"row": row, "email": twin.ledger.customers[row.customer].email, "error": error}
    if row.status in ("success", "failed", "reversal-pending", "reversed"):
        return page("done.html", status, **values, back=_back(row))
    if row.kind == "charge":
        return page("confirm.html", status, **values, last4=row.pan[-4:])
    step = _step(row)
    if step:
        return page("step.html", status, **values, step=step, asks=_ASKED[step], card=CARDS[row.pan])
    return page("pay.html", status, **values, cards=list(CARDS.values()), declines=DECLINES)


def _answered(twin: Twin, row: Transaction, form: Form) -> Response:
    """One post of the page: cancel, confirm, or the next piece of a card payment."""
    if row.status in ("success", "failed", "reversal-pending", "reversed"):
        return _return(twin, row)
    do = words(form, "do") or "pay"
    if row.kind == "charge":
        return _confirmed(twin, row, words(form, "answer") or "approve")
    if do == "cancel":
        return _cancelled(twin, row)
    if do == "again":
        _choose(twin, row, None)
        return see(f"/checkout/{row.access_code}")
    if do == "pay" and not _step(row):
        number = re.sub(r"[\s-]", "", words(form, "card")) or next(iter(CARDS))
        card = CARDS.get(number)
        _choose(twin, row, card)
        if card is None:
            row.gateway_response, row.attempts = NOT_A_TEST_CARD, row.attempts + 1
            twin.ledger.save(row)
            return _shown(twin, row, NOT_A_TEST_CARD)
        wished = words(form, "answer")
        if wished:
            return _declined(twin, row, wished, is_final=words(form, "end") != "")
    return _stepped(twin, row, form)


def _choose(twin: Twin, row: Transaction, card: Card | None) -> None:
    with twin.ledger.lock:
        row.pan, row.step = card.number if card else "", 0
        twin.ledger.save(row)


def _step(row: Transaction) -> str:
    """What the bank asks next; empty when there is no card yet, or nothing left to ask."""
    card = CARDS.get(row.pan)
    return card.steps[row.step][0] if card and row.step < len(card.steps) else ""


def _stepped(twin: Twin, row: Transaction, form: Form) -> Response:
    """Take the answers that came along, one step after the other; a wrong one ends the try."""
    card = CARDS.get(row.pan)
    if card is None:
        return _shown(twin, row, "Choose a card first.")
    while row.step < len(card.steps):
        name, right = card.steps[row.step]
        told = words(form, name, 40)
        if not told:
            return _shown(twin, row)
        if name == "phone" and len(re.sub(r"\D", "", told)) < 10:
            return _shown(twin, row, "A phone number has at least ten digits.")
        if right and told != right:
            return _declined(twin, row, _WRONG.get(name, "customer_cancellation"))
        row.step += 1
        twin.ledger.save(row)
    return _declined(twin, row, card.at_once) if card.at_once else _paid(twin, row, card)


def _paid(twin: Twin, row: Transaction, card: Card) -> Response:
    payer = twin.ledger.customers[row.customer]
    plan = twin.faults.plan("checkout", Subject(row.reference, payer.email, "", card.last4))
    money = plan.get(Slot.MONEY)
    if money and money.do in DECLINING:
        return _declined(twin, row, money.code)
    with twin.ledger.lock:
        if row.status not in ("abandoned", "failed"):
            return _return(twin, row)
        row.attempts += 1
        row.status = "pending"
        authorization = twin.ledger.authorize(payer, card.number, card.brand, card.bank, twin.till.now)
    release = twin.till.succeed(row, authorization, plan.get(Slot.NEWS))
    response = _return(twin, row)
    response.sent = release
    return response


def _declined(twin: Twin, row: Transaction, code: str, *, is_final: bool = False) -> Response:
    if code not in DECLINES:
        return trouble(400, "There is no such answer of a bank.")
    row.attempts += 1
    twin.till.decline(row, code, is_final=is_final)
    _choose(twin, row, None)
    return _shown(twin, row, row.gateway_response)


def _cancelled(twin: Twin, row: Transaction) -> Response:
    twin.truth.add("canceled", twin.till.now, reference=row.reference)
    metadata = row.metadata if isinstance(row.metadata, dict) else {}
    address = str(metadata.get("cancel_action", ""))
    if re.match(r"https?://[^/\s]+", address):
        return see(address)
    return trouble(200, "You have left the payment. Nothing was paid; you can close this page.")


def _confirmed(twin: Twin, row: Transaction, answer: str) -> Response:
    """The payer's answer to a charge that was paused for it."""
    if answer not in ("approve", "refuse"):
        return trouble(400, "A charge is approved or refused.")
    with twin.ledger.lock:
        if row.status != "ongoing":
            return _return(twin, row)
        row.status = "pending"
    if answer == "refuse":
        twin.till.decline(row, "customer_cancellation")
        return _return(twin, row)
    payer = twin.ledger.customers[row.customer]
    authorization = twin.ledger.authorizations[row.authorization]
    plan = twin.faults.plan("news", Subject(row.reference, payer.email, row.authorization, row.pan[-4:]))
    release = twin.till.succeed(row, authorization, plan.get(Slot.NEWS))
    response = _return(twin, row)
    response.sent = release
    return response


def _back(row: Transaction) -> str:
    """The merchant's address with the reference under both names, or empty."""
    if not row.callback_url:
        return ""
    both = urlencode({"trxref": row.reference, "reference": row.reference})
    return f"{row.callback_url}{'&' if '?' in row.callback_url else '?'}{both}"


def _return(twin: Twin, row: Transaction) -> Response:
    return see(_back(row)) if row.callback_url else _shown(twin, row)


def _told(response: Response, row: Transaction, request: Request) -> Response:
    """For a driver the same as JSON: what became of it, and where a browser would go."""
    if not wants_json(request):
        return response
    told = {
        "status": row.status,
        "reference": row.reference,
        "gateway_response": row.gateway_response,
        "step": _step(row),
        "redirect": response.headers.get("Location", ""),
    }
    answer = json_response(told, 200 if response.status == 303 else response.status)
    answer.sent = response.sent
    return answer
