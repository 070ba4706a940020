"""Webhooks: sent, repeated by a schedule until they are acknowledged, and lost, doubled or disordered on demand."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from portal.twins.agenda import Agenda
from portal.twins.faults import Rule
from portal.twins.memory import Records, Truth

KIND = "Delivery"
MOST_KEPT = 5000
REORDERED_AT_MOST = timedelta(minutes=1)


@dataclass(slots=True)
class Delivery:
    """One message to one address. `status`: waiting, delivered, failed, lost; `owner` decides who signs it.

    `headers`: those that were settled when it was made.
    """

    number: int
    event: str
    about: str
    url: str
    body: str
    owner: int
    created_at: str
    due_at: str
    status: str = "waiting"
    tries: int = 0
    answers: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


Headers = Callable[[Delivery], Mapping[str, str]]


class Post:
    """Sends. `schedule`: the pauses between tries; after the last one a delivery has failed."""

    def __init__(
        self,
        agenda: Agenda,
        records: Records,
        truth: Truth,
        *,
        headers: Headers,
        schedule: tuple[timedelta, ...],
        timeout: float,
    ) -> None:
        self.url = ""
        self.deliveries: dict[int, Delivery] = {}
        self._agenda, self._records, self._truth = agenda, records, truth
        self._headers, self._schedule, self._timeout = headers, schedule, timeout
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._overtaken: dict[int, Delivery] = {}

    def restore(self, record: dict[str, Any]) -> None:
        delivery = Delivery(**record)
        self.deliveries[delivery.number] = delivery
        self._numbers = itertools.count(max(self.deliveries) + 1)
        if delivery.status == "waiting":
            self._agenda.add(datetime.fromisoformat(delivery.due_at), partial(self._try, delivery))

    def send(
        self,
        event: str,
        about: str,
        body: str,
        *,
        owner: int,
        rule: Rule | None = None,
        url: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Callable[[], None]:
        """Prepare news. It goes out when what is returned is called, as `rule` says; until then the twin is busy.

        `url`: where to, unless all news go to one address.
        """
        let_go = self._agenda.hold()
        now = self._agenda.clock.now()
        do = rule.do if rule else ""
        copies = int(rule.code) if rule and do == "news_twice" else 1
        stamp, fixed = now.isoformat(), dict(headers or {})
        one = Delivery(0, event, about, self.url or url, body, owner, stamp, stamp, headers=fixed)
        made = [self._kept(replace(one)) for _ in range(copies)]
        if do == "news_late" and rule:
            for delivery in made:
                self._put_off(delivery, now + timedelta(seconds=rule.seconds))
        if do == "news_reordered":
            self._put_off(made[0], now + REORDERED_AT_MOST)
            self._overtaken[made[0].number] = made[0]
        for delivery in made if do == "news_early" else ():
            self._try(delivery)

        def release() -> None:
            for delivery in made:
                if do == "news_lost":
                    self._close(delivery, "lost")
                elif do != "news_early":
                    self._agenda.add(datetime.fromisoformat(delivery.due_at), partial(self._try, delivery))
            let_go()

        return release

    def resend(self, number: int) -> bool:
        delivery = self.deliveries.get(number)
        if delivery is not None:
            self._agenda.add(self._agenda.clock.now(), partial(self._try, delivery, again=True))
        return delivery is not None

    def clear(self) -> None:
        with self._lock:
            self.deliveries.clear()
            self._overtaken.clear()

    def _kept(self, delivery: Delivery) -> Delivery:
        """Numbered, and kept."""
        with self._lock:
            delivery.number = next(self._numbers)
            self.deliveries[delivery.number] = delivery
            if len(self.deliveries) > MOST_KEPT:
                settled = (number for number, one in self.deliveries.items() if one.status != "waiting")
                self.deliveries.pop(next(settled, delivery.number))
        self._records.put(KIND, str(delivery.number), asdict(delivery))
        return delivery

    def _put_off(self, delivery: Delivery, due_at: datetime) -> None:
        delivery.due_at = due_at.isoformat()

    def _close(self, delivery: Delivery, status: str) -> None:
        delivery.status = status
        self._records.put(KIND, str(delivery.number), asdict(delivery))
        facts = {"event": delivery.event, "about": delivery.about, "delivery": delivery.number}
        self._truth.add(f"news_{status}", self._agenda.clock.now(), **facts, tries=delivery.tries)

    def _try(self, delivery: Delivery, *, again: bool = False) -> None:
        with self._lock:
            if delivery.status != "waiting" and not again:
                return
            self._overtaken.pop(delivery.number, None)
            delivery.tries += 1
        answer = self._posted(delivery)
        delivery.answers = [*delivery.answers[-20:], answer]
        if answer == "200":
            self._close(delivery, "delivered")
        elif delivery.status == "waiting":
            self._try_later(delivery)
        with self._lock:
            waiting = list(self._overtaken.values())
        for one in waiting:
            if one.number < delivery.number:
                self._try(one)

    def _try_later(self, delivery: Delivery) -> None:
        if not delivery.url or delivery.tries > len(self._schedule):
            self._close(delivery, "failed")
            return
        due_at = self._agenda.clock.now() + self._schedule[delivery.tries - 1]
        delivery.due_at = due_at.isoformat()
        self._records.put(KIND, str(delivery.number), asdict(delivery))
        self._agenda.add(due_at, partial(self._try, delivery))

    def _posted(self, delivery: Delivery) -> str:
        """The status that came back, or why none came."""
        if not delivery.url:
            return "no address"
        split = urlsplit(delivery.url)
        kind = http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(split.hostname or "", split.port, timeout=self._timeout)
            try:
                path = (split.path or "/") + (f"?{split.query}" if split.query else "")
                connection.request("POST", path, delivery.body.encode("utf-8"), dict(self._headers(delivery)))
                return str(connection.getresponse().status)
            finally:
                connection.close()
        except (OSError, ValueError, http.client.HTTPException) as error:
            return type(error).__name__
