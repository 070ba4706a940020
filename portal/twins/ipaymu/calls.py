"""What each call of the API does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from portal.twins.faults import Plan
from portal.twins.ipaymu import asked as read
from portal.twins.ipaymu import shapes
from portal.twins.ipaymu.asked import Asked
from portal.twins.ipaymu.channels import METHODS, find
from portal.twins.ipaymu.ledger import Buyer, Ledger, Merchant, Transaction, Visit
from portal.twins.ipaymu.refusals import bad, not_found, wrong_fields
from portal.twins.ipaymu.switches import Switches
from portal.twins.ipaymu.till import Release, Till
from portal.twins.told import whole_number, words

LONGEST_PAGE = 20
Body = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """One call: who calls, what was asked, what is to go wrong, and the callbacks that wait for its answer."""

    till: Till
    merchant: Merchant
    asked: Asked
    plan: Plan
    public_url: str
    releases: list[Release] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        return self.till.ledger

    @property
    def switches(self) -> Switches:
        return self.till.switches


def payment(turn: Turn) -> Body:
    """A session of the hosted page. The same reference makes another one every time."""
    asked = turn.asked
    read.require(asked, ("product", "qty", "price", "notifyUrl"), "invalid request")
    amount = read.total(asked)
    read.require_amount(amount)
    method = words(asked, "paymentMethod", 30).lower()
    if method and method not in (*METHODS, "cod", "banktransfer"):
        raise bad("payment method yang dipilih tidak valid.")
    buyer = Buyer(words(asked, "buyerName"), words(asked, "buyerEmail"), words(asked, "buyerPhone", 30))
    visit = _visit(turn, turn.ledger.fresh_sid(), amount, buyer, method)
    turn.ledger.save(visit)
    _note(turn, visit)
    sid = shapes.session_id(turn.switches, visit.sid)
    return shapes.envelope(turn.switches, {"SessionID": sid, "Url": f"{turn.public_url}/payment/{sid}"})


def direct(turn: Turn) -> Body:
    """A transaction at once, for a page of the merchant's own. Its session is called like the reference."""
    asked = turn.asked
    required = ("name", "phone", "email", "amount", "notifyUrl", "paymentMethod", "paymentChannel")
    read.require(asked, required)
    amount = read.whole(asked, "amount")
    read.require_amount(amount)
    channel = find(words(asked, "paymentMethod", 30), words(asked, "paymentChannel", 30))
    if channel is None:
        raise wrong_fields({"paymentChannel": "payment channel yang dipilih tidak valid."})
    buyer = Buyer(words(asked, "name"), words(asked, "email"), words(asked, "phone", 30))
    sid = words(asked, "referenceId", 200) or turn.ledger.fresh_sid()
    visit = _visit(turn, sid, amount, buyer, channel.via)
    _note(turn, visit)
    row, release = turn.till.open(visit, channel, is_direct=True)
    turn.releases.append(release)
    return shapes.envelope(turn.switches, shapes.direct(turn.switches, row, turn.merchant, turn.public_url))


def _visit(turn: Turn, sid: str, amount: int, buyer: Buyer, method: str) -> Visit:
    asked, hosts = turn.asked, turn.switches.allowed_hosts
    return Visit(
        sid=sid,
        merchant=turn.merchant.id,
        reference=words(asked, "referenceId", 200),
        amount=amount,
        product=read.product(asked) or words(asked, "comments", 300),
        notify_url=read.address(asked, "notifyUrl", hosts),
        return_url=read.address(asked, "returnUrl", hosts) or read.address(asked, "successUrl", hosts),
        cancel_url=read.address(asked, "cancelUrl", hosts),
        buyer=buyer,
        bears=read.bears(asked),
        method=method,
        seconds=read.life(asked).total_seconds(),
        created_at=turn.till.now.isoformat(),
    )


def _note(turn: Turn, visit: Visit) -> None:
    turn.till.truth.add(
        "initialized",
        turn.till.now,
        reference=visit.reference,
        amount=visit.amount,
        currency="IDR",
        session=visit.sid,
        email=visit.buyer.email,
    )


