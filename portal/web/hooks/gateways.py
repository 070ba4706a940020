"""Where gateways post their news. Stored raw and answered 200; a job asks the gateway what is true."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.actions.store_gateway_news import store_gateway_news
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.identity.permissions import public
from portal.payments.queries import accounts
from portal.web.security import csrf

bp = Blueprint("hooks", __name__)
csrf.exempt(bp)  # a gateway has no session; its signature is looked at instead

SIGNED_BY = {"X-Paystack-Signature": "paystack", "X-Signature": "ipaymu"}


@bp.post("/hooks/<gateway>/<token>")
@public
def receive(gateway: str, token: str) -> ResponseReturnValue:
    """News for the account with this token; 404 for a token that nobody has."""
    return _store(gateway, token)


@bp.post("/api/billing/webhook")
@public
def receive_unaddressed() -> ResponseReturnValue:
    """The one address for all gateways: which of them speaks is told by the header it signs with."""
    gateway = next((name for header, name in SIGNED_BY.items() if header in request.headers), None)
    enabled = (each for each in accounts(db.session()) if each.is_enabled and each.gateway == gateway)
    account = next(enabled, None)
    if account is None:
        raise NotFound("No gateway that we use signs like this. Nothing was stored.")
    return _store(account.gateway, account.hook_token)


def _store(gateway: str, token: str) -> ResponseReturnValue:
    headers = {name.lower(): value for name, value in request.headers.items()}
    store_gateway_news(gateway, token, headers, request.get_data(), at=clock.now())
    return "", 200
