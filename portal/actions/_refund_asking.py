"""From rows to questions about refunds, and from the gateway's list back into the books. Steps."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions import _refunding
from portal.actions._refund_calls import Asked
from portal.core.actors import Actor
from portal.core.bulk import among
from portal.core.money import Money
from portal.core.secrets import vault
from portal.customers import queries as customers
from portal.gateways.base import RefundOutcome
from portal.gateways.returns import BankDetails
from portal.payments import refunds
from portal.payments.models import GatewayAccount, Payment
from portal.payments.refund_models import Refund


def questions(session: Session, refund_ids: Collection[int]) -> list[Asked]:
    """What the gateway is asked about each, in order."""
    rows = session.execute(
        select(Refund, Payment.gateway_ref, GatewayAccount)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(GatewayAccount, GatewayAccount.id == Refund.gateway_account_id)
        .where(among(Refund.id, refund_ids))
        .order_by(Refund.id)
    )
    return [_asked(refund, charge_ref or "", account) for refund, charge_ref, account in rows]


def about_payment(session: Session, payment: Payment) -> Asked | None:
    """The question for all refunds of a payment; None where no gateway knows it."""
    if payment.gateway_account_id is None or not payment.gateway_ref:
        return None
    account = session.get_one(GatewayAccount, payment.gateway_account_id)
    nothing = Money.zero(payment.currency)
    return Asked(0, payment.id, account, payment.gateway_ref, "", nothing, "")


def locked(session: Session, refund_id: int) -> Refund:
    """The refund as it is now, its customer locked."""
    owner = session.scalars(select(Refund.customer_id).where(Refund.id == refund_id)).one()
    customers.lock(session, owner)
    return session.get_one(Refund, refund_id, populate_existing=True)


def take_in(session: Session, payment: Payment, told: Sequence[RefundOutcome], *, actor: Actor, at: datetime) -> None:
    """Record all that the gateway lists of a payment: ours by note or number, others as given back without us.

    The caller holds the customer's lock.
    """
    known = refunds.of_payment(session, payment.id)
    by_note = {refund.ref: refund for refund in known}
    by_number = {refund.gateway_ref: refund for refund in known if refund.gateway_ref}
    for one in told:
        refund = by_note.get(one.note) or by_number.get(one.gateway_ref)
        if refund is not None:
            _refunding.record(session, refund, one, actor=actor, at=at)
        else:
            _refunding.find(session, payment, one, actor=actor, at=at)
        session.flush()


def details_place(refund: Refund) -> str:
    return f"refunds.bank_details:{refund.ref}"


def _asked(refund: Refund, charge_ref: str, account: GatewayAccount) -> Asked:
    details = None
    if refund.bank_details is not None:
        number, _, bank = vault().open(refund.bank_details, place=details_place(refund)).partition("\n")
        details = BankDetails(number, bank, refund.currency)
    return Asked(
        refund.id, refund.payment_id, account, charge_ref, refund.ref, refund.amount, refund.reason, details=details
    )
