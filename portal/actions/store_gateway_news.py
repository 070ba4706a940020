"""Keeping what a gateway sent, exactly as it came, before anything is made of it."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from portal.actions import _gateways
from portal.core.bulk import insert_rows
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.logging import log
from portal.payments import queries
from portal.payments.models import GatewayAccount, GatewayNews
from portal.payments.states import NewsStatus

KEPT_HEADERS = ("content-type", "user-agent", "x-external-id", "x-paystack-signature", "x-signature", "x-timestamp")


def store_gateway_news(gateway: str, token: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> None:
    """Store the notice once per account and body, with the verdict on its signature; also when that is wrong.

    Raises NotFound for an address that belongs to no account.
    """
    with transaction() as session:
        account = queries.account_by_token(session, gateway, token)
        verdict = _verdict(account, body, headers)
        row = {
            "gateway_account_id": account.id,
            "body_digest": sha256(body).digest(),
            "headers": {name: headers[name][:500] for name in KEPT_HEADERS if name in headers},
            "body": body,
            "signature": verdict,
            "status": NewsStatus.RECEIVED if verdict == "valid" else NewsStatus.IGNORED,
            "kind": "",
            "reference": "",
            "tries": 0,
            "outcome": "" if verdict == "valid" else "the signature is not the gateway's",
            "received_at": at,
            "next_action_at": at if verdict == "valid" else None,
        }
        insert_rows(session, GatewayNews, [row], "ON CONFLICT (gateway_account_id, body_digest) DO NOTHING")
    if verdict != "valid":
        log().warning("news with a wrong signature", gateway=gateway, account=account.ref, verdict=verdict)


def _verdict(account: GatewayAccount, body: bytes, headers: Mapping[str, str]) -> str:
    try:
        return "valid" if _gateways.adapter_of(account).is_genuine(body, headers) else "invalid"
    except Refused:
        return "no key"
