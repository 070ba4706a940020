"""The reference that a customer types when sending money: ISO 11649, RF and two check digits before the digits of the
invoice's number, so that a slip of one digit or two swapped ones is seen by the bank or by us."""

from __future__ import annotations

import re

LONGEST = 25
_SHAPE = re.compile(r"RF\d{2}[0-9A-Z]{1,21}")
_LIKELY = re.compile(r"RF(?:[ .\-/]?\d){12,23}", re.IGNORECASE)


def payment_reference(series: str, number: int) -> str:
    """That of an invoice: `invoice/2026`, 123 gives RF72 2026 0001 23 without the spaces."""
    year = series.rpartition("/")[2]
    return creditor_reference(f"{year}{number:06d}")


def creditor_reference(basis: str) -> str:
    """`basis`, up to 21 capitals and digits, behind RF and its check digits."""
    if not re.fullmatch(r"[0-9A-Z]{1,21}", basis):
        raise ValueError("a reference is made of up to 21 capitals and digits")
    return f"RF{98 - _remainder(f'{basis}RF00'):02d}{basis}"


def is_creditor_reference(text: str) -> bool:
    """Is it whole and do its check digits fit? Without spaces, in capitals."""
    return _SHAPE.fullmatch(text) is not None and _remainder(text[4:] + text[:4]) == 1


def printed(reference: str) -> str:
    """In groups of four, as people copy it: RF72 2026 0001 23. Any other reference stays as it is."""
    if not is_creditor_reference(reference):
        return reference
    return " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))


def references_in(text: str) -> list[str]:
    """The sound references of ours that somebody typed into a line of text, in any spelling, each once."""
    found: dict[str, None] = {}
    for match in _LIKELY.finditer(text):
        digits = re.sub(r"[^0-9]", "", match[0])
        for length in range(len(digits), 11, -1):
            candidate = f"RF{digits[:length]}"
            if is_creditor_reference(candidate):
                found[candidate] = None
                break
    return list(found)


def _remainder(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text)) % 97
