"""Lets a cast of made-up customers live their stories, driven through HTTP, webhooks and workers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
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
from portal.simulation.stories import Deed, Role, Story
from portal.simulation.world import DRIVER, GOOD_CARD, Enrolled, World

Agenda = dict[datetime, list[Callable[[], None]]]


class Drive:
    """From `begins_at` to `ends_at`: everybody of the cast begins on their day and does what their story says."""

    def __init__(self, world: World, cast: Iterable[Role], begins_at: datetime, ends_at: datetime) -> None:
        self.world, self.cast, self.begins_at, self.ends_at = world, list(cast), begins_at, ends_at
        self.people: list[Enrolled] = []
        self.done: Counter[str] = Counter()

    def live(self) -> None:
        """Go from day to day on which somebody does something; the clock takes care of all other days."""
        self.world.begin_at(self.begins_at)
        agenda = self._agenda()
        for on in sorted(agenda):
            self.world.travel(on)
            for deed in agenda[on]:
                deed()
            self.world.settle_down()
            self.world.say(f"{on:%d %b %Y}: {len(self.people)} customers, {sum(self.done.values())} deeds")
        self.world.travel(self.ends_at)
        self.world.say(f"{self.ends_at:%d %b %Y}: arrived")

    def expectations(self) -> dict[str, list[str]]:
        """What should be true of every story and is not; empty lists are what we want."""
        db.session.rollback()
        session = db.session()
        wrong: dict[str, list[str]] = {}
        for one in self.people:
            found = expectations.check(session, one, self.ends_at.date())
            wrong.setdefault(one.story, []).extend(f"{one.company.name}: {sentence}" for sentence in found)
        return wrong

    def _agenda(self) -> Agenda:
        agenda: Agenda = defaultdict(list)
        for offset, company, story in self.cast:
            begins_at = self.begins_at + offset
            agenda[begins_at].append(partial(self._begin, company, story, agenda))
            for days, _ in story.deeds:
                agenda.setdefault(begins_at + timedelta(days=days), [])
        return {at: deeds for at, deeds in agenda.items() if at < self.ends_at}

    def _begin(self, company: Company, story: Story, agenda: Agenda) -> None:
        began_at = self.world.at
        enrolled = self.world.enroll(company, story.order, story.name)
        self.people.append(enrolled)
        for fault in story.faults:
            told = {"email": company.email} | fault
            requests.post(f"{self.world.twin_url}/_twin/behaviour", json=told, timeout=10).raise_for_status()
        for days, deed in story.deeds:
            agenda[began_at + timedelta(days=days)].append(partial(self._do, enrolled, deed))

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
