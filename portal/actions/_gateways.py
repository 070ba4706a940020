"""Reaching the gateways from actions: the adapter of an account, with its keys taken out of the vault."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from portal.core.errors import Refused
from portal.core.money import Money
from portal.core.secrets import vault
from portal.core.settings import current
from portal.gateways.paystack import Paystack
from portal.gateways.registry import adapter_for, minimum
from portal.invoicing.lifecycle import Spending
from portal.invoicing.models import Invoice
from portal.payments.allocation import balance_to_spend, to_collect
from portal.payments.attempts import ToCollect
from portal.payments.models import GatewayAccount, PaymentMethod
from portal.payments.states import AttemptTrigger


class NoKey(Refused):
    """The gateway account has no secret key, neither in the environment nor stored."""

    code = "gateway_without_key"


def secret_place(account: GatewayAccount) -> str:
    """Where an account's key lies in the vault."""
    return f"gateway_accounts.secrets:{account.ref}"


def adapter_of(account: GatewayAccount) -> Paystack:
    """The adapter with the account's key; the environment's key wins over a stored one of the same mode."""
    settings = current()
    key = settings.paystack_secret_key
    if not key.startswith(f"sk_{account.mode}_"):
        key = _stored(account.secrets, account)
    if not key:
        raise NoKey("This gateway has no secret key yet, so nothing can be collected through it.")
    former: Sequence[str] = [_stored(account.former_secrets, account)] if account.former_secrets else []
    return adapter_for(account.gateway, secret_key=key, base_url=account.base_url, former_keys=former)


def minimum_of(account: GatewayAccount | None, currency: str) -> Money:
    """The least the account's gateway takes of a currency; nothing where there is no gateway."""
    least = minimum(account.gateway, currency) if account is not None else None
    return least or Money.zero(currency)


def spending_beside(account: GatewayAccount | None) -> Spending:
    """How much of a balance goes towards an invoice: so much that the gateway can take the rest."""
    return partial(_spend, account)


def charge_for(session: Session, invoice: Invoice, method: PaymentMethod, trigger: AttemptTrigger) -> ToCollect:
    """What a stored method is charged for an open invoice: what is open, or the least that its gateway takes."""
    account = session.get_one(GatewayAccount, method.gateway_account_id)
    owed = Money(invoice.open_minor, invoice.currency)
    amount = to_collect(owed, minimum_of(account, invoice.currency))
    return ToCollect(invoice.customer_id, invoice.id, account.id, method.id, amount, trigger)


def _spend(account: GatewayAccount | None, balance: Money, owed: Money) -> Money:
    return balance_to_spend(balance, owed, minimum_of(account, owed.currency))


def _stored(sealed: bytes | None, account: GatewayAccount) -> str:
    return vault().open(sealed, place=secret_place(account)) if sealed else ""
