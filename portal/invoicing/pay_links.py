"""Links on which anybody who has one can pay one invoice: signed, ending on a day, worthless once taken back.

A token says which invoice, which version of its links, and the last day, and is sealed with the portal's own key.
Nothing is stored but the version, in the invoice's row, so a mail can be written at any time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from portal.core.errors import NotFound
from portal.core.settings import Settings
from portal.invoicing.models import Invoice

PATH = "/pay/"
PRINTED_PATH = "/pay/paper/"
LIVES = timedelta(days=60)
_PURPOSE = b"pay-link|"
_TOKEN = re.compile(r"(inv_[a-z2-7]{16})\.([0-9]{1,6})\.([0-9]{1,6})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class PayLink:
    """What a genuine token says. `until_on` is its last day, by UTC."""

    invoice_ref: str
    version: int
    until_on: date

    def is_over(self, at: datetime) -> bool:
        return at.astimezone(UTC).date() > self.until_on

    def opens(self, invoice: Invoice, at: datetime) -> bool:
        """May the link still be used? Not after its last day, and not once the invoice's links were taken back."""
        return self.version == invoice.link_version and not self.is_over(at)


def token_for(invoice: Invoice, *, secret_key: str, at: datetime) -> str:
    """A token for the invoice as of `at`: the same one all day long."""
    return _sealed(invoice.ref, invoice.link_version, (at.astimezone(UTC) + LIVES).date(), secret_key)


def address(invoice: Invoice, settings: Settings, at: datetime) -> str:
    """The address that stands in mails and on pages."""
    return settings.app_url + PATH + token_for(invoice, secret_key=settings.secret_key, at=at)


def printed_address(invoice: Invoice, settings: Settings) -> str:
    """The address that stands on paper. A paper is the same for ever, so nothing on it may end or be a key.

    It shows nothing of the invoice and opens nothing: a fresh link is mailed from there to the customer alone, and
    whoever is signed in finds the invoice.
    """
    return settings.app_url + PRINTED_PATH + invoice.ref


def read(token: str, *, secret_key: str) -> PayLink:
    """What the token says, over or not. Raises NotFound for every text that we did not write."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise NotFound("There is no such payment link.")
    try:
        link = PayLink(parts[1], int(parts[2]), date.fromordinal(int(parts[3])))
    except (ValueError, OverflowError):
        raise NotFound("There is no such payment link.") from None
    # The whole text is compared, not what it decodes to: no character of it may be another one.
    genuine = _sealed(link.invoice_ref, link.version, link.until_on, secret_key)
    if not hmac.compare_digest(genuine.encode(), token.encode()):
        raise NotFound("There is no such payment link.")
    return link


def _sealed(invoice_ref: str, version: int, until_on: date, secret_key: str) -> str:
    said = f"{invoice_ref}.{version}.{until_on.toordinal()}"
    key = hashlib.sha256(_PURPOSE + secret_key.encode()).digest()
    seal = hmac.new(key, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
