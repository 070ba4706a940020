"""A walk of a seed through one world: what is done is drawn with what is there at that moment.

What the portal refuses is fine; anything else it raises is not. `trail` says what was done, so that a walk that ends
badly can be read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import select

from portal.core.actors import Actor
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.money import Money
from portal.core.periods import Interval, Unit
from portal.identity.models import Role
from tests.factories import STAFF
from tests.scripted import Script
from tests.world import World

WHY = "as it came"
CURRENCY = "NGN"


@dataclass
class Walk:
    world: World
    gateway: Script
    people: tuple[Actor, Actor]
    random: Random
    trail: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Plans to sell by the month and the year, an account for transfers, and limits that some things are above."""
        make = self.world.make
        for role in make.session.scalars(select(Role)):
            role.limits = {CURRENCY: 8_000_00}
        make.tax(75_000)
        make.bank(CURRENCY)
        plans = [make.plan(tier=1), make.plan(tier=2), make.plan(tier=3, trial_days=7)]
        for plan, minor in zip(plans, (3_000_00, 9_999_99, 20_000_01), strict=True):
            for unit, times in ((Unit.MONTH, 1), (Unit.YEAR, 10)):
                make.price(minor * times, plan=plan, interval=Interval(unit), tax_inclusive=minor == 9_999_99)

    def take(self, deed: Callable[["Walk"], None]) -> None:
        """Do it, or hear why not."""
        self.trail.append(f"{self.world.at:%Y-%m-%d %H:%M} {deed.__name__}")
        try:
            deed(self)
        except (Refused, Invalid, NotFound) as refusal:
            self.trail[-1] += f" – {refusal.message}"
        finally:
            self.world.session.rollback()
            self.world.session.expire_all()

    def pick(self, table: Any, *where: Any) -> Any:
        """One of those that are there; Nobody if there is none."""
        found = list(self.world.session.scalars(select(table).where(*where).order_by(table.id)))
        if not found:
            raise Nobody("There is none yet.")
        one = self.random.choice(found)
        self.trail[-1] += f" {getattr(one, 'ref', getattr(one, 'reference', one.id))}"
        return one

    def today(self) -> date:
        return self.world.at.date()

    def amount(self, most: int) -> Money:
        """All of it half the time."""
        chosen = most if self.random.random() < 0.5 else self.random.randint(1, max(most, 1))
        return Money(max(chosen, 1), CURRENCY)

    @property
    def acting(self) -> dict[str, Any]:
        return {"actor": STAFF, "at": self.world.at}

    @property
    def asking(self) -> dict[str, Any]:
        """Somebody who signed in, and needs another above a limit."""
        return {"actor": self.people[0], "at": self.world.at}


class Nobody(Refused):
    """The deed has nobody to be done to."""
