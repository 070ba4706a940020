"""The company of the demo: Kaya Data, its plans, prices, credits, taxes, staff and its account at the twin."""

from datetime import date, datetime

from portal.actions.add_credit_type import add_credit_type
from portal.actions.connect_gateway import connect_gateway
from portal.actions.create_staff_user import StaffUser, create_staff_user
from portal.actions.describe_business import Description, describe_business
from portal.actions.open_bank_account import AccountDetails, open_bank_account
from portal.actions.publish_plan import PlanTerms, publish_plan
from portal.actions.set_tax import set_tax
from portal.catalogue.pricing import PriceModel
from portal.catalogue.versions import PriceWish
from portal.core.actors import Actor
from portal.core.periods import Interval, Unit
from portal.credits.allocation import CreditTurn
from portal.invoicing.taxes import ANY, TaxRate, TaxRule, Treatment

BANKS = (
    AccountDetails("Lagos", "NGN", "Kaya Data Ltd", "Zenith Bank", "1014887203", "ZEIBNGLA"),
    AccountDetails(
        "New York",
        "USD",
        "Kaya Data Ltd",
        "First Lagoon Bank",
        "000734418820",
        details=(("Routing number", "026009593"),),
    ),
    AccountDetails("Jakarta", "IDR", "Kaya Data Ltd", "Bank Nusantara Raya", "0088124407"),
)
MONTHLY, YEARLY = Interval(Unit.MONTH), Interval(Unit.YEAR)
LONG_AGO = date(2020, 1, 1)
CURRENCIES = ("NGN", "GHS", "KES", "USD", "XOF")
STAFF_PASSWORD = "Kaya-demo-2026!"  # noqa: S105  (of a made-up company, printed at the start)
STAFF = (
    ("halima@kayadata.example", "Halima Bello", "billing"),
    ("sade@kayadata.example", "Sade Akande", "super_admin"),
    ("tunde@kayadata.example", "Tunde Ojo", "support"),
    ("nana@kayadata.example", "Nana Owusu", "onboarding"),
    ("emeka@kayadata.example", "Emeka Eze", "billing"),
)

# Monthly amounts in minor units; a year costs ten months.
PLANS = (
    (
        "Starter",
        1,
        {"NGN": 1_500_000, "GHS": 15_000, "KES": 150_000, "USD": 1_900, "XOF": 9_500, "IDR": 149_000},
        (5_000, 500),
    ),
    (
        "Team",
        2,
        {"NGN": 4_500_000, "GHS": 45_000, "KES": 450_000, "USD": 5_900, "XOF": 29_500, "IDR": 449_000},
        (25_000, 2_500),
    ),
    (
        "Scale",
        3,
        {"NGN": 12_000_000, "GHS": 120_000, "KES": 1_200_000, "USD": 14_900, "XOF": 74_500, "IDR": 1_190_000},
        (100_000, 10_000),
    ),
)
SUMMARIES = {
    "Starter": "For a first project",
    "Team": "For a team that ships every week",
    "Scale": "For data that never sleeps",
}
FEATURES = {
    "Starter": ["2 projects", "Mail support", "Daily exports"],
    "Team": ["20 projects", "Chat support", "Hourly exports", "Scheduled scrapers"],
    "Scale": ["Unlimited projects", "A named engineer", "Live exports", "Scheduled scrapers", "Audit log"],
}
SEAT = {"NGN": 250_000, "GHS": 2_500, "KES": 25_000, "USD": 400, "XOF": 1_900, "IDR": 25_000}
VAT = (
    ("NG", "VAT", 75_000),
    ("GH", "VAT", 150_000),
    ("KE", "VAT", 160_000),
    ("CI", "TVA", 180_000),
    ("ID", "PPN", 110_000),
)


def found(*, gateway_url: str, actor: Actor, at: datetime) -> None:
    """Describe the company, publish its catalogue, hire its staff, connect the twin. Once per installation."""
    describe_business(_description(), actor=actor, at=at)
    for code, name, turn in (
        ("interaction", "Interaction credits", CreditTurn.RESETS),
        ("scraper", "Scraper credits", CreditTurn.ACCUMULATES),
    ):
        add_credit_type(code, name, turn, actor=actor, at=at)
    _tax(actor, at)
    _catalogue(actor, at)
    for account in BANKS:
        open_bank_account(account, reason="The first account", actor=actor, at=at)
    for email, name, role in STAFF:
        create_staff_user(
            StaffUser(email=email, name=name, password=STAFF_PASSWORD, roles=(role,), language="en"), actor=actor, at=at
        )
    connect_gateway(
        "paystack", "test", base_url=gateway_url, currencies=CURRENCIES, calls_per_minute=0, actor=actor, at=at
    )


def take_rupiah(*, gateway_url: str, actor: Actor, at: datetime) -> None:
    """Connect iPaymu's twin too, for customers who pay in rupiah."""
    connect_gateway("ipaymu", "test", base_url=gateway_url, currencies=("IDR",), calls_per_minute=0, actor=actor, at=at)


def _description() -> Description:
    return Description(
        name="Kaya Data",
        legal_name="Kaya Data Ltd",
        address="14 Akin Adesola Street\nVictoria Island, Lagos",
        country="NG",
        tax_number="20194417-0001",
        email="billing@kayadata.example",
        zone="Africa/Lagos",
        language="en",
        currency="NGN",
        run_hour=6,
        accent="#2337ff",
    )


def _tax(actor: Actor, at: datetime) -> None:
    rates = [TaxRate(f"vat-{country.lower()}", ppm, LONG_AGO, name=name) for country, name, ppm in VAT]
    rules = [TaxRule(country, (f"vat-{country.lower()}",), LONG_AGO) for country, _, _ in VAT]
    abroad = TaxRule(ANY, (), LONG_AGO, treatment=Treatment.OUTSIDE_SCOPE)
    set_tax(rates, [*rules, abroad], actor=actor, at=at)


def _catalogue(actor: Actor, at: datetime) -> None:
    for name, tier, monthly, (interactions, scrapers) in PLANS:
        publish_plan(
            PlanTerms(
                family="kaya",
                tier=tier,
                name=name,
                summary=SUMMARIES[name],
                features=FEATURES[name],
                product_class="software",
                trial_days=14 if name == "Team" else 0,
                credits={"interaction": interactions, "scraper": scrapers},
            ),
            [
                PriceWish(currency=currency, interval=interval, amount_minor=minor * months)
                for currency, minor in monthly.items()
                for interval, months in ((MONTHLY, 1), (YEARLY, 10))
            ],
            actor=actor,
            at=at,
        )
    publish_plan(
        PlanTerms(
            family="seats",
            tier=1,
            kind="addon",
            name="Extra seat",
            summary="One more colleague",
            product_class="software",
        ),
        [
            PriceWish(currency=currency, interval=interval, amount_minor=minor * months, model=PriceModel.PER_UNIT)
            for currency, minor in SEAT.items()
            for interval, months in ((MONTHLY, 1), (YEARLY, 10))
        ],
        actor=actor,
        at=at,
    )
