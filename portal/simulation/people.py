"""Made-up companies and the people who act for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Home:
    """Where a company is, and what it pays in."""

    country: str
    zone: str
    language: str
    currency: str
    city: str


HOMES = (
    Home("NG", "Africa/Lagos", "en", "NGN", "Lagos"),
    Home("NG", "Africa/Lagos", "en", "NGN", "Ibadan"),
    Home("GH", "Africa/Accra", "en", "GHS", "Accra"),
    Home("NG", "Africa/Lagos", "en", "NGN", "Kano"),
    Home("KE", "Africa/Nairobi", "en", "KES", "Nairobi"),
    Home("CI", "Africa/Abidjan", "fr", "XOF", "Abidjan"),
    Home("NG", "Africa/Lagos", "en", "NGN", "Enugu"),
    Home("US", "America/New_York", "en", "USD", "New York"),
    Home("NG", "Africa/Lagos", "id", "NGN", "Jos"),
)
PLACES = (
    "Ibadan", "Ikeja", "Lekki", "Kano", "Jos", "Benin", "Owerri", "Lokoja", "Accra", "Kumasi", "Tamale", "Nairobi",
    "Mombasa", "Kisumu", "Abidjan", "Bouaké", "Sahara", "Zuma", "Volta", "Niger", "Cross River", "Savanna",
)  # fmt: skip
TRADES = (
    "Insights", "Retail Labs", "Insight Hub", "Agro Data", "Polling House", "Market Watch", "Price Index", "River Data",
    "Freight Data", "Statistik", "Research & Development Partners for Consumer Markets", "Foods", "Clinics",
    "Analytics",
)  # fmt: skip
FIRST = (
    "Adaeze", "Kwame", "Wanjiru", "Amadou", "Ngozi", "Yaw", "Achieng", "Fatou", "Chidi", "Esi", "Otieno", "Aya",
    "Bola", "Kofi", "Njeri", "Moussa", "Ifeoma", "Abena", "Kamau", "Mariam",
)  # fmt: skip
LAST = (
    "Okonkwo", "Mensah", "Kariuki", "Koné", "Eze", "Owusu", "Odhiambo", "Traoré", "Balogun", "Asante", "Mwangi",
    "Diallo", "Adeyemi", "Boateng", "Wekesa", "N'Guessan", "Okafor", "Annan", "Cheruiyot", "Coulibaly",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """One made-up customer."""

    name: str
    person: str
    email: str
    home: Home


def companies(domain: str) -> Iterator[Company]:
    """An endless row of companies, always the same, no two alike."""
    for number in count():
        place, trade = PLACES[number % len(PLACES)], TRADES[(number * 5 + number // len(PLACES)) % len(TRADES)]
        first, last = FIRST[number % len(FIRST)], LAST[(number * 7 + number // len(FIRST)) % len(LAST)]
        suffix = "" if number < len(PLACES) * 2 else f" {number}"
        email = f"{first.lower()}.{number}@{domain}"
        yield Company(f"{place} {trade}{suffix}", f"{first} {last}", email, HOMES[number % len(HOMES)])
