"""Account numbers: is an IBAN whole, and how is a number printed? Pure."""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[0-9A-Z]{2}([0-9A-Z]{3})?")
_NUMBER = re.compile(r"[0-9A-Z]{4,34}")


def plain(text: str) -> str:
    """Without the spaces and dashes that people print, in capitals."""
    return re.sub(r"[\s\-.]", "", text).upper()


def is_iban(number: str) -> bool:
    """Does it look like one, and do its check digits fit?"""
    if _IBAN.fullmatch(number) is None:
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def looks_like_iban(number: str) -> bool:
    """Two letters and two digits in front: then its check digits must fit."""
    return re.match(r"[A-Z]{2}\d{2}[0-9A-Z]{11}", number) is not None


def is_number(number: str) -> bool:
    return _NUMBER.fullmatch(number) is not None


def is_bic(bic: str) -> bool:
    return _BIC.fullmatch(bic) is not None


def printed(number: str) -> str:
    """An IBAN in groups of four; the bank's own number as it is."""
    if not is_iban(number):
        return number
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
