"""Nobody who looks at a page waits long for a gateway; the clock may."""

import pytest

from portal.actions._gateways import PATIENCE_OF_A_PAGE, patience_of
from portal.core.actors import Actor, ActorKind


@pytest.mark.parametrize(
    "actor", [Actor.customer(1, 2, "Ada"), Actor(ActorKind.CUSTOMER, "pay link"), Actor.staff(3, "Sade")]
)
def test_a_person_waits_ten_seconds_for_an_answer_and_a_new_page_together(actor):
    patience = patience_of(actor)
    assert patience is PATIENCE_OF_A_PAGE
    assert patience.read + patience.page <= 10


@pytest.mark.parametrize("actor", [Actor.system("resolve"), Actor.gateway("ipaymu")])
def test_a_job_waits_as_long_as_its_gateway_may_take(actor):
    assert patience_of(actor) is None
