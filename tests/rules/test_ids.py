import re

import pytest

from portal.core.actors import Actor, ActorKind
from portal.core.errors import Busy, Forbidden, Invalid, NotFound, PortalError, Refused
from portal.core.ids import attempt_reference, public_ref


def test_a_public_reference_is_a_prefix_and_sixteen_letters():
    assert re.fullmatch(r"inv_[a-z2-7]{16}", public_ref("inv"))


def test_an_attempt_reference_has_no_underscore():
    assert re.fullmatch(r"at-[a-z0-9]{26}", attempt_reference())


@pytest.mark.parametrize("draw", [lambda: public_ref("cus"), attempt_reference])
def test_references_are_not_drawn_twice(draw):
    assert len({draw() for _ in range(2000)}) == 2000


def test_an_actor_is_made_by_kind():
    assert Actor.system("renewals") == Actor(ActorKind.SYSTEM, "renewals")
    assert Actor.operator("root").kind is ActorKind.OPERATOR
    assert Actor.gateway("paystack").kind is ActorKind.GATEWAY
    assert Actor.customer(7, 3, "Ada") == Actor(ActorKind.CUSTOMER, "Ada", 7, 3)
    assert Actor.staff(9, "Bayo").customer_id is None


@pytest.mark.parametrize("kind", [NotFound, Forbidden, Refused, Busy])
def test_an_error_has_a_code_and_a_sentence(kind):
    error = kind("Nothing was charged.")
    assert isinstance(error, PortalError)
    assert (error.message, str(error)) == ("Nothing was charged.", "Nothing was charged.")
    assert error.code != PortalError.code


def test_an_invalid_value_names_its_field():
    assert Invalid("Too long.", field="name").field == "name"
    assert Invalid("Unreadable.").field == ""
