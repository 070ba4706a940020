"""Saying whose portal this is: identity, zone, currency, run hour, accent."""

from dataclasses import asdict, dataclass
from datetime import datetime

from portal.core import audit
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.days import is_zone
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.money import CURRENCIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What stands on every paper and page. `run_hour` is the hour of the business's day at which billing runs."""

    name: str
    legal_name: str
    address: str
    country: str
    tax_number: str
    email: str
    zone: str
    language: str
    currency: str
    run_hour: int
    accent: str


def describe_business(wanted: Description, *, actor: Actor, at: datetime) -> None:
    """Holds from the next document and the next run on; what was issued keeps what it says."""
    _require_sound(wanted)
    with transaction() as session:
        business = businesses.read(session)
        values = asdict(wanted)
        before = {name: getattr(business, name) for name in values}
        for name, value in values.items():
            setattr(business, name, value)
        changed = sorted(name for name in values if before[name] != values[name])
        audit.record(session, actor, "business.described", at=at, changed=changed)


def _require_sound(wanted: Description) -> None:
    if not wanted.name.strip():
        raise Invalid("A company has a name.", field="name")
    if not is_zone(wanted.zone):
        raise Invalid("There is no such time zone.", field="zone")
    if wanted.currency not in CURRENCIES:
        raise Invalid("There is no such currency.", field="currency")
    if not 0 <= wanted.run_hour <= 23:
        raise Invalid("The run hour is between 0 and 23.", field="run_hour")
