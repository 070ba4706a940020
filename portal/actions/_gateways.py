"""Reaching the gateways from actions: the adapter of an account, with its keys taken out of the vault."""

import json
from collections.abc import Mapping
from functools import partial
from typing import cast

from sqlalchemy.orm import Session

from portal.core.actors import Actor, ActorKind
from portal.core.errors import Refused
from portal.core.money import Money
from portal.core.secrets import vault
from portal.core.settings import current
from portal.gateways.base import Ability, Channel
from portal.gateways.protocols import Adapter, Deadlines, Offers, Pulls, Refunds
from portal.gateways.registry import adapter_for, minimum, opens, ways
from portal.gateways.returns import Disputes, ListsReturns, Retries
from portal.invoicing.lifecycle import Spending
from portal.invoicing.models import Invoice
from portal.payments.allocation import balance_to_spend, to_collect
from portal.payments.attempts import ToCollect
from portal.payments.models import GatewayAccount, PaymentMethod
from portal.payments.states import AttemptTrigger


class NoKey(Refused):
    """The gateway account has no secret key, neither in the environment nor stored."""

    code = "gateway_without_key"


class LiveBesideTests(Refused):
    """Real money may not be moved where anything made for tests is at work."""

    code = "live_beside_tests"


class NotAble(Refused):
    """The gateway has no such call. Screens do not offer it; this is for whoever asks all the same."""

    code = "gateway_not_able"


def secret_place(account: GatewayAccount) -> str:
    """Where an account's keys lie in the vault: a JSON object of the names its adapter's class lists."""
    return f"gateway_accounts.secrets:{account.ref}"


PATIENCE_OF_A_PAGE = Deadlines(charge=10.0, page=6.0, read=4.0)
"""How long somebody who looks at a page waits for a gateway, in seconds for each call: ten for asking what became of
one thing and opening another."""


def adapter_of(account: GatewayAccount, deadlines: Deadlines | None = None) -> Adapter:
    """The adapter with the account's keys; the environment's win over stored ones of the same mode."""
    require_no_test_features(account.mode)
    keys = from_environment(account) or stored(account.secrets, account)
    if not keys:
        raise NoKey("This gateway has no secret key yet, so nothing can be collected through it.")
    former = stored(account.former_secrets, account)
    return adapter_for(
        account.gateway,
        secrets=keys,
        mode=account.mode,
        base_url=account.base_url,
        former_secrets=[former] if former else [],
        deadlines=deadlines,
    )


def patience_of(actor: Actor) -> Deadlines | None:
    """A person waits for the page, whether they signed in or have a link; None for the clock, which has time."""
    return PATIENCE_OF_A_PAGE if actor.kind in (ActorKind.CUSTOMER, ActorKind.STAFF) else None


def pulling(account: GatewayAccount) -> Pulls:
    """The adapter of an account that charges stored methods. Raises NotAble."""
    return cast(Pulls, _able(account, Ability.CHARGE))


def refunding(account: GatewayAccount) -> Refunds:
    """The adapter of an account that gives money back by itself. Raises NotAble."""
    return cast(Refunds, _able(account, Ability.REFUND))


def retrying(account: GatewayAccount) -> Retries:
    """The adapter of an account that takes bank details for a refund. Raises NotAble."""
    return cast(Retries, _able(account, Ability.REFUND))


def disputing(account: GatewayAccount) -> Disputes:
    """The adapter of an account that tells of disputes. Raises NotAble."""
    return cast(Disputes, _able(account, Ability.DISPUTES))


def listing_returns(account: GatewayAccount) -> ListsReturns | None:
    """The adapter of an account that lists refunds and disputes; None where there are no such lists."""
    adapter = adapter_of(account)
    return cast(ListsReturns, adapter) if {Ability.REFUND, Ability.DISPUTES} <= adapter.abilities else None


def offering(account: GatewayAccount) -> Offers:
    """The adapter of an account that lists its ways to pay. Raises NotAble."""
    return cast(Offers, _able(account, Ability.DIRECT))


def _able(account: GatewayAccount, ability: Ability) -> Adapter:
    adapter = adapter_of(account)
    if ability not in adapter.abilities:
        raise NotAble("%(gateway)s cannot do this: %(what)s.", gateway=account.gateway, what=ability.value)
    return adapter


def require_no_test_features(mode: str) -> None:
    """Raise LiveBesideTests for a live account where the time machine, a stand-in or a crash plan is at work."""
    features = current().test_features
    if mode == "live" and features:
        raise LiveBesideTests(
            "%(names)s is set here, so no live account is used. Nothing was changed.", names=", ".join(features)
        )


def from_environment(account: GatewayAccount) -> dict[str, str]:
    """The account's keys as the environment sets them for its mode, empty if it does not."""
    return current().gateway_secrets(account.gateway, account.mode)


def stored(sealed: bytes | None, account: GatewayAccount) -> Mapping[str, str]:
    """Keys taken out of the vault, empty if there are none."""
    keys: Mapping[str, str] = json.loads(vault().open(sealed, place=secret_place(account))) if sealed else {}
    return keys


def offers(account: GatewayAccount, channel: Channel, bank: str) -> bool:
    """Whether the gateway can, and, where the account offers some ways to pay only, whether this is one of them."""
    is_page = channel is Channel.PAGE
    if (Ability.CHECKOUT if is_page else Ability.DIRECT) not in opens(account.gateway).abilities:
        return False
    banks = ways(account.gateway, account.channels).get(channel, ())
    return is_page or not account.channels or bank in banks or (not bank and len(banks) == 1)


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
