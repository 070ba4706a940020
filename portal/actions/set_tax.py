"""Saying what is taxed and how: rates with the day they begin, and rules for whom they apply."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalogue.models import TaxRate as RateRow
from portal.catalogue.models import TaxRule as RuleRow
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.invoicing.taxes import WHOLE, TaxRate, TaxRule


def set_tax(rates: Sequence[TaxRate], rules: Sequence[TaxRule], *, actor: Actor, at: datetime) -> None:
    """Add the rates and rules that are not there yet. What is there stays: a change is a row with a later day."""
    with transaction() as session:
        known = {(row.code, row.from_on) for row in session.scalars(select(RateRow))}
        for rate in rates:
            if not 0 <= rate.ppm <= WHOLE:
                raise Invalid("A tax rate is between nothing and everything.", field="ppm")
            if (rate.code, rate.from_on) not in known:
                session.add(RateRow(code=rate.code, name=rate.name, ppm=rate.ppm, from_on=rate.from_on))
        codes = {rate.code for rate in rates} | {code for code, _ in known}
        _add_rules(session, rules, codes)
        audit.record(session, actor, "tax.set", at=at, rates=len(rates), rules=len(rules))


def _add_rules(session: Session, rules: Sequence[TaxRule], codes: set[str]) -> None:
    known = {
        (row.country, row.customer_class, row.product_class, row.from_on) for row in session.scalars(select(RuleRow))
    }
    for rule in rules:
        if not set(rule.rate_codes) <= codes:
            raise Invalid("The rule names a rate that does not exist.", field="rate_codes")
        if (rule.country, rule.customer_class, rule.product_class, rule.from_on) in known:
            continue
        session.add(
            RuleRow(
                country=rule.country,
                customer_class=rule.customer_class,
                product_class=rule.product_class,
                rate_codes=list(rule.rate_codes),
                treatment=rule.treatment,
                from_on=rule.from_on,
            )
        )
