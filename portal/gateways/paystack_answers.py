"""What an answer of Paystack means: a charge, a refusal, or nothing that can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from portal.core.clock import wall
from portal.gateways import http
from portal.gateways.base import ChargeOutcome, Outcome, WrongRequest
from portal.gateways.paystack_reading import charge_outcome
from portal.gateways.paystack_tables import DUPLICATE, METHOD_REFUSALS
from portal.gateways.told import part, text


def charged(reply: http.Reply, reference: str) -> ChargeOutcome:
    """The answer to a charge: the transaction decides, then the pause, then the error; never the HTTP status alone."""
    told = part(reply.body.get("data"))
    if reply.status == 429:
        pause = _seconds_until_reset(reply)
        return ChargeOutcome(Outcome.NOT_SENT, reference, reason=sentence(reply), retry_after=pause)
    if told.get("paused") is True and told.get("reference") == reference:
        link, reason = text(told.get("authorization_url")), sentence(reply)
        outcome = Outcome.ACTION_REQUIRED if urlsplit(link).scheme in ("http", "https") else Outcome.UNKNOWN
        return ChargeOutcome(outcome, reference, action_url=link, reason=reason)
    if told.get("status"):
        heard = charge_outcome(told, reference, is_final=False)
        is_accepted = reply.status < 300 and reply.body.get("status") is True
        is_certain = is_accepted or heard.outcome is Outcome.DECLINED
        return heard if is_certain else ChargeOutcome(Outcome.UNKNOWN, reference, reason=sentence(reply), raw=heard.raw)
    if not is_refusal(reply) or says(reply, "duplicate_reference", DUPLICATE):
        code = "duplicate_reference" if says(reply, "duplicate_reference", DUPLICATE) else ""
        return ChargeOutcome(Outcome.UNKNOWN, reference, decline_code=code, reason=sentence(reply))
    return _refused(reply, reference)


def _refused(reply: http.Reply, reference: str) -> ChargeOutcome:
    """A well-formed error: nothing was charged. What concerns the card is a decline, the rest is our mistake."""
    words = sentence(reply)
    for start, kind, code in METHOD_REFUSALS:
        if words.lower().startswith(start):
            return ChargeOutcome(Outcome.DECLINED, reference, decline=kind, decline_code=code, reason=words)
    if reply.body.get("type") == "processor_error":
        told = {"status": "failed", "reference": reference, "message": words}
        return charge_outcome(told, reference, is_final=False)
    raise WrongRequest("Paystack does not take this charge: %(words)s", words=words)


def is_refusal(reply: http.Reply) -> bool:
    """Whether this is an error in Paystack's own shape, and not something on the way to it."""
    return (
        reply.status in (400, 404, 422)
        and reply.body.get("status") in (False, "false")
        and text(reply.body.get("message")) != ""
    )


def says(reply: http.Reply, code: str, starts: Sequence[str]) -> bool:
    return text(reply.body.get("code")) == code or sentence(reply).lower().startswith(tuple(starts))


def sentence(reply: http.Reply) -> str:
    return text(reply.body.get("message")) or f"status {reply.status}"


def _seconds_until_reset(reply: http.Reply) -> int | None:
    """The pause asked for: a number of seconds, or the epoch second when the window ends."""
    told = reply.headers.get("x-ratelimit-reset", "")
    if not (told.isascii() and told.isdigit() and len(told) < 12):
        return None
    seconds = int(told)
    if seconds > 10**9:
        seconds -= int(wall().timestamp())
    return max(0, min(seconds, 3600))
