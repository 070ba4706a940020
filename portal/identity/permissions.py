"""Who may do what. Routes declare a permission; one check before every request enforces it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """Named `area.deed`. Code asks for a permission, never for a role."""

    ACCOUNT_READ = "account.read"
    ACCOUNT_PAY = "account.pay"
    ACCOUNT_WRITE = "account.write"
    BILLING_READ = "billing.read"
    BILLING_WRITE = "billing.write"
    BILLING_APPROVE = "billing.approve"
    BILLING_EXPORT = "billing.export"
    SUBSCRIPTION_WRITE = "subscription.write"
    CATALOGUE_WRITE = "catalogue.write"
    SETTINGS_WRITE = "settings.write"
    PAYMENT_CONFIG_WRITE = "payment_config.write"
    USERS_WRITE = "users.write"
    CUSTOMERS_VIEW_AS = "customers.view_as"
    AUDIT_READ = "audit.read"
    OPERATIONS_WRITE = "operations.write"
    PRIVACY_WRITE = "privacy.write"


PUBLIC = "public"
"""The declaration of a route that needs no sign-in."""

CUSTOMER_SIDE = {Permission.ACCOUNT_READ, Permission.ACCOUNT_PAY, Permission.ACCOUNT_WRITE}

# What a new installation starts with. From then on roles are rows, edited by staff.
FIRST_ROLES: dict[str, set[Permission]] = {
    "viewer": {Permission.ACCOUNT_READ},
    "billing_contact": {Permission.ACCOUNT_READ, Permission.ACCOUNT_PAY},
    "owner": set(CUSTOMER_SIDE),
    "support": {Permission.BILLING_READ, Permission.CUSTOMERS_VIEW_AS},
    "onboarding": {Permission.BILLING_READ, Permission.SUBSCRIPTION_WRITE, Permission.CUSTOMERS_VIEW_AS},
    "billing": {
        Permission.BILLING_READ,
        Permission.BILLING_WRITE,
        Permission.BILLING_APPROVE,
        Permission.BILLING_EXPORT,
        Permission.SUBSCRIPTION_WRITE,
        Permission.CATALOGUE_WRITE,
        Permission.SETTINGS_WRITE,
        Permission.CUSTOMERS_VIEW_AS,
        Permission.AUDIT_READ,
    },
    "super_admin": set(Permission) - CUSTOMER_SIDE,
}


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a route needs. Nothing is checked here: `web/security.py` reads the declaration."""

    def declare(view: View) -> View:
        view._permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare a route that anyone may call."""
    view._permission = PUBLIC  # type: ignore[attr-defined]
    return view


def declared(view: Callable[..., Any] | None) -> Permission | str | None:
    """What the route declared; None means it declared nothing and is refused."""
    return getattr(view, "_permission", None)
