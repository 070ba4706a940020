"""How often doors may be tried. Without Redis the same limits are counted in the process's own memory."""

from flask import Response, request
from flask_limiter.util import get_remote_address

from portal.web.security import limiter

# An address may be a whole office, so it gets more; one account from one address gets little, and one account from
# everywhere enough that a stranger cannot lock its owner out for long.
_BY_ADDRESS = "30 per minute; 300 per hour"
_BY_PAIR = "5 per minute; 20 per hour"
_BY_ACCOUNT = "100 per hour"
_MAILS_BY_ADDRESS = "30 per hour"
_MAILS_BY_ACCOUNT = "5 per hour"


def account() -> str:
    """The account that is tried, as its mail address was typed."""
    return request.form.get("email", "").strip().lower()[:254]


def account_here() -> str:
    return f"{get_remote_address()} {account()}"


def is_wrong(response: Response) -> bool:
    """Only tries that failed count."""
    return response.status_code == 422


limit_tries_by_address = limiter.limit(_BY_ADDRESS, deduct_when=is_wrong)
limit_tries_by_pair = limiter.limit(_BY_PAIR, key_func=account_here, deduct_when=is_wrong)
limit_tries_by_account = limiter.limit(_BY_ACCOUNT, key_func=account, deduct_when=is_wrong)
limit_mails_by_address = limiter.limit(_MAILS_BY_ADDRESS)
limit_mails_by_account = limiter.limit(_MAILS_BY_ACCOUNT, key_func=account)
