"""The money inbox: one item after the other, each with what it may be. Keys: a accepts, r rejects, n goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.banking import accounts, inbox, matching, proofs
from portal.banking.matching import Owed, Reason, Recorded, Transfer
from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import NotFound
from portal.identity.permissions import Permission, requires
from portal.reporting import money_inbox
from portal.reporting.money_inbox import MONEY, PROOF, SURPLUS
from portal.web.files import proof_answer
from portal.web.htmx import show
from portal.web.staff import listing
from portal.web.wording import gettext

bp = Blueprint("money_inbox", __name__, url_prefix="/billing/money-inbox")

PREFIXES = {"pay_": MONEY, "tp_": PROOF, "at-": SURPLUS}
MOST_FOUND = 8


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


REASONS = {
    Reason.REFERENCE: _("same reference"),
    Reason.NUMBER: _("its number is named"),
    Reason.AMOUNT: _("same amount"),
    Reason.PART: _("a part of it"),
    Reason.NAME: _("similar name"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An invoice that may be ticked, with the reasons for it in words."""

    owed: Owed
    why: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """What is looked at: `kind`, its rows, and what may be done with it. `asked` is what was typed to find more."""

    kind: str
    ref: str
    row: Any
    choices: tuple[Choice, ...] = ()
    same: tuple[Any, ...] = ()
    accounts: tuple[Any, ...] = ()
    people: tuple[Any, ...] = ()
    asked: str = ""


@bp.get("")
@requires(Permission.BILLING_READ)
def show_inbox() -> ResponseReturnValue:
    return inbox_page()


@bp.get("/proofs/<ref>/file")
@requires(Permission.BILLING_READ)
def show_file(ref: str) -> Response:
    """What the customer sent, to be saved and never shown by the browser itself."""
    return proof_answer(proofs.by_ref(db.session(), ref))


def inbox_page(
    *, ref: str = "", error: str = "", wrong: str = "", typed: Any = None, doubts: Any = (), status: int = 200
) -> ResponseReturnValue:
    """The list with one item of it: `ref`, or that of the address, or the first. `error` is said above its form, about
    its field `wrong`."""
    session = db.session()
    kind = listing.picked("kind", money_inbox.KINDS)
    if request.form.get("kind") in money_inbox.KINDS:
        kind = request.form["kind"]
    sheet = money_inbox.page(session, kind, places=listing.places(), limit=listing.ROWS)
    wanted = ref or listing.words("item") or (sheet.rows[0].ref if sheet.rows else "")
    item, is_gone = None, False
    if wanted:
        try:
            item = _item(wanted)
        except NotFound:
            is_gone = True
    if item is None and is_gone and sheet.rows:
        item = _item(sheet.rows[0].ref)
    waiting = money_inbox.waiting(session)
    return show(
        page="staff/money_inbox/inbox.html",
        fragment="staff/money_inbox/_inbox.html",
        status=status,
        rows=sheet.rows,
        item=item,
        is_gone=is_gone,
        following=following(sheet.rows, item.ref if item else ""),
        turns=listing.turns(sheet),
        tabs=_tabs(waiting, kind),
        kind=kind,
        waiting=waiting,
        may_write=Permission.BILLING_WRITE in g.permissions,
        error=error,
        wrong=wrong,
        typed=typed or {},
        doubts=doubts,
        today=day(clock.now(), g.zone),
    )


def following(rows: Any, ref: str) -> str:
    """The item behind `ref` in the list, for whoever goes on."""
    refs = [row.ref for row in rows]
    place = refs.index(ref) + 1 if ref in refs else 0
    return next((one for one in [*refs[place:], *refs[:place]] if one != ref), "")


def _item(ref: str) -> Item:
    kind = next((kind for prefix, kind in PREFIXES.items() if ref.startswith(prefix)), "")
    if kind == MONEY:
        return _money(ref)
    if kind == PROOF:
        return _proof(ref)
    if kind == SURPLUS:
        return Item(SURPLUS, ref, money_inbox.surplus(db.session(), ref))
    raise NotFound("This does not wait any more.")


def _money(ref: str) -> Item:
    session = db.session()
    row = money_inbox.unowned(session, ref)
    transfer = _transfer(row)
    asked = listing.words("q")
    same: list[Recorded] = []
    if row.BankLine is not None:
        same, _is_sure = matching.same_money(transfer, inbox.recorded(session, transfer, row.BankAccount.id))
    people: tuple[Any, ...] = ()
    if asked:
        found = inbox.owed_under(session, asked, transfer.amount.currency)
        choices = tuple(
            Choice(one, gettext("Written off") if one.is_written_off else "", len(found) == 1)
            for one in found[:MOST_FOUND]
        )
        people = () if found else tuple(inbox.people(session, asked, transfer.amount.currency))
    else:
        choices = _suggested(transfer, inbox.owed(session, transfer))
    return Item(MONEY, ref, row, choices, tuple(same), people=people, asked=asked)


def _suggested(transfer: Transfer, owed: list[Owed]) -> tuple[Choice, ...]:
    """The likeliest ones; the first is ticked, or all of those that are certain together."""
    sure = matching.certain(transfer, owed)
    ranked = matching.suggestions(transfer, owed)
    choices = []
    for place, one in enumerate(ranked):
        why = ", ".join(gettext(REASONS[reason]) for reason in one.reasons)
        choices.append(Choice(one.owed, why, one.owed in sure if sure else place == 0))
    return tuple(choices)


def _transfer(row: Any) -> Transfer:
    payment, receipt = row.Payment, row.BankReceipt
    if row.BankLine is not None:
        return inbox.transfer_of(row.BankLine)
    text, name = (receipt.reference, receipt.payer) if receipt is not None else (payment.gateway_ref or "", "")
    return Transfer(payment.amount, payment.received_on, text, name)


def _proof(ref: str) -> Item:
    session = db.session()
    row = money_inbox.proof(session, ref)
    return Item(
        PROOF,
        ref,
        row,
        same=tuple(money_inbox.money_of_proof(session, row.TransferProof)),
        accounts=tuple(accounts.open_ones(session, row.TransferProof.currency)),
    )


def _tabs(waiting: money_inbox.Waiting, kind: str) -> list[tuple[str, str, int | None, bool, bool]]:
    places = [
        ("", gettext("All")),
        (MONEY, gettext("Transfers")),
        (PROOF, gettext("Proofs")),
        (SURPLUS, gettext("From gateways")),
    ]
    counted = {"": sum(waiting.counts.values()), **waiting.counts}
    links: list[tuple[str, str, int | None, bool, bool]] = []
    for value, word in places:
        href = url_for("money_inbox.show_inbox", kind=value or None)
        links.append((word, href, counted[value], value == kind, _is_hot(value, counted)))
    return links


def _is_hot(kind: str, counted: Mapping[str, int]) -> bool:
    """A customer waits for an answer."""
    return kind == PROOF and counted[kind] > 0
