"""From an event to the mail in its reader's language: subject, text, HTML. Read at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core import business
from portal.core.business import Business
from portal.core.formats import formats
from portal.core.sentences import sentences
from portal.core.settings import current
from portal.core.templating import render
from portal.customers.models import Customer
from portal.invoicing import queries as invoicing
from portal.invoicing.drafts import TaxBook
from portal.notifications.colours import Brand, brand_of
from portal.notifications.letters import Letter, Occasion
from portal.notifications.messages import TOLD, Told
from portal.notifications.models import Message

LONGEST_SUBJECT = 180


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent, and kept as sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The exact mail that would leave now, and to whom."""

    recipient: str
    mail: Mail


@dataclass(frozen=True, slots=True)
class Desk:
    """What all mails of a batch are written with, read once."""

    house: Business
    taxes: TaxBook


def desk(session: Session) -> Desk:
    return Desk(business.read(session), invoicing.tax_book(session))


def compose(
    session: Session, message: Message, told: Told, customer: Customer | None, desk: Desk, *, at: datetime
) -> Mail:
    """The mail of a stored message as of now. Raises Unneeded if what it says is no longer so."""
    zone = customer.zone if customer is not None else desk.house.zone
    occasion = Occasion(
        session=session,
        topic=message.event.partition(":")[0],
        facts=message.facts,
        at=at,
        happened_at=message.created_at,
        reader=formats(message.language, zone),
        words=sentences(message.language),
        business=desk.house,
        site=current().app_url,
        customer=customer,
        taxes=desk.taxes,
    )
    return _set(told.write(occasion), occasion)


def preview(session: Session, topic: str, *, customer: Customer, facts: Mapping[str, Any], at: datetime) -> Preview:
    """The mail that an event of `topic` with these `facts` would become now; nothing is written.

    Raises Unneeded if it would not leave.
    """
    occasion = Occasion(
        session=session,
        topic=topic,
        facts=dict(facts),
        at=at,
        happened_at=at,
        reader=formats(customer.language, customer.zone),
        words=sentences(customer.language),
        business=business.read(session),
        site=current().app_url,
        customer=customer,
    )
    return Preview(customer.email, _set(TOLD[topic].write(occasion), occasion))


def _set(letter: Letter, occasion: Occasion) -> Mail:
    """The letter in both forms, from the same words."""
    brand: Brand = brand_of(occasion.business.accent)
    values = {"letter": letter, "house": _signature(occasion.business), "brand": brand, "colon": occasion.reader.colon}
    language = occasion.reader.language
    return Mail(
        subject=_one_line(letter.subject),
        text=render("mail/letter.txt", language, **values),
        html=render("mail/letter.html", language, **values),
    )


def _signature(house: Business) -> dict[str, str]:
    lines = [house.legal_name or house.name, *house.address.splitlines()]
    line = ", ".join(part.strip() for part in lines if part.strip())
    return {"name": house.name, "line": line, "tax_number": house.tax_number.strip()}


def _one_line(subject: str) -> str:
    """A header has one line, whatever a name contains."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in subject).split())
    return plain if len(plain) <= LONGEST_SUBJECT else f"{plain[: LONGEST_SUBJECT - 1]}…"
