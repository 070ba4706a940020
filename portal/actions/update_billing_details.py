"""What stands on a customer's invoices from the next one on."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, Refused
from portal.core.formats import LANGUAGES
from portal.customers import places
from portal.customers.models import DELIVERIES, Customer
from portal.customers.queries import lock

CLASSES = ("person", "business")


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """`email` is where invoices go unless `delivery` is post, `class_` is person or business, `zone` whose days the
    periods are."""

    name: str
    email: str
    address: str
    country: str
    tax_number: str
    class_: str
    language: str
    zone: str
    delivery: str = "mail"

    @classmethod
    def of(cls, customer: Customer) -> "BillingDetails":
        return cls(**{field.name: getattr(customer, field.name) for field in fields(cls)})

    def as_values(self) -> dict[str, str]:
        return asdict(self)


class DetailsOutdated(Refused):
    """Somebody else saved the details after this form was opened."""

    code = "details_outdated"

    def __init__(self) -> None:
        super().__init__(
            "These details were changed by somebody else meanwhile. Nothing was saved; here is the latest."
        )


def update_billing_details(
    customer_id: int, wanted: BillingDetails, *, version: int, actor: Actor, at: datetime
) -> None:
    """Save the details if they are still those of `version`, as the form showed them.

    Issued invoices keep what they say. A zone counts from the next period, everything else from the next invoice.
    """
    _require_sound(wanted)
    with transaction() as session:
        customer = lock(session, customer_id)
        before = BillingDetails.of(customer)
        if before == wanted:
            return
        if customer.version != version:
            raise DetailsOutdated
        _write(customer, wanted)
        changed = {name for name, value in before.as_values().items() if value != getattr(wanted, name)}
        audit.record_personal(
            session,
            actor,
            "customer.details_changed",
            at=at,
            customer_id=customer_id,
            before={name: getattr(before, name) for name in sorted(changed)},
            after={name: getattr(wanted, name) for name in sorted(changed)},
        )


def _write(customer: Customer, wanted: BillingDetails) -> None:
    customer.name, customer.email, customer.address = wanted.name, wanted.email, wanted.address
    customer.country, customer.zone, customer.language = wanted.country, wanted.zone, wanted.language
    customer.class_, customer.tax_number = wanted.class_, wanted.tax_number
    customer.delivery = wanted.delivery
    customer.version += 1


def _require_sound(wanted: BillingDetails) -> None:
    if not wanted.name.strip():
        raise Invalid("Tell us the name that invoices are made out to.", field="name")
    if wanted.class_ not in CLASSES:
        raise Invalid("Choose person or business.", field="class_")
    if not places.is_country(wanted.country):
        raise Invalid("Choose a country of the list.", field="country")
    if wanted.language not in LANGUAGES:
        raise Invalid("Choose a language of the list.", field="language")
    if wanted.delivery not in DELIVERIES:
        raise Invalid("Choose mail or post.", field="delivery")
    if wanted.delivery == "post" and not wanted.address.strip():
        raise Invalid("A letter needs an address.", field="address")
    if wanted.zone not in places.zones():
        raise Invalid("Choose a time zone of the list.", field="zone")
