"""What recording money of a bank account would do, before anybody does it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.actions import _placing, _wires
from portal.actions._placing import Spread
from portal.actions._wires import Part, Question
from portal.balance import ledger
from portal.banking import accounts
from portal.banking.receipts import Wire
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity import approvals


@dataclass(frozen=True, slots=True)
class Preview:
    """Where it goes, the balance before and after, what should be looked at first, and whether somebody else has
    to agree."""

    spread: Spread
    balance: Money
    questions: tuple[Question, ...]
    needs_second_person: bool

    @property
    def balance_after(self) -> Money:
        return self.balance + self.spread.rest


def preview_payment(
    session: Session, customer: Customer | None, wire: Wire, parts: Sequence[Part], *, actor: Actor, at: datetime
) -> Preview:
    """Raises what recording would raise, but for NeedsALook: what is to be looked at comes with the preview.

    Without a customer nothing is spread: all of it waits for its owner.
    """
    account = accounts.by_ref(session, wire.account_ref)
    _wires.require_fit(wire, account, business=businesses.read(session), at=at)
    currency = wire.amount.currency
    chosen = _wires.wanted(session, customer, parts, currency) if customer is not None else []
    return Preview(
        _placing.plan(wire.amount, chosen),
        ledger.of_customer(session, customer.id, currency) if customer is not None else Money.zero(currency),
        tuple(_wires.questions(session, account, wire, chosen)),
        customer is not None and approvals.is_above_set_limit(session, actor, wire.amount),
    )
