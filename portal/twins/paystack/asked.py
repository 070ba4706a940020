"""What a caller sent, read as strictly as Paystack reads it. Everything wrong is a documented Refusal."""

from __future__ import annotations

import json
import re
from typing import Any

from portal.twins.paystack.cards import CURRENCIES
from portal.twins.paystack.refusals import Refusal, invalid, invalid_amount, missing
from portal.twins.told import Asked, whole_number, words

LARGEST_AMOUNT = 1_000_000_000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_REFERENCE = re.compile(r"[A-Za-z0-9.=_-]{1,100}")

__all__ = ["Asked", "amount", "currency", "email", "metadata", "reference", "url", "whole_number", "words"]


def amount(asked: Asked, name: str = "amount") -> int:
    """Whole hundredths, from a number or a numeric string."""
    value = asked.get(name)
    if value is None or value == "":
        raise missing("Amount")
    if isinstance(value, bool | dict | list):
        raise invalid('"amount" must be an integer', "invalid_amount")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    told = str(value)
    if not re.fullmatch(r"-?[0-9]{1,15}", told):
        raise invalid('"amount" must be an integer', "invalid_amount")
    if not 0 < int(told) <= LARGEST_AMOUNT:
        raise invalid_amount()
    return int(told)


def email(asked: Asked) -> str:
    told = words(asked, "email", 300)
    if not told:
        raise missing("Email Address")
    if not _EMAIL.fullmatch(told) or len(told) > 254:
        raise invalid("Invalid Email Address Passed", "invalid_email_address")
    return told


def currency(asked: Asked) -> str:
    told = words(asked, "currency") or CURRENCIES[0]
    if told not in CURRENCIES:
        raise Refusal(400, "Currency not supported by merchant", "unsupported_currency", "Use an enabled currency")
    return told


def reference(asked: Asked) -> str:
    """Theirs, or empty when one is to be made."""
    told = words(asked, "reference")
    if told and not _REFERENCE.fullmatch(told):
        raise invalid("Invalid transaction reference", "invalid_reference")
    return told


def url(asked: Asked, name: str) -> str:
    """An absolute web address, or empty."""
    told = words(asked, name, 2000)
    if told and not re.match(r"https?://[^/\s]+", told):
        raise invalid(f"{name} must be a valid URL", "invalid_url")
    return told


def metadata(asked: Asked) -> Any:
    """As it will be told again: an object's numbers become text, a JSON string keeps its types."""
    told = asked.get("metadata")
    if isinstance(told, str) and told.lstrip()[:1] in ("{", "["):
        try:
            read = json.loads(told)
        except (ValueError, RecursionError):
            return told[:5000]
        return read if isinstance(read, dict) else told[:5000]
    if isinstance(told, dict):
        return {key: str(value) if isinstance(value, int | float) else value for key, value in told.items()}
    return told[:5000] if isinstance(told, str) else ""
