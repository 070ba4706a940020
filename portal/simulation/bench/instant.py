"""A gateway that says yes at once, in this process: what is left is what the engine itself takes."""

from portal.core.ids import attempt_reference
from portal.core.money import Money
from portal.gateways.base import ChargeOrder, ChargeOutcome, Outcome
from portal.gateways.paystack import Paystack


class Instant(Paystack):
    """Takes every charge for a fee of one minor unit, and asks nobody."""

    def charge(self, order: ChargeOrder) -> ChargeOutcome:
        return ChargeOutcome(
            Outcome.SUCCEEDED,
            order.reference,
            gateway_ref=attempt_reference(),
            amount=order.amount,
            currency=order.amount.currency,
            fee=Money(1, order.amount.currency),
            mode=self.mode,
            payer_email=order.payer_email,
        )
