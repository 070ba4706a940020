"""The calls about disputes: lists, evidence, files, and the merchant's answer."""

from __future__ import annotations

import re
from typing import Any

from portal.twins.paystack import asked as read
from portal.twins.paystack import shapes
from portal.twins.paystack.calls import Body, Turn, accepted
from portal.twins.paystack.ledger import Dispute
from portal.twins.paystack.reads import own, paged, window
from portal.twins.paystack.refusals import invalid, missing, not_found

STATUSES = ("awaiting-merchant-feedback", "awaiting-bank-feedback", "pending", "resolved", "archived")
_EVIDENCE = ("customer_email", "customer_name", "customer_phone", "service_details")


def listed(turn: Turn) -> Body:
    """Newest first, opened between `from` and `to`."""
    status, about, inside = read.words(turn.asked, "status"), read.words(turn.asked, "transaction"), window(turn)
    if status and status not in STATUSES:
        raise invalid('"status" is not one of the statuses of a dispute')
    found = [
        row
        for row in own(turn, list(turn.ledger.disputes.values()))
        if inside(row.created_at) and status in ("", row.status) and about in ("", str(row.transaction))
    ]
    rows, meta = paged(turn, found)
    return accepted("Disputes retrieved", [shapes.dispute(turn.ledger, row) for row in rows], meta=meta)


def one(turn: Turn) -> Body:
    return accepted("Dispute retrieved", shapes.dispute(turn.ledger, _named(turn)))


def of_transaction(turn: Turn) -> Body:
    """The newest of one transaction."""
    rows = own(turn, list(turn.ledger.disputes.values()))
    row = next((row for row in rows if row.transaction == int(turn.words[0])), None)
    if row is None:
        raise not_found("Dispute not found")
    told = shapes.dispute(turn.ledger, row)
    return accepted("Dispute retrieved successfully", told | {"history": row.history, "messages": row.messages})


def export(turn: Turn) -> Body:
    path = f"{turn.public_url}/_twin/disputes"
    return accepted("Export successful", {"path": path, "expiresAt": turn.till.now.isoformat()})


def change(turn: Turn) -> Body:
    row = _open(turn)
    row.refund_amount = _refund_amount(turn, row, row.refund_amount or row.amount)
    row.filename = read.words(turn.asked, "uploaded_filename") or row.filename
    turn.ledger.save(row)
    return accepted("Dispute updated successfully", [shapes.dispute(turn.ledger, row)])


def add_evidence(turn: Turn) -> Body:
    row = _open(turn)
    for name in _EVIDENCE:
        if not read.words(turn.asked, name):
            raise missing(name)
    told: dict[str, Any] = {name: read.words(turn.asked, name) for name in (*_EVIDENCE, "delivery_address")}
    row.evidence = told | {"dispute": row.id, "id": row.id + 1_000_000, "createdAt": turn.till.now.isoformat()}
    turn.ledger.save(row)
    return accepted("Evidence created", row.evidence)


def upload_url(turn: Turn) -> Body:
    """Where a file of this name is to be put; valid for half an hour."""
    row, wished = _named(turn), read.words(turn.asked, "upload_filename", 200)
    if not re.fullmatch(r"[\w.-]+\.(?:jpe?g|pdf)", wished, re.IGNORECASE):
        raise invalid('"upload_filename" must name a jpg, jpeg or pdf')
    name = f"{row.id}-{wished}"
    return accepted("Upload url generated", {"signedUrl": f"{turn.public_url}/_twin/uploads/{name}", "fileName": name})


def resolve(turn: Turn) -> Body:
    """The merchant accepts, and gives back, or declines, and his evidence goes to the bank."""
    row, resolution = _open(turn), read.words(turn.asked, "resolution")
    if resolution not in ("merchant-accepted", "declined"):
        raise invalid('"resolution" must be one of [merchant-accepted, declined]')
    if not read.words(turn.asked, "message"):
        raise missing("Message")
    accepts = resolution == "merchant-accepted"
    amount = _refund_amount(turn, row, row.refund_amount or row.amount) if accepts else 0
    message, filename = read.words(turn.asked, "message"), read.words(turn.asked, "uploaded_filename")
    release = turn.court.answer(row, accepts=accepts, amount=amount, message=message, filename=filename)
    turn.releases.append(release)
    return accepted("Dispute successfully resolved", shapes.dispute(turn.ledger, row))


def _named(turn: Turn) -> Dispute:
    row = turn.ledger.disputes.get(int(turn.words[0]))
    if row is None or row.integration != turn.integration.id:
        raise not_found("Dispute not found")
    return row


def _open(turn: Turn) -> Dispute:
    row = _named(turn)
    if row.status != "awaiting-merchant-feedback":
        raise invalid("Dispute is not awaiting your feedback", "invalid_dispute_state")
    return row


def _refund_amount(turn: Turn, row: Dispute, default: int) -> int:
    if turn.asked.get("refund_amount") in (None, "", 0):
        return default
    amount = read.amount(turn.asked, "refund_amount")
    if amount > row.amount:
        raise invalid("Refund amount cannot be greater than initial amount")
    return amount
