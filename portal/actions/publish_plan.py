"""Put a plan or an add-on on sale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.catalogue import versions
from portal.catalogue.models import CreditType, Plan, PlanCredit
from portal.catalogue.versions import PriceWish
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.ids import public_ref

LONGEST_TRIAL = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What a plan is. Within its family a higher tier is an upgrade. `credits`: units per period, by type code."""

    family: str
    tier: int
    name: str
    kind: str = "plan"
    summary: str = ""
    features: Sequence[str] = ()
    product_class: str = "service"
    trial_days: int = 0
    credits: Mapping[str, int] = field(default_factory=dict)


def publish_plan(terms: PlanTerms, prices: Sequence[PriceWish], *, actor: Actor, at: datetime) -> str:
    """The plan can be chosen from now on, at these prices; returns its reference."""
    _require_sound(terms)
    versions.require_distinct(prices)
    try:
        with transaction() as session:
            plan = _plan(terms, at)
            session.add(plan)
            session.flush()
            _add_credits(session, plan, terms.credits)
            written = [versions.write_price(session, plan.id, price, at=at).ref for price in prices]
            audit.record(session, actor, "plan.published", at=at, subject=plan.ref, name=plan.name, prices=written)
            return plan.ref
    except IntegrityError as error:
        raise Refused("This family has a plan of that tier already. Nothing was published.") from error


def _plan(terms: PlanTerms, at: datetime) -> Plan:
    return Plan(
        ref=public_ref("pln"),
        family=terms.family.strip(),
        tier=terms.tier,
        kind=terms.kind,
        name=terms.name.strip(),
        summary=terms.summary.strip(),
        features=list(terms.features),
        product_class=terms.product_class,
        trial_days=terms.trial_days,
        archived_at=None,
        created_at=at,
    )


def _add_credits(session: Session, plan: Plan, wanted: Mapping[str, int]) -> None:
    types = {row.code: row for row in session.scalars(select(CreditType).where(CreditType.code.in_(list(wanted))))}
    for code, units in wanted.items():
        if code not in types:
            raise Invalid("There are no credits %(code)s.", field="credits", code=repr(code))
        session.add(PlanCredit(plan_id=plan.id, credit_type_id=types[code].id, units=units))


def _require_sound(terms: PlanTerms) -> None:
    if not terms.name.strip() or len(terms.name) > 120:
        raise Invalid("A plan has a name of at most 120 characters.", field="name")
    if not terms.family.strip() or len(terms.family) > 60:
        raise Invalid("A plan belongs to a family, named in at most 60 characters.", field="family")
    if terms.kind not in ("plan", "addon"):
        raise Invalid("It is a plan or an add-on.", field="kind")
    if not 0 <= terms.trial_days <= LONGEST_TRIAL:
        raise Invalid("A trial is at most %(most)s days long.", field="trial_days", most=LONGEST_TRIAL)
    if not 0 <= terms.tier <= 1000:
        raise Invalid("A tier is between 0 and 1000.", field="tier")
    if any(not 1 <= units <= 10**9 for units in terms.credits.values()):
        raise Invalid("A plan grants at least one unit of a type.", field="credits")
