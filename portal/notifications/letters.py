"""What a mail says, in pieces that are written once and set twice: as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.business import Business
from portal.core.days import day
from portal.core.formats import Formats
from portal.core.money import Money
from portal.core.sentences import Sentences
from portal.customers.models import Customer
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import TaxBook
from portal.invoicing.scale import Scale


class Unneeded(Exception):
    """What the mail was to say is no longer so; `note` tells staff why it did not leave."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the small table: what, a remark below it, how much."""

    text: str
    amount: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    word: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `tone` (good, warn, bad, calm) colours `state`, the first words; `headline` is a sum or a few words.

    The last row is the total where `has_total`. `preview` is what a list of mails shows beside the subject.
    """

    subject: str
    state: str
    headline: str
    lead: str
    tone: str = "calm"
    preview: str = ""
    scale: Scale | None = None
    rows: tuple[Row, ...] = ()
    has_total: bool = False
    paragraphs: tuple[str, ...] = ()
    button: Link | None = None
    other: Link | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a letter is written from: the event's facts, its reader, and the moment of sending."""

    session: Session
    topic: str
    facts: dict[str, Any]
    at: datetime
    happened_at: datetime
    reader: Formats
    words: Sentences
    business: Business
    site: str
    customer: Customer | None = None
    taxes: TaxBook | None = None

    @property
    def today(self) -> date:
        return day(self.at, str(self.reader.zone))

    @property
    def addressee(self) -> Customer:
        assert self.customer is not None  # the table says which topics are about a customer  # noqa: S101
        return self.customer

    def tax_book(self) -> TaxBook:
        return self.taxes or invoicing.tax_book(self.session)

    def fact(self, name: str) -> str:
        return str(self.facts.get(name) or "")

    def url(self, path: str) -> str:
        return f"{self.site}{path}"

    def money(self, amount: Money) -> str:
        return self.reader.money(amount)

    def on(self, when: date | datetime) -> str:
        """3 December 2026, by the reader's clock."""
        if isinstance(when, datetime):
            when = when.astimezone(self.reader.zone).date()
        return self.reader.day_long(when)

    def billing_reason(self) -> str:
        """Why the billing contact of a customer gets this."""
        _ = self.words.gettext
        return _("You get this because you are the billing contact of %(customer)s.", customer=self.addressee.name)
