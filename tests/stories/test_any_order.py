"""Whatever people, gateways and time do, and in whatever order: the books are right after every step."""

import os
from random import Random

import pytest

from portal.core.actors import Actor
from tests.people import make_user
from tests.walking.deeds import step
from tests.walking.walk import Walk

STEPS = int(os.environ.get("WALK_STEPS", "40"))
SEEDS = range(int(os.environ.get("WALK_FROM", "1")), int(os.environ.get("WALK_TO", "3")))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_are_right_after_every_step_of_any_walk(world, gateway, session, proved, seed):
    asking = Actor.staff(make_user(session, "billing", name="Ngozi").id, "Ngozi")
    agreeing = Actor.staff(make_user(session, "super_admin", name="Bayo").id, "Bayo")
    walk = Walk(world, gateway, (asking, agreeing), Random(seed))
    walk.begin()
    try:
        for _ in range(STEPS):
            step(walk)
            proved()
        world.days(45)
        proved()
    except BaseException:
        print("\n".join(walk.trail))
        raise
