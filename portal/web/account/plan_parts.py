"""What plans bring and what tells them apart: features, units of credits, and what a smaller one lacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.catalogue import queries as catalogue
from portal.catalogue.models import Plan
from portal.catalogue.queries import GrantedCredits
from portal.reporting.forecast import Part
from portal.web.account import words
from portal.web.account.offers import ShownQuote
from portal.web.filters import written
from portal.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Point:
    """One thing a plan brings. `mark`: same, more, less or gone beside what is had. `figure` is set in bold."""

    mark: str
    text: str
    figure: str = ""


def points(
    plan: Plan, brought: Sequence[GrantedCredits], had: Plan | None, held: Sequence[GrantedCredits]
) -> list[Point]:
    """What `plan` brings, marked beside `had`; without one nothing is marked but as there."""
    found = [_credit(credit, held, had is not None) for credit in brought]
    features = [str(feature) for feature in plan.features]
    if had is None:
        return found + [Point("same", feature) for feature in features]
    before = {str(feature) for feature in had.features}
    other = "more" if plan.tier > had.tier else "less"
    found += [Point("same" if feature in before else other, feature) for feature in features]
    types = {credit.credit_type.id for credit in brought}
    gone = [words.mid_sentence(credit.credit_type.name) for credit in held if credit.credit_type.id not in types]
    if plan.tier < had.tier:
        gone += [feature for feature in map(str, had.features) if feature not in features]
    return found + [Point("gone", name) for name in gone]


def losses(session: Session, quote: ShownQuote) -> list[str]:
    """What stops when a smaller plan takes over."""
    if quote.later_on is None or not quote.before or not quote.after:
        return []
    granted = catalogue.credits_of(session, [part.plan.id for part in (*quote.before, *quote.after)])
    fewer = _fewer(_units(granted, quote.before), _units(granted, quote.after))
    kept = {str(feature) for part in quote.after for feature in part.plan.features}
    features = [str(feature) for part in quote.before for feature in part.plan.features if str(feature) not in kept]
    staying = {part.plan.id for part in quote.after}
    addons = [part.plan.name for part in quote.before if part.plan.kind == "addon" and part.plan.id not in staying]
    return [*fewer, *addons, *features]


def _credit(credit: GrantedCredits, held: Collection[GrantedCredits], is_compared: bool) -> Point:
    before = next((one.units for one in held if one.credit_type.id == credit.credit_type.id), 0)
    mark = "same"
    if is_compared and credit.units != before:
        mark = "more" if credit.units > before else "less"
    return Point(mark, words.mid_sentence(credit.credit_type.name), written().count(credit.units))


def _units(granted: Sequence[GrantedCredits], parts: Sequence[Part]) -> dict[str, int]:
    """Units of each type by its name."""
    found: dict[str, int] = {}
    for part in parts:
        for credit in granted:
            if credit.plan_id == part.plan.id:
                found[credit.credit_type.name] = found.get(credit.credit_type.name, 0) + credit.units * part.quantity
    return found


def _fewer(before: dict[str, int], after: dict[str, int]) -> list[str]:
    count = written().count
    return [
        _("%(after)s instead of %(before)s %(units)s", after=count(after.get(name, 0)), before=count(units),
          units=words.mid_sentence(name))
        for name, units in before.items()
        if after.get(name, 0) < units
    ]  # fmt: skip
