"""What each story must have come to by the end of the year. A sentence for each thing that is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal.simulation import witness
from portal.simulation.witness import Life
from portal.simulation.world import Enrolled

Expectation = Callable[[Life, date], Iterator[str]]


def check(session: Session, one: Enrolled, until: date) -> list[str]:
    """The sentences for one customer; none if all is as it should be."""
    return list(EXPECTATIONS[one.story](witness.life_of(session, one.subscription_ref), until))


def _steady(life: Life, until: date) -> Iterator[str]:
    yield from witness.renews_on_time(life, until)
    yield from witness.charged_once_each(life)


def _yearly(life: Life, until: date) -> Iterator[str]:
    yield from witness.renews_on_time(life, until, months=12)
    yield from witness.charged_once_each(life)


def _twice_declined(life: Life, until: date) -> Iterator[str]:
    yield from witness.recovers_on_day_two(life, until)
    if life.status not in ("active", "past_due"):
        yield f"is {life.status}"


def _broke(life: Life, until: date) -> Iterator[str]:
    yield from witness.climbs_the_ladder(life)
    yield from witness.is_given_up(life)


def _broke_then_paid(life: Life, until: date) -> Iterator[str]:
    """Suspended, then a new card paid the debt, the rest of the period was billed by days, the anchor stayed."""
    yield from witness.climbs_the_ladder(life)
    if life.status != "active":
        yield f"is {life.status}, not active"
    if len(life.days_of("suspended")) != 1 or not life.days_of("settled"):
        yield f"was not suspended once and restored: {life.events}"
    if life.anchor_on is not None:
        begun = list(witness.starts(life.anchor_on, 1, until))
        if [row.period_start_on for row in life.periods] != begun:
            yield "has not one invoice for every period since the anchor"
    unpaid = [row.ref for row in life.invoices if row.status != "paid"]
    if unpaid:
        yield f"owes {unpaid}"


def _stolen(life: Life, until: date) -> Iterator[str]:
    """A hard decline: nothing is tried again, mails go on, and it is given up in the end."""
    yield from witness.is_given_up(life)
    if len(life.periods) > 1 and len(life.tries(life.periods[1].id)) != 1:
        yield f"was tried {life.tries(life.periods[1].id)}"


def _another_card(life: Life, until: date) -> Iterator[str]:
    """A hard decline, then a new card that is tried at once and from then on."""
    if life.status != "active":
        yield f"is {life.status}, not active"
    if len(life.periods) < 2:
        yield "was never renewed"
        return
    statuses = [status for _, status, _ in life.tries(life.periods[1].id)]
    if statuses[:1] != ["declined"] or life.periods[1].status != "paid":
        yield f"its first renewal was tried {statuses} and is {life.periods[1].status}"
    if "suspended" in dict(life.events):
        yield "was suspended although the new card paid"


def _unconfirmed(life: Life, until: date) -> Iterator[str]:
    """Nobody confirmed at the bank, so it went up the ladder and was given up."""
    if life.status != "canceled" or not life.days_of("suspended"):
        yield f"is {life.status} after {life.events}"


def _trial(life: Life, until: date) -> Iterator[str]:
    if life.status != "active" or not life.days_of("trial_ended"):
        yield f"is {life.status} after {life.events}"
    if life.anchor_on is not None:
        wanted = list(witness.starts(life.anchor_on, 1, until))
        if [row.period_start_on for row in life.periods] != wanted:
            yield "has not one invoice for every period since the trial ended"


def _trial_without_card(life: Life, until: date) -> Iterator[str]:
    if life.status != "paused" or life.invoices:
        yield f"is {life.status} with {len(life.invoices)} invoices"


def _never_paid(life: Life, until: date) -> Iterator[str]:
    if life.status != "expired" or [row.status for row in life.invoices] != ["void"]:
        yield f"is {life.status} with invoices {[row.status for row in life.invoices]}"


def _canceled(life: Life, until: date) -> Iterator[str]:
    """Paid for two periods, and ended with the second."""
    if life.status != "canceled" or len(life.periods) != 2:
        yield f"is {life.status} after {len(life.periods)} periods"


def _paused(life: Life, until: date) -> Iterator[str]:
    """Nothing was billed while paused; from the day it resumed the rest of that period was billed by days."""
    paused, resumed = life.days_of("paused"), life.days_of("resumed")
    if life.status != "active" or len(paused) != 1 or len(resumed) != 1:
        yield f"is {life.status} after {life.events}"
        return
    between = [row.ref for row in life.invoices if paused[0] <= row.issued_on < resumed[0]]
    if between:
        yield f"was billed {between} while paused"
    if not any(row.issued_on == resumed[0] for row in life.invoices):
        yield "was not billed for the rest of the period it resumed in"


def _changed(plan: str) -> Expectation:
    def expect(life: Life, until: date) -> Iterator[str]:
        yield from witness.renews_on_time(life, until)
        if life.plan != plan:
            yield f"has {life.plan}, not {plan}"
        if len(life.days_of("changed")) != 1:
            yield f"changed {len(life.days_of('changed'))} times"

    return expect


def _upgraded(life: Life, until: date) -> Iterator[str]:
    yield from _changed("Team")(life, until)
    changes = [row for row in life.invoices if row.kind == "change"]
    if len(changes) != 1 or changes[0].status != "paid" or changes[0].quote_id is None:
        yield f"has {len(changes)} invoices for the change, not one paid one made from a quote"


def _pushed(life: Life, until: date) -> Iterator[str]:
    """The customer pays on the gateway's page some days after each invoice; nothing is charged by us."""
    if life.status not in ("active", "past_due"):
        yield f"is {life.status}"
    charged = [row for row in life.attempts if row.kind == "charge"]
    if charged:
        yield "was charged although the customer sends the money"
    late = [row.ref for row in life.periods if row.status != "paid" and row.issued_on + timedelta(days=35) < until]
    if late:
        yield f"owes {late} for more than a month"


EXPECTATIONS: dict[str, Expectation] = {
    "steady": _steady,
    "yearly": _yearly,
    "twice_declined": _twice_declined,
    "broke": _broke,
    "broke_then_paid": _broke_then_paid,
    "stolen": _stolen,
    "expired_then_new_card": _another_card,
    "unconfirmed": _unconfirmed,
    "slow_bank": _steady,
    "lost_answers": _steady,
    "late_news": _steady,
    "early_news": _steady,
    "trial": _trial,
    "trial_without_card": _trial_without_card,
    "never_paid": _never_paid,
    "canceled": _canceled,
    "stayed": _steady,
    "paused": _paused,
    "upgraded": _upgraded,
    "downgraded": _changed("Starter"),
    "pushed": _pushed,
}
