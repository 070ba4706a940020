"""A gateway whose answers a test writes beforehand. Reached through the registry like any other, so nothing is mocked.

`gateway.will(...)` says what becomes of the next charges; without it they succeed. What was asked stands in
`gateway.orders`. A page that was opened is paid with `gateway.pays(reference)`; only then a question about it finds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions._gateways import secret_place
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.core.secrets import vault
from portal.customers.models import Customer
from portal.gateways import registry
from portal.gateways.base import (
    Ability,
    Answer,
    ChargeOrder,
    ChargeOutcome,
    CheckoutOrder,
    DeclineKind,
    LookUp,
    Outcome,
    Payable,
    StoredMethod,
)
from portal.gateways.probes import Probe
from portal.gateways.protocols import Deadlines
from portal.payments import methods
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod
from tests.returning import Back

NAME = "scripted"
SOFT = {"outcome": Outcome.DECLINED, "decline": DeclineKind.RETRY_LATER, "reason": "Insufficient funds"}
HARD = {"outcome": Outcome.DECLINED, "decline": DeclineKind.NEVER_RETRY, "reason": "Stolen card"}
Said = Outcome | Mapping[str, Any]


@dataclass
class Script:
    """What the gateway is going to say, and what it was asked. It keeps what it said under each reference."""

    account_id: int = 0
    coming: list[Said] = field(default_factory=list)
    cards: dict[str, Said] = field(default_factory=dict)
    orders: list[ChargeOrder] = field(default_factory=list)
    pages: dict[str, CheckoutOrder] = field(default_factory=dict)
    known: dict[str, ChargeOutcome] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    back: Back = field(default_factory=Back)

    def will(self, *said: Said) -> None:
        """The outcomes of the next charges, one each: an Outcome, SOFT, HARD, or fields of a ChargeOutcome."""
        self.coming += said

    def card_will(self, token: str, said: Said) -> None:
        """What every charge of one card comes to, unless the next outcome was said."""
        self.cards[token] = said

    def becomes(self, reference: str, said: Said) -> None:
        """What a question about the reference finds from now on."""
        order = next(order for order in self.orders if order.reference == reference)
        self.known[reference] = self._outcome(said, reference, order.amount, order.payer_email)

    def pays(self, reference: str, said: Said = Outcome.SUCCEEDED, *, card: StoredMethod | None = None) -> None:
        """The customer pays (or fails to) on the page that was opened under the reference."""
        order = self.pages[reference]
        outcome = self._outcome(said, reference, order.amount, order.payer_email)
        self.known[reference] = replace(outcome, method=card or fresh_card(order.payer_email))

    def charged(self, order: ChargeOrder) -> ChargeOutcome:
        self.orders.append(order)
        said = self.coming.pop(0) if self.coming else self.cards.get(order.method_token, Outcome.SUCCEEDED)
        outcome = self._outcome(said, order.reference, order.amount, order.payer_email)
        if outcome.outcome is not Outcome.NOT_SENT:
            self.known[order.reference] = outcome
        return outcome

    def _outcome(self, said: Said, reference: str, amount: Money, email: str) -> ChargeOutcome:
        fields: dict[str, Any] = {"outcome": said} if isinstance(said, Outcome) else dict(said)
        if fields["outcome"] is Outcome.SUCCEEDED:
            paid = {"amount": amount, "currency": amount.currency, "payer_email": email, "mode": "test"}
            fields = {"gateway_ref": f"T{next(self.numbers):06}", **paid, **fields}
        if fields["outcome"] is Outcome.DECLINED:
            fields = {"decline": DeclineKind.RETRY_LATER, "reason": "Declined", **fields}
        return ChargeOutcome(reference=reference, **fields)


script = Script()


class Scripted:
    """The adapter. Its only state is the script of the running test."""

    name = NAME
    abilities = frozenset(
        {Ability.CHARGE, Ability.CHECKOUT, Ability.LOOK_UP, Ability.PROBE, Ability.REFUND, Ability.DISPUTES}
    )
    mode = "test"

    secret_names = ("secret_key",)

    def __init__(
        self,
        *,
        secrets: Mapping[str, str],
        mode: str = "",
        base_url: str = "",
        former_secrets: Sequence[Mapping[str, str]] = (),
        deadlines: Any = None,
    ):
        self.deadlines = deadlines or Deadlines()

    @staticmethod
    def least(currency: str) -> Money | None:
        return Money.zero(currency)

    def require_payable(self, amount: Money) -> None:
        assert amount.is_positive

    def minimum(self, currency: str) -> Money | None:
        return Money.zero(currency)

    def probe(self) -> Probe:
        return Probe(True, 1, "test", "It works.")

    def charge(self, order: ChargeOrder) -> ChargeOutcome:
        return script.charged(order)

    def __getattr__(self, name: str) -> Any:
        """What gives money back is scripted in `script.back`."""
        if name in ("refund", "refunds_of", "retry_refund", "dispute", "answer_dispute"):
            return getattr(script.back, name)
        raise AttributeError(name)

    def forget(self, method_token: str) -> Outcome:
        return Outcome.SUCCEEDED

    def checkout(self, order: CheckoutOrder) -> Payable:
        script.pages[order.reference] = order
        return Payable(Outcome.ACTION_REQUIRED, order.reference, link=f"https://pay.example/{order.reference}")

    def look_up(
        self, reference: str, *, gateway_ref: str = "", session: str = "", since: datetime | None = None
    ) -> LookUp:
        if reference in script.known:
            return LookUp(Answer.FOUND, script.known[reference])
        if reference in script.pages:
            return LookUp(Answer.FOUND, ChargeOutcome(Outcome.ACTION_REQUIRED, reference))
        return LookUp(Answer.NOT_FOUND)


def fresh_card(email: str, *, last4: str = "4081", expires_on: date | None = None) -> StoredMethod:
    """A card as a gateway stores it; another one each time."""
    token = public_ref("tok")
    return StoredMethod(
        token=token, kind="card", brand="visa", last4=last4, expires_on=expires_on, bank="Test Bank",
        is_reusable=True, fingerprint=token, payer_email=email,
    )  # fmt: skip


def give_card(
    session: Session, customer: Customer, *, at: datetime, will: Said | None = None, card: StoredMethod | None = None
) -> PaymentMethod:
    """Store a card of the customer and make it the default, without paying; `will`: what its charges come to."""
    account = session.scalars(select(GatewayAccount.id).where(GatewayAccount.gateway == NAME)).one()
    stored = card or fresh_card(customer.email)
    if will is not None:
        script.card_will(stored.token, will)
    method = methods.keep(session, stored, customer_id=customer.id, account_id=account, vault=vault(), at=at)
    session.commit()
    return method


def pages_of(session: Session, customer_id: int) -> list[str]:
    """The references of the pages that were opened for the customer, the latest first."""
    opened = select(Attempt.reference).where(Attempt.customer_id == customer_id, Attempt.kind == "payable")
    return list(session.scalars(opened.order_by(Attempt.id.desc())))


@pytest.fixture
def gateway(session: Session, monkeypatch: pytest.MonkeyPatch) -> Script:
    """The script of this test's gateway, whose account is enabled for every currency of the tests."""
    script.__init__()  # type: ignore[misc]
    monkeypatch.setitem(registry.ADAPTERS, NAME, Scripted)  # type: ignore[arg-type]
    account = GatewayAccount(
        ref=public_ref("gw"), gateway=NAME, mode="test", base_url="", hook_token=public_ref("hook"),
        currencies=["NGN", "USD", "GHS", "KES", "ZAR", "XOF", "IDR"], is_enabled=True, calls_per_minute=0,
        created_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    )  # fmt: skip
    account.secrets = vault().seal('{"secret_key": "of the script"}', place=secret_place(account))
    session.add(account)
    session.commit()
    script.account_id = account.id
    return script
