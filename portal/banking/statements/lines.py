"""What a statement says, in whatever form it came: lines, and the rows that could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from portal.core.errors import Invalid
from portal.core.money import Money

LONGEST_TEXT = 500
LONGEST_NAME = 140
MOST_LINES = 100_000


class StatementRefused(Invalid):
    """The file as a whole cannot be taken: what it is, or whose. Nothing was booked."""

    code = "statement_refused"

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence, field="file", **values)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booking of the bank. `amount` is positive for money that came in, negative for what went out.

    `row` is its place in the file, from 1. `entry_ref` is the bank's own reference of the booking, often empty.
    """

    row: int
    booked_on: date
    value_on: date
    amount: Money
    name: str = ""
    account: str = ""
    reference: str = ""
    entry_ref: str = ""


class RowRefused(Exception):
    """A row cannot be read. `sentence` is English with blanks, as those of errors, to be said in other languages."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence, self.values = sentence, values


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that was not understood, and why."""

    row: int
    why: RowRefused

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.why)


@dataclass(frozen=True, slots=True)
class Statement:
    """All that was read of a file. `account`: the number it names as its own, empty where it names none."""

    lines: tuple[StatementLine, ...]
    wrong: tuple[WrongRow, ...] = ()
    account: str = ""


def fingerprints(lines: Iterable[StatementLine]) -> Iterator[str]:
    """What makes each line of one account the same booking in whatever file it comes.

    The bank's own reference if there is one. Otherwise day, amount, payer and text, and which of its kind it is:
    the second of two equal transfers on one day is another booking in every file that has both.
    """
    seen: Counter[str] = Counter()
    for line in lines:
        said = _said(line)
        seen[said] += 1
        yield sha256(f"{said}|{seen[said]}".encode()).hexdigest()


def _said(line: StatementLine) -> str:
    amount = f"{line.amount.minor}{line.amount.currency}"
    if line.entry_ref:
        return f"ref|{plain(line.entry_ref)}|{amount}"
    return f"text|{line.value_on.isoformat()}|{amount}|{plain(line.account)}|{plain(line.name)}|{plain(line.reference)}"


def plain(text: str) -> str:
    """Letters and digits alone, in capitals: what stays the same however a bank breaks and spaces a text."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def tidy(text: str, longest: int = LONGEST_TEXT) -> str:
    """One line of what a bank wrote, without signs that cannot be stored or shown."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:longest]
