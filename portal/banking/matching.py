"""What a transfer may be for: the invoices it could pay, ranked by reference, then amount, then name. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.banking.statements.lines import plain
from portal.core.money import Money
from portal.invoicing.references import references_in

ALIKE = 50
"""How similar two names must be, in per cent, to be called alike."""
NEAR = timedelta(days=5)
"""How far the day that somebody wrote down may lie from the bank's."""
SHORTEST_CUT = 4
_FORMS = frozenset(
    "ltd limited plc inc llc llp corp co company gmbh ag kg bv nv sa sarl sas srl pt tbk cv ud pte pty the and dan et"
    " und nigeria mr mrs ms dr".split()
)


class Reason(StrEnum):
    """Why an invoice is suggested."""

    REFERENCE = "reference"  # its payment reference, check digits and all
    NUMBER = "number"  # its number
    AMOUNT = "amount"  # exactly what is open
    PART = "part"  # less than what is open
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that came: how much, when, and what the payer and the bank wrote."""

    amount: Money
    on: date
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice with something open on it, or written off of it, and who owes it."""

    ref: str
    number: str
    reference: str
    open: Money
    due_on: date
    customer_id: int
    customer_ref: str
    customer: str
    is_written_off: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment that a person wrote down and that no statement has shown yet."""

    ref: str
    amount: Money
    on: date
    reference: str
    payer: str
    customer: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`rank` is compared as a whole: reference, amount, likeness of the name; the higher the likelier."""

    owed: Owed
    rank: tuple[int, int, int]
    reasons: tuple[Reason, ...]


def suggestions(transfer: Transfer, owed: Iterable[Owed], *, limit: int = 5) -> list[Suggestion]:
    """The likeliest first, those in another currency or without any likeness left out; ties go to the oldest debt."""
    found = [_weighed(transfer, one) for one in owed if one.open.currency == transfer.amount.currency]
    likely = [one for one in found if one.rank[0] or one.rank[1] == 2 or one.rank[2] >= ALIKE]
    likely.sort(key=lambda one: (*(-part for part in one.rank), one.owed.due_on, one.owed.ref))
    return likely[:limit]


def certain(transfer: Transfer, owed: Sequence[Owed]) -> tuple[Owed, ...]:
    """The invoices that this transfer pays beyond doubt, empty if there is any.

    Every sound reference in its text is that of an invoice of one customer, and what is open on them is the amount.
    """
    named = references_in(transfer.text)
    by_reference = {one.reference: one for one in owed if one.open.currency == transfer.amount.currency}
    meant = [by_reference[reference] for reference in named if reference in by_reference]
    if not meant or len(meant) != len(named) or len({one.customer_id for one in meant}) > 1:
        return ()
    total = Money.total((one.open for one in meant), transfer.amount.currency)
    return tuple(meant) if total == transfer.amount else ()


def same_money(transfer: Transfer, recorded: Iterable[Recorded]) -> tuple[list[Recorded], bool]:
    """Payments that may have been written down for this very transfer, the nearest day first; and is the first sure?

    Sure is one that bears the same reference, if it is the only one.
    """
    near = [one for one in recorded if one.amount == transfer.amount and abs(one.on - transfer.on) <= NEAR]
    near.sort(key=lambda one: (not _bears(transfer, one), abs(one.on - transfer.on), one.ref))
    sure = [one for one in near if _bears(transfer, one)]
    return near, len(sure) == 1


def likeness(one: str, other: str) -> int:
    """How much of two names is the same word, in per cent. Legal forms and accents do not count, cut words do."""
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return 0
    common = sum(1 for word in ours if any(_same(word, each) for each in theirs))
    back = sum(1 for word in theirs if any(_same(word, each) for each in ours))
    return 100 * (common + back) // (len(ours) + len(theirs))


def _weighed(transfer: Transfer, owed: Owed) -> Suggestion:
    reasons: list[Reason] = []
    by_reference = by_amount = 0
    said = plain(transfer.text)
    if owed.reference and (owed.reference in references_in(transfer.text) or _is_in(owed.reference, said)):
        by_reference = 2
        reasons.append(Reason.REFERENCE)
    elif _is_in(owed.number, said):
        by_reference = 1
        reasons.append(Reason.NUMBER)
    if transfer.amount == owed.open:
        by_amount = 2
        reasons.append(Reason.AMOUNT)
    elif transfer.amount < owed.open:
        by_amount = 1
    by_name = max(likeness(transfer.name, owed.customer), likeness(transfer.text, owed.customer))
    if by_name >= ALIKE:
        reasons.append(Reason.NAME)
    if reasons and by_amount == 1:
        reasons.append(Reason.PART)
    return Suggestion(owed, (by_reference, by_amount, by_name), tuple(reasons))


def _is_in(number: str, said: str) -> bool:
    """Is the whole of the number there, and not as the beginning of a longer one?"""
    sought = plain(number)
    place = said.find(sought) if len(sought) > SHORTEST_CUT else -1
    return place >= 0 and not said[place + len(sought) : place + len(sought) + 1].isdigit()


def _bears(transfer: Transfer, recorded: Recorded) -> bool:
    ours, theirs = set(references_in(recorded.reference)), set(references_in(transfer.text))
    if ours & theirs:
        return True
    written = plain(recorded.reference)
    return len(written) > SHORTEST_CUT and written in plain(transfer.text)


def _words(name: str) -> list[str]:
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() else " " for sign in bare).split()
    return sorted({word for word in words if word not in _FORMS})


def _same(one: str, other: str) -> bool:
    """The same word, or one that a bank has cut off."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= SHORTEST_CUT and longer.startswith(shorter)
