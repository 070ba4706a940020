"""The picture of a QR code, drawn from its text."""

from __future__ import annotations

import io

import segno

from portal.twins.ipaymu.ledger import Transaction
from portal.twins.ipaymu.pages import trouble
from portal.twins.wire import Response


def picture(row: Transaction | None) -> Response:
    if row is None or row.via != "qris":
        return trouble(404, "There is no such picture here.")
    drawn = io.BytesIO()
    segno.make(row.payment_no, error="m").save(drawn, kind="svg", scale=6, light="white")
    return Response(200, drawn.getvalue(), "image/svg+xml", {"Cache-Control": "no-store"})
