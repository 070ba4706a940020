"""A portal beside a real twin of its gateway, and a way to let things happen at the same instant."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from jobs.slots import next_slot
from portal.actions.charge_invoices import charge_invoices
from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.receive_gateway_news import receive_gateway_news
from portal.actions.recognise_revenue import recognise_revenue
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.book.proofs import failures, prove
from portal.core import crashes
from portal.core.actors import Actor
from portal.core.secrets import vault
from portal.core.settings import Settings
from portal.customers.models import Customer
from portal.gateways.base import StoredMethod
from portal.invoicing.models import Invoice
from portal.payments import methods
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import SubscriptionStatus
from tests.factories import Make
from tests.twins.running import GOOD_CARD, Running, running
from tests.world import World

RULE = Actor.system("race")
GATEWAY = Actor.gateway("news")
UNSENT = {"news_of_ours_is_told_in_time"}  # where nobody sends mails


@dataclass
class Account:
    """What `World` asks of a gateway."""

    account_id: int


@dataclass
class Rig:
    """`at` is business time; the twin's own clock does not matter here."""

    app: Flask
    session: Session
    make: Make
    twin: Running
    account: GatewayAccount
    key: str
    travel: Callable[[datetime], None]

    @property
    def at(self) -> datetime:
        return self.make.at

    def go(self, at: datetime) -> None:
        """Business time stands still at `at`, for actions, pages and jobs."""
        self.make.at = at
        self.travel(at)

    def card(self, customer: Customer, number: str = GOOD_CARD, **changed: Any) -> PaymentMethod:
        """A card that the twin knows, the customer's default."""
        token = self.twin.card(customer.email, number, self.key)
        stored = StoredMethod(
            token=token, kind="card", brand="visa", last4=number[-4:], expires_on=None, bank="Test Bank",
            is_reusable=True, fingerprint=token, payer_email=customer.email, **changed,
        )  # fmt: skip
        kept = methods.keep(
            self.session, stored, customer_id=customer.id, account_id=self.account.id, vault=vault(), at=self.at
        )
        self.session.commit()
        return kept

    def subscription(self, amount_minor: int = 10_000_00, customer: Customer | None = None) -> Subscription:
        """Active and paid, with a card at the twin."""
        customer = customer or self.make.customer()
        self.card(customer)
        return self.make.subscription(self.make.price(amount_minor), customer=customer)

    def due(self, count: int) -> list[Subscription]:
        """So many subscriptions, and the morning on which all of them are to be renewed."""
        made = [self.subscription() for _ in range(count)]
        assert {one.status for one in made} == {SubscriptionStatus.ACTIVE}
        self.go(next_slot(datetime.combine(made[0].period_end_on, self.at.time(), self.at.tzinfo), 7, "Africa/Lagos"))
        return made

    def waiting(self, count: int) -> list[Attempt]:
        """So many renewals that are issued and wait to be charged."""
        self.due(count)
        self.renew()
        self.session.rollback()
        return list(self.session.scalars(select(Attempt).where(Attempt.status == "waiting").order_by(Attempt.id)))

    def plan(self) -> str:
        ref = plan_billing_run(None, actor=RULE, at=self.at)
        assert ref is not None
        return ref

    def renew(self) -> None:
        ref = self.plan()
        while renew_subscriptions(ref, limit=100, actor=RULE, at=self.at):
            pass

    def charge(self) -> int:
        return charge_invoices(self.account.id, limit=100, actor=RULE, at=self.at)

    def hear(self) -> int:
        """Work off the news."""
        return receive_gateway_news(limit=100, actor=GATEWAY, at=self.at)

    def live(self, **passed: float) -> None:
        """So much time passes, and everything falls due at its own time."""
        world = World(self.session, self.make, Account(self.account.id), self.at)  # type: ignore[arg-type]
        world.until(self.at + timedelta(**passed))
        self.go(world.at)

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """All at the same instant, each in a thread with a context and connections of its own. An error is a result."""
        gate = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            with self.app.app_context():
                gate.wait(10)
                try:
                    return call()
                except Exception as error:
                    return error

        with ThreadPoolExecutor(len(calls)) as pool:
            results = list(pool.map(run, calls))
        self.session.rollback()
        self.session.expire_all()
        return results

    def count(self, table: Any, *where: Any) -> int:
        self.session.rollback()
        return self.session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    def all(self, column: Any, *where: Any) -> list[Any]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(column).where(*where).order_by(getattr(column, "id", column))))

    def renewals(self) -> list[Invoice]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Invoice).where(Invoice.run_id.is_not(None)).order_by(Invoice.id)))

    def charged(self) -> list[str]:
        """The references under which the twin truly took money, in order."""
        return [deed["reference"] for deed in self.twin.deeds("charged")]

    def sql(self, statement: str, **values: Any) -> None:
        """Behind the portal's back, past every trigger."""
        self.session.rollback()
        self.session.execute(text("SET LOCAL session_replication_role = replica"))
        self.session.execute(text(statement), values)
        self.session.commit()

    def broken(self) -> dict[str, Any]:
        """What is not as it must be, once what was earned by now is posted."""
        recognise_revenue(limit=10_000, actor=RULE, at=self.at)
        self.session.rollback()
        return failures(prove(self.session, at=self.at, without=UNSENT))


@pytest.fixture(scope="session")
def shared_twin() -> Iterator[Running]:
    with running(seed=7, webhook_timeout=5.0) as found:
        yield found


@pytest.fixture
def twin(shared_twin: Running) -> Iterator[Running]:
    shared_twin.twin.reset()
    shared_twin.twin.post.url = ""
    yield shared_twin
    shared_twin.twin.post.url = ""
    shared_twin.twin.reset()


@pytest.fixture
def rig(
    app: Flask, session: Session, make: Make, twin: Running, settings: Settings, travel: Callable[[datetime], None]
) -> Rig:
    account = make.account()
    account.base_url, account.calls_per_minute = twin.url, 0
    session.commit()
    made = Rig(app, session, make, twin, account, settings.paystack_secret_key, travel)
    made.go(make.at)
    return made


class Quiet(WSGIRequestHandler):
    def log_request(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def door(application: Flask) -> Iterator[str]:
    """The portal's pages at an address of their own."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def news(rig: Rig, door: str) -> Iterator[Running]:
    """The twin, which tells the portal what happens."""
    rig.twin.twin.post.url = f"{door}/hooks/paystack/{rig.account.hook_token}"
    yield rig.twin
    rig.twin.wait()


@pytest.fixture
def proved(rig: Rig) -> Iterator[None]:
    """Every invariant holds when the test ends."""
    yield
    broken = rig.broken()
    assert not broken, broken


@pytest.fixture
def stumble(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """stumble("C-02:1:sleep"): at these points of the code this process stops for a moment, or fails."""
    monkeypatch.setattr(crashes, "SLEEP_SECONDS", 0.4)
    yield crashes.load_plan
    crashes.load_plan("")
