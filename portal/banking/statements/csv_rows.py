"""Statements as CSV, read by the mapping of their account."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date

from portal.banking.statements.figures import Unreadable, read_amount, read_day
from portal.banking.statements.lines import (
    LONGEST_NAME,
    MOST_LINES,
    RowRefused,
    Statement,
    StatementLine,
    StatementRefused,
    WrongRow,
    tidy,
)
from portal.banking.statements.mapping import DELIMITERS, ENCODINGS, MARKS_IN, MARKS_OUT, MOST_COLUMNS, CsvMapping
from portal.core.money import Money

SAMPLED = 12
LONGEST_FIELD = 4000


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


_UNREADABLE = {
    "booked_on": _("%(text)s is no booking day."),
    "value_on": _("%(text)s is no value day."),
    "amount": _("%(text)s is no amount."),
    "debit": _("%(text)s is no debit."),
    "credit": _("%(text)s is no credit."),
}


def read(content: bytes, mapping: CsvMapping, currency: str) -> Statement:
    """Every row behind the head; what is wrong with one is said and hinders no other. Empty rows are none."""
    lines: list[StatementLine] = []
    wrong: list[WrongRow] = []
    for number, cells in enumerate(_rows(content, mapping.encoding, mapping.delimiter), 1):
        if number <= mapping.skipped or not any(cell.strip() for cell in cells):
            continue
        if len(lines) + len(wrong) >= MOST_LINES:
            raise StatementRefused("A statement has at most %(most)s rows.", most=f"{MOST_LINES:,}")
        try:
            lines.append(_line(number, cells, mapping, currency))
        except RowRefused as why:
            wrong.append(WrongRow(number, why))
    return Statement(tuple(lines), tuple(wrong))


def sample(content: bytes, encoding: str, delimiter: str) -> list[list[str]]:
    """The first rows as they stand, for whoever says which column is what."""
    found = []
    for cells in _rows(content, encoding, delimiter):
        found.append([tidy(cell, 60) for cell in cells[:MOST_COLUMNS]])
        if len(found) == SAMPLED:
            break
    return found


def guessed(content: bytes) -> tuple[str, str]:
    """Encoding and delimiter that fit best, as a start."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = content.decode("cp1252", "replace")
    head = "\n".join(text.splitlines()[:SAMPLED])
    return encoding, max(DELIMITERS, key=lambda name: head.count(DELIMITERS[name]))


def _rows(content: bytes, encoding: str, delimiter: str) -> Iterator[list[str]]:
    assert encoding in ENCODINGS  # the mapping has looked  # noqa: S101
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise StatementRefused(
            "The file is not written in %(encoding)s. Choose another encoding.", encoding=encoding
        ) from None
    if "\x00" in text:
        raise StatementRefused("This is not a text file.")
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=False):
            if any(len(cell) > LONGEST_FIELD for cell in cells):
                raise StatementRefused("A field of this file is far too long. Is the delimiter right?")
            yield cells
    except csv.Error:
        raise StatementRefused("The file cannot be read as CSV with this delimiter.") from None


def _line(number: int, cells: list[str], mapping: CsvMapping, currency: str) -> StatementLine:
    def cell(name: str) -> str:
        place = mapping.columns.get(name)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    said = cell("currency").upper()
    if said and said != currency:
        raise RowRefused("The currency %(currency)s is not that of the account.", currency=tidy(said, 10))
    booked_on = _day(cell("booked_on"), mapping, "booked_on")
    amount = _amount(cell, mapping, currency)
    if amount.is_zero:
        raise RowRefused("The amount is zero.")
    texts = [cells[place] for place in mapping.reference if place < len(cells)]
    return StatementLine(
        row=number,
        booked_on=booked_on,
        value_on=_day(cell("value_on"), mapping, "value_on") if cell("value_on") else booked_on,
        amount=amount,
        name=tidy(cell("name"), LONGEST_NAME),
        account=tidy(cell("account"), LONGEST_NAME),
        reference=tidy(" ".join(texts)),
        entry_ref=tidy(cell("entry_ref"), LONGEST_NAME),
    )


def _amount(cell: Callable[[str], str], mapping: CsvMapping, currency: str) -> Money:
    if mapping.sign == "columns":
        debit, credit = (_figure(cell(name), mapping, currency, name) for name in ("debit", "credit"))
        if not debit.is_zero and not credit.is_zero:
            raise RowRefused("Both debit and credit are filled.")
        return credit if debit.is_zero else -abs(debit)
    amount = _figure(cell("amount"), mapping, currency, "amount")
    if mapping.sign == "signed":
        return amount
    mark = cell("mark").upper()
    if mark in MARKS_IN:
        return amount
    if mark in MARKS_OUT:
        return -abs(amount)
    if not mark:
        raise RowRefused("It does not say whether money came or went.")
    raise RowRefused("%(text)s does not say whether money came or went.", text=repr(tidy(mark, 20)))


def _figure(text: str, mapping: CsvMapping, currency: str, name: str) -> Money:
    if not text and mapping.sign == "columns":
        return Money.zero(currency)
    try:
        return read_amount(text, currency, mapping.decimal)
    except Unreadable:
        raise RowRefused(_UNREADABLE[name], text=repr(tidy(text, 40))) from None


def _day(text: str, mapping: CsvMapping, name: str) -> date:
    try:
        return read_day(text, mapping.date_form)
    except Unreadable:
        raise RowRefused(_UNREADABLE[name], text=repr(tidy(text, 40))) from None
