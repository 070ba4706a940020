"""The ways in which an invoice can be paid, in the words that stand on the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.money import Money
from portal.gateways.base import Ability, Channel
from portal.gateways.registry import opens, ways
from portal.payments import payables
from portal.payments.models import Attempt, GatewayAccount
from portal.payments.states import AttemptKind
from portal.web.wording import gettext

# Banks, wallets and shops as people know them.
NAMES: Mapping[str, str] = {
    "bca": "BCA",
    "bni": "BNI",
    "bri": "BRI",
    "mandiri": "Mandiri",
    "cimb": "CIMB Niaga",
    "bsi": "BSI",
    "bmi": "Muamalat",
    "permata": "Permata",
    "danamon": "Danamon",
    "btn": "BTN",
    "bag": "Artha Graha",
    "bpd_bali": "BPD Bali",
    "alfamart": "Alfamart",
    "indomaret": "Indomaret",
    "dana": "DANA",
    "shopeepay": "ShopeePay",
}


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    lead: str
    glyph: str
    button: str
    choice: str = ""


WORDS: Mapping[Channel, Words] = {
    Channel.VIRTUAL_ACCOUNT: Words(
        _("Virtual account"), _("From any bank app, seen within a minute"), "landmark", _("Get the account number"),
        _("Bank"),
    ),
    Channel.QRIS: Words(_("QRIS"), _("Scan with GoPay, OVO, DANA or a bank app"), "qr-code", _("Show the code")),
    Channel.EWALLET: Words(
        _("E-wallet"), _("In the wallet's own app"), "wallet", _("Open the wallet"), _("Wallet")
    ),
    Channel.CONVENIENCE_STORE: Words(
        _("Convenience store"), _("Pay in cash at the counter"), "building-2", _("Get the payment code"), _("Shop")
    ),
    Channel.PAGE: Words(
        _("Another card or way"), _("On the gateway's own page"), "external-link", _("Go to the payment page")
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay. `banks` are (code, name) to choose from; empty where there is nothing to choose."""

    channel: str
    title: str
    lead: str
    glyph: str
    button: str
    choice: str
    banks: tuple[tuple[str, str], ...]


def name_of(bank: str) -> str:
    return NAMES.get(bank, bank.upper())


def title_of(channel: str) -> str:
    """A way in a heading."""
    return gettext(WORDS[Channel(channel)].title)


def way_said(attempt: Attempt) -> str:
    """How somebody chose to send the money: "Virtual account, BNI"; of a charge nothing."""
    if attempt.kind != AttemptKind.PAYABLE:
        return ""
    known = payables.details(attempt)
    title = gettext("On the payment page") if known.channel == Channel.PAGE else title_of(known.channel)
    return f"{title}, {name_of(known.bank)}" if known.bank else title


def way_word(tried: Any) -> str:
    """The same as a label; `tried` is an attempt, or a row with its `kind` and its `payable`."""
    known = payables.details(tried)
    if tried.kind == AttemptKind.PAYABLE and known.channel == Channel.PAGE and not known.bank:
        return gettext("Payment page")
    return way_said(tried)


def ways_of(account: GatewayAccount | None, open_amount: Money) -> tuple[Way, ...]:
    """What the account's gateway offers for a debt of this currency, the quickest to be noticed first."""
    if account is None or open_amount.currency not in account.currencies:
        return ()
    direct = ways(account.gateway, account.channels)
    found = [_way(channel, direct[channel]) for channel in WORDS if channel in direct]
    if Ability.CHECKOUT in opens(account.gateway).abilities:
        found.append(_way(Channel.PAGE, ()))
    return tuple(found)


def _way(channel: Channel, banks: tuple[str, ...]) -> Way:
    words = WORDS[channel]
    return Way(
        channel=str(channel),
        title=gettext(words.title),
        lead=gettext(words.lead),
        glyph=words.glyph,
        button=gettext(words.button),
        choice=gettext(words.choice) if words.choice else "",
        banks=tuple((bank, name_of(bank)) for bank in banks) if words.choice else (),
    )
