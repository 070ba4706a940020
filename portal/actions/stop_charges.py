"""The emergency switches: stop charging, stop mailing, stop writing; and release again."""

from datetime import datetime

from sqlalchemy import select, update

from portal.core import audit
from portal.core.actors import Actor
from portal.core.business import SWITCHES, Switch
from portal.core.db import transaction
from portal.core.errors import Invalid


def set_switch(name: str, *, is_on: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Throw a switch of `business.SWITCHES`, with a reason that staff will read. Setting it as it is changes nothing.

    What is under way is finished; the next batch sees the switch. Nothing is lost: all of it waits.
    """
    if name not in SWITCHES:
        raise Invalid(f"There is no switch {name!r}.", field="name")
    if is_on and not reason.strip():
        raise Invalid("Say why, so that whoever finds it stopped knows.", field="reason")
    with transaction() as session:
        was_on = session.scalar(select(Switch.is_on).where(Switch.name == name).with_for_update())
        if was_on == is_on:
            return
        session.execute(update(Switch).where(Switch.name == name).values(is_on=is_on, reason=reason.strip()))
        deed = "switch.turned_on" if is_on else "switch.turned_off"
        audit.record(session, actor, deed, at=at, subject=name, reason=reason.strip())
