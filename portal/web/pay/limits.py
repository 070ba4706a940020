"""How often a pay link may be used: by one address, which may be an office, and by everybody who has it."""

from flask import Response, request

from portal.web.security import limiter


def link() -> str:
    """The link that is used, without keeping it: what stands before its seal."""
    return str((request.view_args or {}).get("token", "")).rpartition(".")[0][:80]


def paper() -> str:
    """The invoice whose printed address is used."""
    return f"paper:{(request.view_args or {}).get('ref', '')}"[:80]


def _is_unknown(response: Response) -> bool:
    return response.status_code == 404


limit_looks = limiter.limit("300 per minute")
limit_guesses = limiter.limit("20 per minute; 200 per hour", deduct_when=_is_unknown)
limit_openings = limiter.limit("10 per minute; 40 per hour")
limit_openings_of_link = limiter.limit("6 per minute; 30 per hour", key_func=link)
limit_questions = limiter.limit("6 per minute; 60 per hour", key_func=link)
limit_mails = limiter.limit("3 per hour", key_func=link)
limit_mails_of_paper = limiter.limit("3 per hour", key_func=paper)
