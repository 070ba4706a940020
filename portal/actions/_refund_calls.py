"""Asking gateways about refunds, and for one. Nothing here touches the database."""

from dataclasses import dataclass

from portal.actions import _gateways
from portal.core.crashes import crash_point
from portal.core.errors import Refused
from portal.core.logging import log
from portal.core.money import Money
from portal.core.settings import current
from portal.gateways.base import Answer, GatewayRefusal, Outcome, RefundList, RefundOrder, RefundOutcome
from portal.gateways.pace import Pace
from portal.gateways.returns import BankDetails
from portal.payments.models import GatewayAccount

REFUSED = "refused"
"""Why one was not sent that will not be taken the next time either: a person looks at it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One refund as the gateway is asked about it. `ref` is the note by which its list knows it again."""

    refund_id: int
    payment_id: int
    account: GatewayAccount
    charge_ref: str
    ref: str
    amount: Money
    reason: str
    details: BankDetails | None = None


def listed(one: Asked) -> RefundList:
    """Every refund of its payment; SILENT where nothing can be learnt."""
    try:
        gateway = _gateways.refunding(one.account)
        Pace(one.account.ref, one.account.calls_per_minute, current().redis_url).wait()
        return gateway.refunds_of(one.charge_ref)
    except Refused as refusal:
        return RefundList(Answer.SILENT, reason=refusal.message)
    except Exception as error:
        log().warning("list of refunds broke", refund=one.ref, error=repr(error))
        return RefundList(Answer.SILENT, reason=repr(error))


def own(found: RefundList, one: Asked) -> RefundOutcome | None:
    """The refund itself in the list of its payment."""
    return next((told for told in found.refunds if told.note == one.ref), None)


def carried(one: Asked) -> tuple[RefundOutcome, RefundList | None]:
    """Send it unless the gateway has it already: for it would give back twice what it is asked twice.

    What it becomes, and the list in which it stood, if it did.
    """
    found = listed(one)
    if found.answer is not Answer.FOUND:
        return RefundOutcome(Outcome.NOT_SENT, reason=found.reason), None
    known = own(found, one)
    if known is not None:
        return known, found
    crash_point("C-25-10")
    return _sent(one), None


def with_details(one: Asked, told: RefundOutcome) -> RefundOutcome:
    """Give the gateway the bank details it waits for. Asked again it refuses, so nothing is paid twice."""
    assert one.details is not None  # noqa: S101  (the caller has them)
    try:
        heard = _gateways.retrying(one.account).retry_refund(told.gateway_ref, one.details)
    except Refused as refusal:
        return RefundOutcome(Outcome.UNKNOWN, told.gateway_ref, reason=refusal.message)
    if heard.outcome is Outcome.DECLINED:  # these details are refused: the refund waits for better ones
        return RefundOutcome(Outcome.ACTION_REQUIRED, told.gateway_ref, reason=heard.reason)
    return heard


def _sent(one: Asked) -> RefundOutcome:
    order = RefundOrder(one.charge_ref, one.amount, one.ref, reason=one.reason)
    try:
        Pace(one.account.ref, one.account.calls_per_minute, current().redis_url).wait()
        return _gateways.refunding(one.account).refund(order)
    except GatewayRefusal as refusal:
        return RefundOutcome(Outcome.NOT_SENT, reason=refusal.message, note=REFUSED)
    except Exception as error:
        # Whatever broke here may have broken after the request left: only the gateway knows.
        log().error("refund broke", refund=one.ref, error=repr(error), exc_info=error)
        return RefundOutcome(Outcome.UNKNOWN, reason=repr(error))
