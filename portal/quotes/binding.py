"""What a quote promises: exactly what was shown, or nothing at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.core.chain import digest_of
from portal.core.errors import Refused
from portal.core.money import Money
from portal.quotes.models import Quote
from portal.quotes.states import QuoteStatus

COUNTED = ("kind", "price_id", "quantity", "unit_minor", "amount_minor", "tax_rate_id", "parent")
"""What counts of a line. Its days and words do not: what costs the same a day later is what was shown."""


class QuoteOutdated(Refused):
    """The price shown is no longer the price. Carries both, so that both can be shown."""

    code = "quote_outdated"

    def __init__(self, shown: Money, now: Money) -> None:
        super().__init__("The price has changed since you saw it. Nothing was charged.")
        self.shown, self.now = shown, now


class QuoteExpired(Refused):
    """The price was held for a while, and that is over."""

    code = "quote_expired"

    def __init__(self) -> None:
        super().__init__("This offer has expired. Nothing was charged, please ask for the price again.")


class QuoteReplaced(Refused):
    """A later offer took the place of this one."""

    code = "quote_replaced"

    def __init__(self) -> None:
        super().__init__("A later offer has taken the place of this one. Nothing was charged.")


def digest(lines: Sequence[Mapping[str, Any]], *, total: Money, due: Money, terms: Mapping[str, Any]) -> bytes:
    """Over every line, the total, what is due now, and `terms`: what happens besides the charge."""
    counted = [[line[name] for name in COUNTED] for line in lines]
    return digest_of({"lines": counted, "total": total.minor, "due": due.minor, "terms": terms})


def is_open(quote: Quote, at: datetime) -> bool:
    """Can it still be accepted?"""
    return quote.status is QuoteStatus.OFFERED and at < quote.expires_at


def require_unexpired(quote: Quote, at: datetime) -> None:
    """Neither replaced nor past its time. An accepted one is the caller's business."""
    if quote.status is QuoteStatus.SUPERSEDED:
        raise QuoteReplaced
    if not is_open(quote, at):
        raise QuoteExpired


def require_same(quote: Quote, digest: bytes, due: Money) -> None:
    """`digest` covers every line, the total and what is due: all must be what was shown."""
    if digest != quote.digest:
        raise QuoteOutdated(shown=quote.due, now=due)
