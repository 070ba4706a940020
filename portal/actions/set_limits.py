"""How much the people of a role may move alone, and approve for others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from portal.actions import _accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.money import CURRENCIES
from portal.identity.queries import role_named


@dataclass(frozen=True, slots=True)
class Limits:
    """Minor units by currency. A currency missing in `alone` is nothing alone, in `approve` any amount."""

    alone: Mapping[str, int]
    approve: Mapping[str, int]


def set_limits(role_name: str, limits: Limits, *, reason: str, password: str, actor: Actor, at: datetime) -> None:
    """They count from the next deed on, and for what waits already. As they are already: nothing.

    Raises Invalid for a wrong `password`, no `reason`, or what is no amount of a currency.
    """
    if not reason.strip():
        raise Invalid("Please say why.", field="reason")
    for name, amounts in (("alone", limits.alone), ("approve", limits.approve)):
        for currency, minor in amounts.items():
            if currency not in CURRENCIES or minor < 0:
                raise Invalid("This is no amount of that currency.", field=f"{name}_{currency}")
    with transaction() as session:
        role = role_named(session, role_name, side="staff")
        session.refresh(role, with_for_update=True)
        _accounts.require_password(session, actor, password)
        before = Limits(dict(role.limits), dict(role.approval_limits))
        after = Limits(dict(limits.alone), dict(limits.approve))
        if after == before:
            return
        role.limits, role.approval_limits = dict(after.alone), dict(after.approve)
        audit.record(
            session, actor, "role.limits_set", at=at, subject=f"role:{role.name}", reason=reason.strip(),
            before=asdict(before), after=asdict(after),
        )  # fmt: skip
