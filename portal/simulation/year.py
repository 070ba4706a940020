"""One billing year of the demo book, driven through HTTP, webhooks and workers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import requests

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.pause_subscription import pause_subscription
from portal.actions.quote_resume import quote_resume
from portal.actions.resume_subscription import resume_subscription
from portal.actions.undo_cancellation import undo_cancellation
from portal.core.db import db
from portal.simulation import expectations, upgrading
from portal.simulation.people import Company
from portal.simulation.stories import Deed, Story, cast
from portal.simulation.world import DRIVER, GOOD_CARD, Enrolled, World

FIRST_DAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LAST_DAY = datetime(2028, 3, 31, 12, 0, tzinfo=UTC)


class Year:
    """Enrolls the cast over a month, lets everybody live their story, and looks at the book in the end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[Enrolled] = []
        self.done: Counter[str] = Counter()

    def live(self) -> None:
        """Go from day to day on which somebody does something; the clock takes care of all other days."""
        self.world.begin_at(FIRST_DAY)
        agenda = self._agenda()
        for on in sorted(agenda):
            self.world.travel(on)
            for deed in agenda[on]:
                deed()
            self.world.settle_down()
            self.world.say(f"{on:%d %b %Y}: {len(self.people)} customers, {sum(self.done.values())} deeds")
        self.world.travel(LAST_DAY)
        self.world.say(f"{LAST_DAY:%d %b %Y}: the year is over")

    def expectations(self) -> dict[str, list[str]]:
        """What should be true of every story and is not; empty lists are what we want."""
        db.session.rollback()
        session = db.session()
        wrong: dict[str, list[str]] = {}
        for one in self.people:
            found = expectations.check(session, one, LAST_DAY.date())
            wrong.setdefault(one.story, []).extend(f"{one.company.name}: {sentence}" for sentence in found)
        return wrong

    def _agenda(self) -> dict[datetime, list[Callable[[], None]]]:
        agenda: dict[datetime, list[Callable[[], None]]] = defaultdict(list)
        for offset, company, story in cast():
            agenda[FIRST_DAY + offset].append(partial(self._begin, company, story, agenda))
            for days, _ in story.deeds:
                agenda.setdefault(FIRST_DAY + offset + timedelta(days=days), [])
        return {on: deeds for on, deeds in agenda.items() if on < LAST_DAY}

    def _begin(self, company: Company, story: Story, agenda: dict[datetime, list[Callable[[], None]]]) -> None:
        enrolled = self.world.enroll(company, story.order, story.name)
        self.people.append(enrolled)
        for fault in story.faults:
            told = {"email": company.email} | fault
            requests.post(f"{self.world.twin_url}/_twin/behaviour", json=told, timeout=10).raise_for_status()
        started = self.world.at
        for days, deed in story.deeds:
            on = FIRST_DAY + timedelta(days=(started - FIRST_DAY).days + days)
            if on < LAST_DAY:
                agenda[on].append(partial(self._do, enrolled, deed))

    def _do(self, one: Enrolled, deed: Deed) -> None:
        at = self.world.at
        self.done[deed] += 1
        match deed:
            case Deed.NEW_CARD:
                self.world.pay(one.customer_id, GOOD_CARD)
            case Deed.PAY:
                for invoice in self.world.open_invoices(one.customer_id):
                    self.world.pay(one.customer_id, GOOD_CARD, invoice)
            case Deed.CANCEL:
                cancel_subscription(one.subscription_ref, reason="too_expensive", actor=DRIVER, at=at)
            case Deed.UNDO:
                undo_cancellation(one.subscription_ref, actor=DRIVER, at=at)
            case Deed.PAUSE:
                pause_subscription(one.subscription_ref, actor=DRIVER, at=at)
            case Deed.RESUME:
                resume_subscription(quote_resume(one.subscription_ref, actor=DRIVER, at=at), actor=DRIVER, at=at)
            case Deed.UPGRADE:
                self._choose(one, "Team")
            case Deed.DOWNGRADE:
                self._choose(one, "Starter")

    def _choose(self, one: Enrolled, plan: str) -> None:
        price = self.world.price(plan, one.company.home.currency, one.order.interval)
        upgrading.choose(self.world.visitor(one), price)
