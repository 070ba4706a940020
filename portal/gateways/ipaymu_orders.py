"""What iPaymu is asked for: the bodies of a page and of a payable without one, and the payables its answers tell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from portal.gateways.base import Channel, CheckoutOrder, Outcome, Payable, WrongRequest
from portal.gateways.ipaymu_reading import moment, rupiah
from portal.gateways.ipaymu_tables import MOST_HOURS, NO_PHONE, USUAL_HOURS, WALLET_HOSTS, WAYS
from portal.gateways.told import text

FEES_ON_US = "MERCHANT"
LONGEST_WORDS = 100
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_BREAKERS = str.maketrans("", "", "`'\"\\‘’“”´<>")


def page_body(order: CheckoutOrder) -> dict[str, Any]:
    """For POST /payment. One line for the whole amount: discounts and taxes cannot be lines there."""
    name = plain(order.payer_name)
    return _filled(
        _product(order)
        | {
            "description": [_title(order)],
            "returnUrl": order.return_url,
            "cancelUrl": order.cancel_url or order.return_url,
            "notifyUrl": order.notify_url,
            "referenceId": order.reference,
            "buyerName": name,
            "buyerEmail": order.payer_email,
            "buyerPhone": _phone(order.payer_phone),
            "expired": _hours(order, USUAL_HOURS),
            "feeDirection": FEES_ON_US,
        }
    )


def direct_body(order: CheckoutOrder) -> dict[str, Any]:
    """For POST /payment/direct. Raises WrongRequest for a bank, wallet or shop that the channel does not have."""
    way, bank = WAYS[order.channel], bank_of(order)
    most = MOST_HOURS.get(bank, USUAL_HOURS * 7)
    return _filled(
        {
            "name": plain(order.payer_name) or plain(order.payer_email.partition("@")[0]) or "Customer",
            "phone": _phone(order.payer_phone) or NO_PHONE,
            "email": order.payer_email,
            "amount": order.amount.minor,
            "notifyUrl": order.notify_url,
            "referenceId": order.reference,
            "paymentMethod": way.method,
            "paymentChannel": bank,
            "expired": _hours(order, most) if most else None,
            "expiredType": "hours" if most else None,
            "comments": _title(order),
            "feeDirection": FEES_ON_US,
            "successUrl": order.return_url if way.has_page else "",
            "cancelUrl": (order.cancel_url or order.return_url) if way.has_page else "",
        }
        | _product(order)
    )


def bank_of(order: CheckoutOrder) -> str:
    """The bank, wallet or shop as iPaymu names it."""
    banks = WAYS[order.channel].banks
    if not order.bank and len(banks) == 1:
        return banks[0]
    if order.bank.lower() not in banks:
        raise WrongRequest(
            "iPaymu has no %(bank)s for %(channel)s.", bank=order.bank or "unnamed bank", channel=order.channel.value
        )
    return order.bank.lower()


def require_complete(order: CheckoutOrder) -> None:
    """Raises WrongRequest for what iPaymu would answer with riddles, or would not sign."""
    if not _REFERENCE.fullmatch(order.reference):
        raise WrongRequest("A reference consists of letters, digits and . _ - only.")
    for name, address in (("return_url", order.return_url), ("notify_url", order.notify_url)):
        if urlsplit(address).scheme not in ("http", "https"):
            raise WrongRequest(
                "iPaymu is told with each payment where to lead and to write: %(name)s is missing.", name=name
            )
    if "@" not in order.payer_email or not order.payer_email.isascii():
        raise WrongRequest("iPaymu takes a payer's mail address in ASCII only.")


def page_of(told: Mapping[str, Any], order: CheckoutOrder, hosts: frozenset[str]) -> Payable | None:
    """The page that an answer offers; None if it offers none, or one on a host that is not iPaymu's."""
    session, link = text(told.get("SessionID") or told.get("SessionId")), text(told.get("Url"))
    if not session or not _leads_to(link, hosts):
        return None
    return Payable(Outcome.ACTION_REQUIRED, order.reference, link=link, session=session, amount=order.amount)


def direct_of(told: Mapping[str, Any], order: CheckoutOrder, hosts: frozenset[str]) -> Payable | None:
    """The number, code or link that an answer offers; None if anything that makes it payable is missing."""
    gateway_ref, reference = text(told.get("TransactionId")), text(told.get("ReferenceId"))
    number, link = text(told.get("PaymentNo")), text(told.get("Url"))
    qr = text(told.get("QrString")) or (number if order.channel is Channel.QRIS else "")
    if order.channel in (Channel.EWALLET, Channel.CARD):
        number = ""
        link = link if _leads_to(link, hosts) or (order.channel is Channel.EWALLET and _is_wallet(link)) else ""
    else:
        link = ""
    if not gateway_ref or reference != order.reference or not (qr or number or link):
        return None
    return Payable(
        Outcome.ACTION_REQUIRED,
        order.reference,
        link=link,
        gateway_ref=gateway_ref,
        session=text(told.get("SessionId")),
        expires_at=moment(told.get("Expired")),
        channel=order.channel,
        bank=bank_of(order),
        number="" if order.channel is Channel.QRIS else number,
        name=text(told.get("PaymentName")),
        qr=qr,
        amount=rupiah(told.get("Total")) or rupiah(told.get("SubTotal")) or order.amount,
        fee=rupiah(told.get("Fee")),
    )


def plain(words: str) -> str:
    """Without accents, quotes and what else breaks a signature on their side; blanks single, ends trimmed."""
    letters = unicodedata.normalize("NFKD", words.translate(_BREAKERS))
    kept = "".join(letter for letter in letters if (letter.isascii() and letter.isprintable()) or letter.isspace())
    return " ".join(kept.split())[:LONGEST_WORDS].strip()


def _product(order: CheckoutOrder) -> dict[str, Any]:
    return {"product": [_title(order)], "qty": [1], "price": [order.amount.minor]}


def _title(order: CheckoutOrder) -> str:
    return plain(order.notes.get("title", "") or order.notes.get("invoice", "")) or order.reference


def _phone(told: str) -> str:
    """Digits only, 5 to 15 of them, else empty."""
    digits = "".join(letter for letter in told if letter.isascii() and letter.isdigit())
    return digits if 5 <= len(digits) <= 15 else ""


def _hours(order: CheckoutOrder, most: int) -> int:
    if order.expires_in is None:
        return min(USUAL_HOURS, most)
    return max(1, min(int(order.expires_in.total_seconds() // 3600), most))


def _filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without nothing and empty words: a body that holds them is not signed as it was sent."""
    return {name: value for name, value in body.items() if value not in (None, "")}


def _leads_to(link: str, hosts: frozenset[str]) -> bool:
    parts = urlsplit(link)
    return parts.scheme in ("https", "http") and f"{parts.scheme}://{parts.hostname}" in hosts


def _is_wallet(link: str) -> bool:
    host = urlsplit(link).hostname or ""
    return urlsplit(link).scheme == "https" and any(host == end or host.endswith(f".{end}") for end in WALLET_HOSTS)
