"""What staff set about the company and what keeps the house running: policies, switches, ticks, heartbeats."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Connection, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.db import Base, CurrencyCode, Moment

STOP_CHARGES = "stop_charges"
STOP_MAILS = "stop_mails"
READ_ONLY = "read_only"
SWITCHES = (STOP_CHARGES, STOP_MAILS, READ_ONLY)


class Business(Base):
    """The company whose portal this is. One row."""

    __tablename__ = "business"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    legal_name: Mapped[str]
    address: Mapped[str]
    country: Mapped[str]
    tax_number: Mapped[str]
    email: Mapped[str]
    zone: Mapped[str]
    language: Mapped[str]
    currency: Mapped[CurrencyCode]
    run_hour: Mapped[int]
    accent: Mapped[str]
    settings: Mapped[dict[str, Any]]

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def policy(self, name: str) -> Any:
        """A setting as staff set it, or its default. Durations are whole hours, minutes or days as the name says."""
        return self.settings.get(name, POLICIES[name])


POLICIES: dict[str, Any] = {
    "quote_minutes": 30,
    "unpaid_change_hours": 24,
    "unpaid_first_hours": 24,
    "due_days_push": 7,
    "trial_without_method": "pause",  # or cancel, chase
    "customer_may_pause": True,
    "customer_may_cancel_now": False,
    "customer_may_pay_part": False,
    "proof_rest_days": 3,  # nobody is chased for so long while a proof of their transfer waits
    "run_hold_clock_hours": 36,
    "stop_line_invoice_times": 5,
    "stop_line_total_times": 2,
    "catch_up": "each_period",
    "renewal_notice_days": 7,
    "trial_notice_days": 3,
    "card_notice_days": 30,
}


class Switch(Base):
    """An emergency switch. Read by whoever is about to charge, mail or write."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    reason: Mapped[str]


class VirtualClock(Base):
    """The time machine's setting, in test mode only: frozen at an instant, or shifted; and where it is going.

    The scheduler moves it towards `target_at`, from one due time to the next, letting all work finish in between.
    """

    __tablename__ = "virtual_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    frozen_at: Mapped[Moment | None]
    shift_seconds: Mapped[int]
    target_at: Mapped[Moment | None]


class Tick(Base):
    """Whoever inserts the row owns the slot, so two schedulers do nothing twice. `taken_at` is wall time."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[Moment] = mapped_column(primary_key=True)
    taken_at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))


class Heartbeat(Base):
    """When a part last began and last finished, in wall time, and how late the business day was then."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    business_at: Mapped[Moment]


def read(session: Session) -> Business:
    """The one row; every installation has it from its first migration on."""
    return session.get_one(Business, 1)


def is_on(session: Session, switch: str) -> bool:
    return bool(session.scalar(select(Switch.is_on).where(Switch.name == switch)))


def claim_tick(session: Session, name: str, slot: datetime) -> bool:
    """True for the one caller that may do the slot's work."""
    claimed = insert(Tick).values(name=name, slot=slot).on_conflict_do_nothing().returning(Tick.name)
    return session.scalar(claimed) is not None


def silent_since_taken(session: Session, slots: Mapping[str, datetime]) -> set[str]:
    """Of these names those whose slot was taken and whose work has not ended since, well or badly."""
    wanted = tuple_(Tick.name, Tick.slot).in_(list(slots.items()))
    ended = select(Heartbeat.name).where(Heartbeat.name == Tick.name, Heartbeat.beat_at >= Tick.taken_at).exists()
    return set(session.scalars(select(Tick.name).where(wanted, ~ended)))


def beat(
    connection: Session | Connection, name: str, *, wall_at: datetime, at: datetime, finished: bool = False
) -> None:
    values = {"name": name, "beat_at": wall_at, "business_at": at, "finished_at": wall_at if finished else None}
    changed = {"beat_at": wall_at, "business_at": at} | ({"finished_at": wall_at} if finished else {})
    connection.execute(insert(Heartbeat).values(values).on_conflict_do_update(index_elements=["name"], set_=changed))


def hours_since_beat(session: Session, name: str, at: datetime) -> timedelta | None:
    """Business time that passed since the part last beat; None if it never did."""
    last = session.scalar(select(Heartbeat.business_at).where(Heartbeat.name == name))
    return None if last is None else at - last
