"""The panel of this twin: cards, customers, payments, and the deeds that only Paystack's stand-in knows."""

from __future__ import annotations

import itertools
import re
from typing import Any

from portal.twins import panel
from portal.twins.faults import Unknown
from portal.twins.panel import HOME, SHOWN
from portal.twins.paystack import asked as read
from portal.twins.paystack import shapes
from portal.twins.paystack.cards import CARDS, DECLINES
from portal.twins.paystack.ledger import Transaction
from portal.twins.paystack.pages import PAGES
from portal.twins.paystack.refusals import Refusal
from portal.twins.paystack.twin import Twin
from portal.twins.wire import Request, Response

__all__ = ["HOME", "respond"]


def respond(twin: Twin, request: Request) -> Response:
    return panel.respond(twin, request, pages=PAGES, home=_home, deeds=DEEDS)


def _home(twin: Twin) -> Response:
    ledger = twin.ledger
    with ledger.lock:
        transactions = [
            (row, ledger.customers[row.customer].email)
            for row in itertools.islice(reversed(ledger.transactions.values()), SHOWN)
        ]
        cards = [
            (row, ledger.customers[row.customer].email)
            for row in itertools.islice(reversed(ledger.authorizations.values()), SHOWN)
        ]
        customers = list(itertools.islice(reversed(ledger.customers.values()), SHOWN))
        refunds = list(itertools.islice(reversed(ledger.refunds.values()), SHOWN))
        disputes = list(itertools.islice(reversed(ledger.disputes.values()), SHOWN))
    return PAGES.page(
        "panel.html",
        transactions=transactions,
        cards=cards,
        customers=customers,
        refunds=refunds,
        disputes=disputes,
        codes=DECLINES,
        **panel.state(twin),
    )


def _rotate(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    former, fresh = read.words(told, "former"), read.words(told, "fresh")
    if not re.fullmatch(r"sk_test_[A-Za-z0-9_-]{1,100}", fresh):
        raise Unknown("fresh must begin with sk_test_")
    return {"key": fresh} if twin.rotate_key(former, fresh) else None


def _store_card(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """A card as if it had been stored by an earlier payment. For seeds; Paystack has no such call."""
    key, number = read.words(told, "secret_key"), re.sub(r"\s", "", read.words(told, "card")) or next(iter(CARDS))
    card = CARDS.get(number)
    if card is None:
        raise Unknown("card is not one of the test cards")
    if not re.fullmatch(r"sk_test_[A-Za-z0-9_-]{1,100}", key):
        raise Unknown("secret_key must begin with sk_test_")
    try:
        email = read.email(told)
    except Refusal as error:
        raise Unknown(str(error)) from error
    with twin.ledger.lock:
        integration = twin.ledger.integration(key)
        payer = twin.ledger.customer(integration.id, email, twin.till.now)
        row = twin.ledger.authorize(payer, card.number, card.brand, card.bank, twin.till.now)
        year = read.whole_number(told, "exp_year", 2050, 2100)
        row.exp_month, row.exp_year = f"{read.whole_number(told, 'exp_month', 12, 12):02d}", str(year)
        twin.ledger.save(row)
    return {"authorization": shapes.authorization(row), "customer": shapes.customer(payer)}


def _paid(twin: Twin, told: dict[str, Any]) -> Transaction:
    """The transaction that `reference` names. Raises Unknown unless money came in with it."""
    named = read.words(told, "reference")
    found = [row for row in twin.ledger.transactions.values() if named in (row.reference, str(row.id))]
    if not found or not found[0].paid_at:
        raise Unknown("reference is none of a payment")
    return found[0]


def _dispute(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """The payer's bank objects: `reference`, `amount` (or all of it), `hours` to answer, and how it `ends`."""
    row, ends = _paid(twin, told), read.words(told, "ends") or "lost"
    if ends not in ("won", "lost"):
        raise Unknown("ends is won or lost")
    amount = read.whole_number(told, "amount", row.amount, row.amount)
    hours = read.whole_number(told, "hours", 16, 2000)
    category = read.words(told, "category", 40) or "chargeback"
    dispute, release = twin.court.open(row, amount=amount, category=category, hours=hours, ends=ends)
    release()
    return shapes.dispute(twin.ledger, dispute)


def _decide(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    row, ends = twin.ledger.disputes.get(int(found[0])), read.words(told, "ends") or "lost"
    if ends not in ("won", "lost"):
        raise Unknown("ends is won or lost")
    if row is None or row.status == "resolved":
        return None
    twin.court.decide(row, ends)()
    return shapes.dispute(twin.ledger, row)


def _disputes(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"disputes": [shapes.dispute(twin.ledger, row) for row in list(twin.ledger.disputes.values())]}


def _refund(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    """Somebody gives money back in Paystack's own dashboard, outside any system of the merchant."""
    about = _paid(twin, told)
    amount = read.whole_number(told, "amount", about.amount - about.refunded, about.amount)
    if about.refunded + amount > about.amount or amount <= 0:
        raise Unknown("amount is more than is left")
    row = twin.till.open_refund(about, amount, note=read.words(told, "note") or f"Refund for {about.reference}")
    twin.till.begin_refund(row, about)()
    return shapes.refund(row)


def _upload(twin: Twin, told: dict[str, Any], found: tuple[str, ...]) -> object:
    return {"stored": found[0]}


DEEDS: panel.Deeds[Twin] = (
    ("POST", "/keys", _rotate),
    ("POST", "/authorizations", _store_card),
    ("GET", "/disputes", _disputes),
    ("POST", "/disputes", _dispute),
    ("POST", r"/disputes/([0-9]{1,12})/decide", _decide),
    ("POST", "/refunds", _refund),
    ("PUT", r"/uploads/([\w.-]{1,200})", _upload),
)
