"""A price as it is today: the one value behind showing it in a quote and holding to it on acceptance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from portal.actions import _gateways
from portal.balance import ledger
from portal.core.money import Money
from portal.customers.models import Customer
from portal.invoicing import drafting
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import Buyer, Draft, PricedItem
from portal.invoicing.states import InvoiceKind
from portal.payments import queries as payments
from portal.payments.allocation import balance_to_spend, to_collect
from portal.quotes import binding
from portal.subscriptions.schedule import Turn


@dataclass(frozen=True)
class Priced:
    """What something costs today. `due` is what is collected: what the balance leaves, or the gateway's minimum,
    of which `to_balance` is more than owed.

    `terms` are what happens besides the charge, as JSON. `following` is the next bill as things stand: a forecast.
    `turn` is the period that is billed, if it is a whole one or the rest of one.
    """

    draft: Draft
    on: date
    due: Money
    from_balance: Money
    to_balance: Money
    terms: Mapping[str, Any]
    following: Mapping[str, Any]
    turn: Turn | None = None

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        return self.draft.as_json()

    @cached_property
    def digest(self) -> bytes:
        return binding.digest(self.lines, total=self.draft.total, due=self.due, terms=self.terms)

    @property
    def inputs(self) -> dict[str, Any]:
        """What a quote keeps besides its lines: enough to price it again, and to tell what follows."""
        return {
            **self.terms,
            "from_balance_minor": self.from_balance.minor,
            "to_balance_minor": self.to_balance.minor,
            "following": dict(self.following),
        }


def price(
    session: Session,
    draft: Draft,
    on: date,
    *,
    terms: Mapping[str, Any],
    following: Mapping[str, Any],
    turn: Turn | None = None,
) -> Priced:
    """Put the balance and the gateway's minimum beside the draft. A total below zero collects nothing."""
    account = payments.enabled_account(session, draft.currency)
    least = _gateways.minimum_of(account, draft.currency)
    total = max(draft.total, Money.zero(draft.currency))
    spent = balance_to_spend(ledger.of_customer(session, draft.customer_id, draft.currency), total, least)
    due = to_collect(total - spent, least)
    return Priced(draft, on, due, spent, due - (total - spent), terms, following, turn)


def buyer(session: Session, customer: Customer) -> Buyer:
    return invoicing.buyer(customer, invoicing.tax_book(session))


def nothing(customer: Customer, currency: str, kind: InvoiceKind = InvoiceKind.CHANGE) -> Draft:
    """The draft of what costs nothing today."""
    return Draft(customer.id, kind, currency, ())


def forecast(buyer: Buyer, items: Sequence[PricedItem], turn: Turn) -> dict[str, Any]:
    """The bill of a coming period at today's prices and taxes: shown as a forecast, promised to nobody."""
    draft = drafting.for_period(buyer, items, turn.period, subscription_id=0, number=turn.number)
    return {
        "on": turn.period.start.isoformat(),
        "until": turn.period.end.isoformat(),
        "total_minor": draft.total.minor,
        "tax_minor": draft.tax.minor,
    }
