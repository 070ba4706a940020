"""Keep what a gateway told us, as it came. What it means is found out later, by asking the gateway."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from portal.core.db import transaction
from portal.payments.models import GatewayNews
from portal.payments.queries import account_by_token
from portal.payments.states import NewsStatus

KEPT_HEADERS = frozenset({"content-type", "user-agent", "x-forwarded-for", "date"})
SIGNATURE_ENDS = "-signature"


def store_gateway_news(gateway: str, token: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> None:
    """Store the raw `body`, once per account and content; a repeat changes nothing.

    Raises NotFound for a token that no account of the gateway has. Headers that could carry somebody's
    credentials are not kept, the signature is.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    signature = next((value for name, value in lowered.items() if name.endswith(SIGNATURE_ENDS)), "")
    with transaction() as session:
        account = account_by_token(session, gateway, token)
        session.execute(
            insert(GatewayNews)
            .values(
                gateway_account_id=account.id,
                body_digest=hashlib.sha256(body).digest(),
                headers={name: value for name, value in lowered.items() if name in KEPT_HEADERS},
                body=body,
                signature=signature,
                status=NewsStatus.RECEIVED,
                kind="",
                reference="",
                tries=0,
                outcome="",
                received_at=at,
                next_action_at=at,
            )
            .on_conflict_do_nothing(index_elements=["gateway_account_id", "body_digest"])
        )
