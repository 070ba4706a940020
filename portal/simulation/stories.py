"""What becomes of the customers of the checked year: how many of each kind, what they do, and on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import cycle

from portal.core.periods import Interval, Unit
from portal.simulation.people import Company, companies
from portal.simulation.world import Order
from portal.subscriptions.states import Collection

MONTHLY, YEARLY = Interval(Unit.MONTH), Interval(Unit.YEAR)
PASSWORD = "Sunrise-over-Lagos-7"  # noqa: S105  (of made-up customers)
ENROLLING_DAYS = (0, 2, 4, 6, 8, 28, 29, 30, 14, 21)
"""Days after the first at which somebody begins: from a 1st on these are anchors on the 29th to 31st as well."""

TWICE_DECLINED = "4000000000000051"
ALWAYS_BROKE = "4084080000670037"
EXPIRED = "4000000000000054"
STOLEN = "4000000000000043"
ASKS_TO_CONFIRM = "4000000000000002"
TAKES_AN_HOUR = "4000000000000003"


class Deed(StrEnum):
    """What a customer does of their own accord, some days after they began."""

    NEW_CARD = "new_card"
    PAY = "pay"
    CANCEL = "cancel"
    UNDO = "undo"
    PAUSE = "pause"
    RESUME = "resume"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`deeds`: (days after the start, deed). `faults`: what the twin does to this customer's charges."""

    name: str
    count: int
    order: Order
    deeds: tuple[tuple[int, Deed], ...] = ()
    faults: tuple[dict[str, str | float], ...] = ()


STARTER = Order(plan="Starter", interval=MONTHLY)
TEAM = Order(plan="Team", interval=MONTHLY, trial_days=0)
SCALE = Order(plan="Scale", interval=MONTHLY)

STORIES = (
    Story(name="yearly", count=16, order=replace(TEAM, interval=YEARLY)),
    Story(name="steady", count=10, order=STARTER),
    Story(name="steady", count=12, order=replace(TEAM, seats=3)),
    Story(name="steady", count=6, order=SCALE),
    Story(name="twice_declined", count=8, order=replace(STARTER, card=TWICE_DECLINED)),
    Story(name="broke", count=4, order=replace(STARTER, card=ALWAYS_BROKE)),
    Story(name="broke_then_paid", count=4, order=replace(TEAM, card=ALWAYS_BROKE), deeds=((52, Deed.NEW_CARD),)),
    Story(name="stolen", count=3, order=replace(STARTER, card=STOLEN)),
    Story(name="expired_then_new_card", count=3, order=replace(STARTER, card=EXPIRED), deeds=((36, Deed.NEW_CARD),)),
    Story(name="unconfirmed", count=1, order=replace(STARTER, card=ASKS_TO_CONFIRM)),
    Story(name="slow_bank", count=2, order=replace(STARTER, card=TAKES_AN_HOUR)),
    Story(name="lost_answers", count=2, order=STARTER, faults=({"do": "error_after"}, {"do": "news_lost"})),
    Story(name="late_news", count=2, order=TEAM, faults=({"do": "reset_after"}, {"do": "news_twice", "code": "5"})),
    Story(name="early_news", count=2, order=STARTER, faults=({"do": "news_early"},)),
    Story(name="trial", count=4, order=replace(TEAM, trial_days=14, card=None), deeds=((5, Deed.NEW_CARD),)),
    Story(name="trial_without_card", count=3, order=replace(TEAM, trial_days=14, card=None)),
    Story(name="never_paid", count=3, order=replace(STARTER, card=None)),
    Story(name="canceled", count=3, order=replace(STARTER, password=PASSWORD), deeds=((40, Deed.CANCEL),)),
    Story(
        name="stayed",
        count=2,
        order=replace(STARTER, password=PASSWORD),
        deeds=((40, Deed.CANCEL), (44, Deed.UNDO)),
    ),
    Story(
        name="paused",
        count=2,
        order=replace(STARTER, password=PASSWORD),
        deeds=((40, Deed.PAUSE), (100, Deed.RESUME)),
    ),
    Story(name="upgraded", count=6, order=replace(STARTER, password=PASSWORD), deeds=((47, Deed.UPGRADE),)),
    Story(name="downgraded", count=3, order=replace(TEAM, password=PASSWORD), deeds=((47, Deed.DOWNGRADE),)),
    Story(
        name="pushed",
        count=3,
        order=replace(STARTER, collection=Collection.PUSH),
        deeds=tuple((30 * month + 5, Deed.PAY) for month in range(1, 14)),
    ),
)


Role = tuple[timedelta, Company, Story]
"""Who, with which story, so long after the drive begins."""


def cast() -> Iterator[Role]:
    """Everybody with the day they begin; each story has its people on several days."""
    people = companies("customers.example")
    roles = ((next(people), story) for story in STORIES for _ in range(story.count))
    for (company, story), days in zip(roles, cycle(ENROLLING_DAYS), strict=False):
        yield timedelta(days=days), company, story
