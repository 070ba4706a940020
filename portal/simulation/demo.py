"""The demo book: a customer in each state, with ten weeks of history that really happened to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from portal.simulation.people import Company, Home
from portal.simulation.stories import (
    ALWAYS_BROKE,
    PASSWORD,
    SCALE,
    STARTER,
    TEAM,
    TWICE_DECLINED,
    YEARLY,
    Deed,
    Role,
    Story,
)
from portal.simulation.world import Order
from portal.subscriptions.states import Collection

WEEKS = 10
DAYS = WEEKS * 7

LAGOS = Home("NG", "Africa/Lagos", "en", "NGN", "Lagos")
ACCRA = Home("GH", "Africa/Accra", "en", "GHS", "Accra")
NAIROBI = Home("KE", "Africa/Nairobi", "en", "KES", "Nairobi")
ABIDJAN = Home("CI", "Africa/Abidjan", "fr", "XOF", "Abidjan")
NEW_YORK = Home("US", "America/New_York", "en", "USD", "New York")
LAGOS_INDONESIAN = replace(LAGOS, language="id")
JAKARTA = Home("ID", "Asia/Jakarta", "id", "IDR", "Jakarta")

Cast = tuple[int, str, str, Home, str, Order, tuple[tuple[int, Deed], ...]]

# Day of the start, company, person, home, what it shows (if anything), what they take, what they do so many days
# after it.
_CAST: tuple[Cast, ...] = (
    (12, "Ibadan Insights", "Adaeze Okonkwo", LAGOS, "active", replace(TEAM, seats=4), ()),
    (20, "Volta Freight Data", "Kwame Mensah", ACCRA, "active, pays yearly", replace(SCALE, interval=YEARLY), ()),
    (DAYS - 33, "Lekki Insight Hub", "Ngozi Eze", LAGOS, "past due", replace(TEAM, card=ALWAYS_BROKE), ()),
    (22, "Kano Agro Data", "Chidi Balogun", LAGOS, "suspended", replace(STARTER, card=ALWAYS_BROKE), ()),
    (DAYS - 9, "Zuma Market Watch", "Bola Adeyemi", LAGOS, "in trial", replace(TEAM, trial_days=14, card=None), ()),
    (15, "Savanna Research & Development Partners for Consumer Markets", "Wanjiru Kariuki", NAIROBI, "paused",
     STARTER, ((10, Deed.PAUSE),)),
    (6, "Owerri Price Index", "Ifeoma Okafor", LAGOS, "canceled", STARTER, ((12, Deed.CANCEL),)),
    (DAYS - 12, "Jos Polling House", "Amaka Nwosu", LAGOS, "expired, never paid", replace(STARTER, card=None), ()),
    (DAYS - 20, "Benin Retail Labs", "Osaro Igbinovia", LAGOS, "ends at the period's end", STARTER,
     ((8, Deed.CANCEL),)),
    (DAYS - 18, "Accra Clinics", "Esi Asante", ACCRA, "downgrade scheduled", TEAM, ((9, Deed.DOWNGRADE),)),
    (DAYS - 26, "Bouaké Statistik", "Aya N'Guessan", ABIDJAN, "upgraded, in French", STARTER, ((14, Deed.UPGRADE),)),
    (17, "Ikeja Foods", "Tobi Alade", LAGOS_INDONESIAN, "recovered by dunning, in Indonesian",
     replace(STARTER, card=TWICE_DECLINED), ()),
    (DAYS - 36, "Cross River Analytics", "Eno Bassey", LAGOS, "sends the money",
     replace(STARTER, collection=Collection.PUSH), ()),
    (25, "Hudson Signal", "Grace Park", NEW_YORK, "active in dollars", SCALE, ()),
    (28, "Mombasa River Data", "Achieng Otieno", NAIROBI, "active in shillings", TEAM, ()),
    # They renew in the weeks before today and, whatever the length of the month, about today.
    (DAYS - 47, "Niger Statistik", "Moussa Bello", LAGOS, "", SCALE, ()),
    (DAYS - 42, "Sahara Retail Labs", "Fatima Sani", LAGOS, "", replace(TEAM, seats=3), ()),
    (DAYS - 38, "Onitsha Freight Data", "Emeka Obi", LAGOS, "", TEAM, ()),
    (DAYS - 31, "Enugu Clinics", "Chioma Ude", LAGOS, "", SCALE, ()),
    (DAYS - 30, "Calabar Foods", "Ekaette Udo", LAGOS, "", replace(TEAM, seats=2), ()),
)  # fmt: skip
_RUPIAH = replace(STARTER, collection=Collection.PUSH, card=None)
# Who begins when the drive has arrived. iPaymu's stand-in knows only today, so rupiah have no history.
_LATECOMERS = (
    ("Lokoja River Data", "Sani Musa", LAGOS, "waits for the first payment", replace(STARTER, card=None)),
    (
        "Jakarta Pasar Data",
        "Sri Wahyuni",
        JAKARTA,
        "paid by virtual account, in rupiah",
        replace(_RUPIAH, card="va/bca"),
    ),
    ("Bandung Kopi Nusantara", "Budi Santoso", JAKARTA, "has rupiah to pay", _RUPIAH),
)


def cast() -> Iterator[Role]:
    """Everybody who begins before today."""
    for day, name, person, home, shows, order, deeds in _CAST:
        yield timedelta(days=day), _company(name, person, home), _story(shows, order, deeds)


def latecomers() -> Iterator[tuple[Company, Order, str]]:
    """Who begins when the drive has arrived."""
    for name, person, home, shows, order in _LATECOMERS:
        yield _company(name, person, home), replace(order, password=PASSWORD), shows


def _company(name: str, person: str, home: Home) -> Company:
    first = person.split()[0].lower()
    domain = "".join(letter for letter in name.lower().split("&")[0] if letter.isalpha() and letter.isascii())
    return Company(name, person, f"{first}@{domain}.example", home)


def _story(shows: str, order: Order, deeds: tuple[tuple[int, Deed], ...]) -> Story:
    return Story(name=shows, count=1, order=replace(order, password=PASSWORD), deeds=deeds)
