"""A world whose customers send their money themselves, beside a real stand-in for iPaymu that tells the portal.

Every test may ask for `pushed`, the world. The stand-in is started once, for it has one address.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions._gateways import secret_place
from portal.actions.create_subscription import create_subscription
from portal.actions.open_payable import Opened, Wish, open_payable
from portal.actions.receive_gateway_news import receive_gateway_news
from portal.book.proofs import failures, prove
from portal.core.actors import Actor, ActorKind
from portal.core.ids import public_ref
from portal.core.secrets import vault
from portal.core.settings import Settings
from portal.gateways.base import Channel
from portal.invoicing.models import Invoice
from portal.payments import payables
from portal.payments.models import Attempt, GatewayAccount, Payment
from portal.payments.payables import Details
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF, Make
from tests.twins.running_ipaymu import API_KEY, VA, RunningIpaymu, running_ipaymu
from tests.world import RULE, World

PAYER = Actor(ActorKind.CUSTOMER, "pay link")
UNSENT = {"news_of_ours_is_told_in_time"}  # nobody sends mails in these stories


@dataclass
class Account:
    """What `World` asks of a gateway."""

    account_id: int


@dataclass(kw_only=True)
class PushWorld(World):
    """The stand-in's clock and that of the pages go with the world's."""

    twin: RunningIpaymu
    account: GatewayAccount
    travel: Callable[[datetime], None]

    def go(self, at: datetime) -> None:
        self.at = self.make.at = at
        self.travel(at)
        self.twin.clock(at.isoformat())
        self.twin.wait()

    def work(self, *, run: bool = False) -> None:
        self.go(self.at)
        super().work(run=run)

    def _round(self) -> int:
        return super()._round() + receive_gateway_news(limit=100, actor=RULE, at=self.at)

    def owed(self, amount_minor: int = 250_000, **changed: Any) -> Invoice:
        """An invoice that its customer is to pay within a week."""
        customer = self.make.customer(zone="Asia/Jakarta", country="ID", **changed)
        price = self.make.price(amount_minor, currency="IDR")
        terms = StartTerms(collection=Collection.PUSH)
        ref = create_subscription(
            customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, asked=terms, actor=STAFF, at=self.at
        )
        self.work()
        return self.make.invoice(self.make.one(Subscription, Subscription.ref == ref))

    def opening(self, invoice: Invoice, channel: str = "virtual_account", bank: str = "", **changed: Any) -> Any:
        """What opens it when it is called, with nothing of this world's own session."""
        bank = bank or ("bni" if channel == "virtual_account" else "")
        back = "https://portal.example.test/pay/back"
        wish = Wish(back, back, channel=Channel(channel), bank=bank, keeps_method=False, **changed)
        return partial(open_payable, invoice.ref, wish, actor=PAYER, at=self.at)

    def open(self, invoice: Invoice, channel: str = "virtual_account", bank: str = "", **changed: Any) -> Opened:
        """Its payer chooses a way to pay."""
        opening = self.opening(invoice, channel, bank, **changed)
        self.session.rollback()
        try:
            opened: Opened = opening()
            return opened
        finally:
            self.session.rollback()
            self.session.expire_all()

    def attempts(self, invoice: Invoice) -> list[Attempt]:
        """All that was opened for the invoice, the first one first."""
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Attempt).where(Attempt.invoice_id == invoice.id).order_by(Attempt.id)))

    def statuses(self, invoice: Invoice) -> list[str]:
        return [str(one.status) for one in self.attempts(invoice)]

    def details(self, invoice: Invoice) -> Details:
        """Of what was opened last."""
        return payables.details(self.attempts(invoice)[-1])

    def pays(self, invoice: Invoice, *, do: str = "pay") -> None:
        """The payer sends the money to the number that was opened last."""
        self.send(self.details(invoice).transaction, do=do)

    def send(self, transaction: str, *, do: str = "pay") -> None:
        self.twin.pay(int(transaction), do)
        self.twin.wait()

    def money(self) -> list[int]:
        """The payments that were booked, in order."""
        self.session.rollback()
        return list(self.session.scalars(select(Payment.amount_minor).order_by(Payment.id)))

    def reload(self, invoice: Invoice) -> Invoice:
        self.session.rollback()
        self.session.expire_all()
        return self.session.get_one(Invoice, invoice.id)


@pytest.fixture(scope="session")
def shared_ipaymu(settings: Settings) -> Iterator[RunningIpaymu]:
    """At the address that the settings know, so that forms may lead there."""
    port = int(urlsplit(settings.ipaymu_base_url).port or 0)
    with running_ipaymu(port=port, seed=11, webhook_timeout=5.0) as found:
        yield found


@pytest.fixture
def ipaymu(shared_ipaymu: RunningIpaymu) -> Iterator[RunningIpaymu]:
    shared_ipaymu.twin.reset()
    shared_ipaymu.twin.post.url = ""
    yield shared_ipaymu
    shared_ipaymu.twin.post.url = ""
    shared_ipaymu.twin.reset()


@pytest.fixture
def pushed(
    app: Flask, session: Session, make: Make, ipaymu: RunningIpaymu, door: str, travel: Callable[[datetime], None]
) -> Iterator[PushWorld]:
    """Every invariant holds when the story ends."""
    account = GatewayAccount(
        ref=public_ref("gwa"), gateway="ipaymu", mode="test", base_url=ipaymu.url, hook_token=public_ref("hook"),
        currencies=["IDR"], is_enabled=True, calls_per_minute=0, created_at=make.at,
    )  # fmt: skip
    account.secrets = vault().seal(json.dumps({"va": VA, "api_key": API_KEY}), place=secret_place(account))
    session.add(account)
    session.commit()
    ipaymu.twin.post.url = f"{door}/hooks/ipaymu/{account.hook_token}"
    world = PushWorld(session, make, Account(account.id), twin=ipaymu, account=account, travel=travel)  # type: ignore[arg-type]
    world.go(make.at)
    yield world
    world.session.rollback()
    broken = failures(prove(session, at=world.at, without=UNSENT))
    assert not broken, broken