def check(turn: Turn) -> Body:
    """One transaction by its number; a session finds none, unless the twin was told to be kind."""
    read.require(turn.asked, ("transactionId",))
    _require_own_account(turn)
    row = _named(turn, words(turn.asked, "transactionId", 200))
    if row is None:
        raise not_found()
    return shapes.envelope(turn.switches, shapes.transaction(turn.switches, row, turn.merchant), "success")


def _named(turn: Turn, named: str) -> Transaction | None:
    if named.isascii() and named.isdigit() and len(named) < 19:
        row = turn.ledger.transactions.get(int(named))
        return row if row is not None and row.merchant == turn.merchant.id else None
    if not turn.switches.finds_sessions:
        return None
    return next((row for row in turn.ledger.of(turn.merchant) if row.sid.lower() == named.lower()), None)


def history(turn: Turn) -> Body:
    """Newest first unless told otherwise, by pages of at most twenty, while new ones come. No reference finds any."""
    _require_own_account(turn)
    asked, size = turn.asked, whole_number(turn.asked, "limit", LONGEST_PAGE, LONGEST_PAGE)
    filters = list(_filters(turn))
    rows = [row for row in turn.ledger.of(turn.merchant) if all(fits(row) for fits in filters)]
    if words(asked, "order", 4).upper() == "ASC":
        rows.reverse()
    page = whole_number(asked, "page", 1, 10**6)
    told = [shapes.listed(turn.switches, row, turn.merchant) for row in islice(rows, (page - 1) * size, page * size)]
    pages = max(1, -(-len(rows) // size))
    if turn.switches.history_shape == "site":
        data = {"Results": told, "Total": len(rows), "Per_Page": size, "Current_Page": page, "Total_Page": pages}
        return shapes.envelope(turn.switches, data, "success")
    counted = {"total": len(rows), "count": len(told), "per_page": size, "current_page": page, "total_pages": pages}
    return shapes.envelope(turn.switches, {"Transaction": told, "Pagination": counted}, "success")


def _filters(turn: Turn) -> Iterator[Callable[[Transaction], bool]]:
    asked = turn.asked
    status, kind, one = (words(asked, name, 20) for name in ("status", "type", "id"))
    bulk = [number.strip() for number in words(asked, "bulkId").split(",") if number.strip()]
    since, until = words(asked, "startdate", 10), words(asked, "enddate", 10)
    by_payment = words(asked, "date") == "indate"

    def is_inside(row: Transaction) -> bool:
        stamp = row.paid_at if by_payment else row.created_at
        day = shapes.local(stamp)[:10] if stamp else ""
        return bool(day) and since <= day and (not until or day <= until)

    for name, told in (("startdate", since), ("enddate", until)):
        if told:
            _require_day(name, told)
    yield lambda row: status in ("", str(row.status)) and kind in ("", str(row.kind)) and one in ("", str(row.id))
    yield lambda row: not bulk or str(row.id) in bulk
    if since or until:
        yield is_inside


def _require_day(name: str, told: str) -> None:
    try:
        datetime.fromisoformat(told) + timedelta(0)
    except ValueError as error:
        raise wrong_fields({name: f"{name} bukan tanggal yang valid."}) from error


def channels(turn: Turn) -> Body:
    return shapes.envelope(turn.switches, shapes.channels())


def balance(turn: Turn) -> Body:
    """What was settled and not returned, as text; this answer has never said Success."""
    read.require(turn.asked, ("account",))
    _require_own_account(turn)
    net = sum(row.amount - row.fee for row in turn.ledger.of(turn.merchant) if row.status == 1)
    told = {"Va": turn.merchant.va, "MerchantBalance": str(net), "MemberBalance": "0"}
    return {"Status": 200, "Data": told, "Message": "success"}


def _require_own_account(turn: Turn) -> None:
    if words(turn.asked, "account") not in ("", turn.merchant.va):
        raise wrong_fields({"account": "Invalid va"})
