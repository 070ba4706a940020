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
    return PAGES.page(
        "panel.html",
        transactions=transactions,
        cards=cards,
        customers=customers,
        refunds=refunds,
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


DEEDS: panel.Deeds[Twin] = (
    ("POST", "/keys", _rotate),
    ("POST", "/authorizations", _store_card),
)
