"""Statements as camt.053, the bank-to-customer statement of ISO 20022, in all its versions (001.02 to 001.13).

What changed between them is where a status, a name and a bank stand; both places are looked at. Only what is booked
counts: pending and informational entries come again in a later statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    plain,
    tidy,
)
from portal.banking.statements.xml_tree import Node, XmlRefused, parse
from portal.core.money import Money

_SPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.[0-9]{2}")


def read(content: bytes, currency: str) -> Statement:
    """Every booked entry of an account in `currency`; an entry of several transfers is a line for each."""
    root = _root(content)
    statements = root.all("BkToCstmrStmt/Stmt")
    if not statements:
        raise StatementRefused("There is no statement in this file.")
    accounts = {_number(one.one("Acct")) for one in statements} - {""}
    if len(accounts) > 1:
        raise StatementRefused("This file has statements of several accounts. Import one account at a time.")
    lines, wrong = [], []
    for number, entry in enumerate((entry for one in statements for entry in one.all("Ntry")), 1):
        if entry.said("Sts", "Sts/Cd") not in {"BOOK", ""}:
            continue
        try:
            lines += list(_lines(number, entry, currency))
        except RowRefused as why:
            wrong.append(WrongRow(number, why))
        if len(lines) + len(wrong) > MOST_LINES:
            raise StatementRefused("A statement has at most %(most)s rows.", most=f"{MOST_LINES:,}")
    return Statement(tuple(lines), tuple(wrong), accounts.pop() if accounts else "")


def is_camt(content: bytes) -> bool:
    """Does the file claim to be XML?"""
    return content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"").startswith(b"<")


def _root(content: bytes) -> Node:
    try:
        root = parse(content)
    except XmlRefused as why:
        raise StatementRefused(why.sentence, **why.values) from None
    if root.name != "Document" or _SPACE.fullmatch(root.space) is None:
        raise StatementRefused("This XML is not a camt.053 statement.")
    return root


def _lines(number: int, entry: Node, currency: str) -> Iterator[StatementLine]:
    whole = _amount(entry, currency)
    is_out = entry.said("CdtDbtInd") == "DBIT"
    if not is_out and entry.said("CdtDbtInd") != "CRDT":
        raise RowRefused("It does not say whether money came or went.")
    transfers = entry.all("NtryDtls/TxDtls")
    parts = [_part(one, currency) for one in transfers]
    if len(transfers) < 2 or None in parts or Money.total((part for part in parts if part), currency) != whole:
        first = transfers[0] if len(transfers) == 1 else None
        yield _line(number, entry, first, -whole if is_out else whole)
        return
    for transfer, part in zip(transfers, parts, strict=True):
        if part is not None:
            yield _line(number, entry, transfer, -part if is_out else part)


def _line(number: int, entry: Node, transfer: Node | None, amount: Money) -> StatementLine:
    if amount.is_zero:
        raise RowRefused("The amount is zero.")
    booked_on = _day(entry, "BookgDt") or _day(entry, "ValDt")
    if booked_on is None:
        raise RowRefused("It has no booking day.")
    about = transfer or entry
    side = "Cdtr" if amount.is_negative else "Dbtr"
    name = about.said(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm")
    return StatementLine(
        row=number,
        booked_on=booked_on,
        value_on=_day(entry, "ValDt") or booked_on,
        amount=amount,
        name=tidy(name, LONGEST_NAME),
        account=tidy(_number(about.one(f"RltdPties/{side}Acct")), LONGEST_NAME),
        reference=_reference(entry, transfer),
        entry_ref=_entry_ref(entry, transfer),
    )


def _reference(entry: Node, transfer: Node | None) -> str:
    """What the payer wrote, structured or not, and the reference that came all the way with it."""
    if transfer is None:
        return tidy(entry.said("AddtlNtryInf"))
    texts = [node.text for node in transfer.all("RmtInf/Strd/CdtrRefInf/Ref")]
    texts += [node.text for node in transfer.all("RmtInf/Ustrd")]
    end_to_end = transfer.said("Refs/EndToEndId")
    if end_to_end not in ("", "NOTPROVIDED"):
        texts.append(end_to_end)
    return tidy(" ".join(texts) or transfer.said("AddtlTxInf") or entry.said("AddtlNtryInf"))


def _entry_ref(entry: Node, transfer: Node | None) -> str:
    """The bank's reference of the booking. In an entry of several transfers it is that of the transfer, if any."""
    own = transfer.said("Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId") if transfer is not None else ""
    if len(entry.all("NtryDtls/TxDtls")) > 1:
        return tidy(own, LONGEST_NAME)
    return tidy(entry.said("AcctSvcrRef") or own, LONGEST_NAME)


def _part(transfer: Node, currency: str) -> Money | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        node = transfer.one(path)
        if node is not None and node.attributes.get("Ccy") == currency:
            return _figure(node.text, currency)
    return None


def _amount(entry: Node, currency: str) -> Money:
    node = entry.one("Amt")
    if node is None:
        raise RowRefused("It has no amount.")
    said = node.attributes.get("Ccy", "")
    if said != currency:
        raise RowRefused("The currency %(currency)s is not that of the account.", currency=tidy(said, 10))
    return _figure(node.text, currency)


def _figure(text: str, currency: str) -> Money:
    try:
        found = read_amount(text, currency, ".")
    except Unreadable:
        raise RowRefused("%(text)s is no amount.", text=repr(tidy(text, 40))) from None
    if found.is_negative:
        raise RowRefused("An amount of camt.053 has no sign.")
    return found


def _day(entry: Node, name: str) -> date | None:
    text = entry.said(f"{name}/Dt", f"{name}/DtTm")
    if not text:
        return None
    try:
        return read_day(text[:10], "Y-M-D")
    except Unreadable:
        raise RowRefused("%(text)s is no day.", text=repr(tidy(text, 40))) from None


def _number(account: Node | None) -> str:
    return plain(account.said("Id/IBAN", "Id/Othr/Id")) if account is not None else ""
