"""How gateways, their modes and what a test of them told are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.web.wording import gettext as _

FAR_OFF = 60
"""Seconds by which clocks may differ before somebody should look."""


def mode(of: str) -> str:
    return _("Live: real money") if of == "live" else _("Test: no real money")


def key_name(key: str) -> str:
    return {"secret_key": _("Secret key"), "va": _("VA number"), "api_key": _("API key")}.get(key, key)


def source(of: str) -> str:
    """Where an account's keys come from."""
    return {
        "environment": _("set by the environment"),
        "stored": _("stored here, encrypted"),
        "unreadable": _("cannot be read"),
    }.get(of, _("none yet"))


def tested_at(test: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(test["at"])


def told(test: Mapping[str, Any]) -> str:
    """What a test told, in the reader's language; what the gateway itself said stays as it was."""
    template = test.get("template")
    return _(template, **test["values"]) if template else str(test["sentence"])


def skew(test: Mapping[str, Any]) -> tuple[str, bool]:
    """How our clock stands to the gateway's, and whether that is well."""
    ahead = test.get("clock_ahead")
    if ahead is None:
        return _("it did not tell its time"), True
    if abs(ahead) <= 1:
        return _("the clocks agree"), True
    words = _("ours is %(n)s s ahead", n=ahead) if ahead > 0 else _("ours is %(n)s s behind", n=-ahead)
    return words, abs(ahead) < FAR_OFF


def meanings(gateway: str) -> list[tuple[str, str]]:
    """What the answers of a test mean, and what to do about them."""
    address = {
        "ipaymu": _("In production iPaymu also wants this server's address registered, and every domain it leads to."),
        "paystack": _("Paystack also refuses addresses that are not on its allow list, if it has one."),
    }.get(gateway, "")
    return [
        (
            _("Does not accept the key"),
            _("It was mistyped, revoked, or belongs to the other mode. Nothing was charged.") + " " + address,
        ),
        (_("Cannot be reached"), _("Nothing was sent: the network, the name or the address is at fault.")),
        (_("Did not answer properly"), _("It is down or very slow. Payments wait and are asked about by themselves.")),
        (_("The clocks differ"), _("Set this server's clock; signed calls and expiry times depend on it.")),
    ]


def signature(verdict: str) -> tuple[str, str, str]:
    """Tone, glyph and word for the verdict on a notice's signature."""
    if verdict == "valid":
        return "good", "shield-check", _("Signed")
    if verdict == "no key":
        return "warn", "lock", _("No key to check it")
    return "bad", "triangle-alert", _("Wrong signature")
