"""A billing world that is lived through: everything that falls due is done, at its own time, by the real actions.

A conftest that imports the fixtures `make`, `gateway` and `world` lets its tests live in one.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.slots import next_slot
from portal.actions.advance_dunning import advance_dunning
from portal.actions.charge_invoices import charge_invoices
from portal.actions.lapse_invoices import lapse_invoices
from portal.actions.recognise_revenue import recognise_revenue
from portal.actions.refund_payments import refund_payments
from portal.actions.relay_outbox import relay_outbox
from portal.actions.resolve_attempts import resolve_attempts
from portal.actions.resolve_disputes import resolve_disputes
from portal.actions.resolve_refunds import resolve_refunds
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.db import Base
from portal.dunning.models import DunningCase
from portal.invoicing.models import Invoice
from portal.notifications.models import Message
from portal.payments.models import Attempt
from tests.factories import Make
from tests.scripted import Script, gateway

__all__ = ["gateway"]
BEGIN = datetime(2026, 1, 15, 9, tzinfo=UTC)
RULE = Actor.system("story")
MOST = 500
MOVED = ("invoices", "attempts", "dunning_cases", "refunds", "disputes")


@dataclass
class World:
    """`at` is business time. Time passes with `until` and `days`; `sleep` lets it pass with nobody working."""

    session: Session
    make: Make
    gateway: Script
    at: datetime = BEGIN
    seen: list[datetime] = field(default_factory=list)

    def days(self, count: float) -> None:
        self.until(self.at + timedelta(days=count))

    def until(self, target: datetime) -> None:
        """Live from due time to due time, run slots among them."""
        self.work()
        while (coming := self._coming()) is not None and coming <= target:
            self._is_slot = coming >= self._slot()
            self.at = max(coming, self.at)
            self.work(run=self._is_slot)
        self.at = self.make.at = max(target, self.at)

    def sleep(self, days: int) -> None:
        """Everything stands still; then the run that was missed, and all that waits."""
        self.at += timedelta(days=days)
        self.work(run=True)

    def work(self, *, run: bool = False) -> None:
        """Do all that is due now until nothing is left."""
        self.make.at = self.at
        if run:
            self.make.run(self.at)
            recognise_revenue(limit=10_000, actor=RULE, at=self.at)
        for _ in range(MOST):
            if not self._round():
                break
        else:
            raise AssertionError(f"it does not come to rest at {self.at}")
        self.session.rollback()
        self.session.expire_all()
        self.seen.append(self.at)

    def mails(self, template: str = "") -> list[str]:
        """The templates of the mails that were to leave, in order; of one template: its days."""
        rows = self.session.execute(select(Message.template, Message.created_at).order_by(Message.id)).all()
        if template:
            return [f"{at:%Y-%m-%d}" for name, at in rows if name == template]
        return [name for name, _ in rows]

    def tries(self, invoice: Invoice) -> list[tuple[str, str, str]]:
        """Day, trigger and outcome of each try."""
        rows = self.session.scalars(select(Attempt).where(Attempt.invoice_id == invoice.id).order_by(Attempt.id))
        return [(f"{row.created_at:%Y-%m-%d}", row.trigger, str(row.status)) for row in rows]

    def case(self) -> DunningCase:
        """The latest case."""
        self.session.expire_all()
        return self.session.scalars(select(DunningCase).order_by(DunningCase.id.desc())).first() or pytest.fail("none")

    def _round(self) -> int:
        acting = {"actor": RULE, "at": self.at}
        return (
            charge_invoices(self.gateway.account_id, limit=100, **acting)
            + resolve_attempts(limit=100, **acting)
            + refund_payments(limit=100, **acting)
            + resolve_refunds(limit=100, **acting)
            + resolve_disputes(limit=100, **acting)
            + lapse_invoices(limit=100, **acting)
            + advance_dunning(limit=100, **acting)
            + relay_outbox(limit=100, at=self.at)
        )

    def _slot(self) -> datetime:
        business = businesses.read(self.session)
        return next_slot(self.at, business.run_hour, business.zone)

    def _coming(self) -> datetime | None:
        """The next run slot, or what waits before it. Mails and papers are no part of these stories."""
        due = [self._slot()]
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if "next_action_at" in table.c and table.name in MOVED:
                due.append(self.session.scalar(select(func.min(table.c.next_action_at))))
        self.session.rollback()
        return min((at for at in due if at is not None), default=None)


@pytest.fixture
def make(session: Session) -> Make:
    return Make(session, BEGIN)


@pytest.fixture
def world(session: Session, make: Make, gateway: Script) -> World:
    return World(session, make, gateway)
