"""Every route says who may use it."""

from portal.identity.permissions import PUBLIC, Permission, declared
from tests.house.source import ROOT, modules, verdict

# Permissions whose screens are still to come. The list may only shrink.
NOT_YET = {
    "AUDIT_READ",
    "BILLING_EXPORT",
    "CATALOGUE_WRITE",
    "CUSTOMERS_VIEW_AS",
    "PRIVACY_WRITE",
    "SETTINGS_WRITE",
}


def test_every_route_declares_a_permission(application):
    faults = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in application.url_map.iter_rules()
        if declared(application.view_functions[rule.endpoint]) is None
    ]
    verdict(faults, "Put @requires(Permission.…) or @public on the view:")


def test_a_declaration_is_a_permission_or_public(application):
    faults = [
        f"{endpoint}: {declared(view)!r}"
        for endpoint, view in application.view_functions.items()
        if declared(view) is not None and declared(view) != PUBLIC and declared(view) not in set(Permission)
    ]
    verdict(faults, "Not a permission:")


def test_every_permission_is_asked_for_somewhere():
    doors = "".join((ROOT / path).read_text() for path in modules("portal/web", "portal/actions"))
    unused = [permission.name for permission in Permission if f"Permission.{permission.name}" not in doors]
    verdict(sorted(set(unused) - NOT_YET), "No route asks for it; use it, or list it as coming:")
    verdict(sorted(NOT_YET - set(unused)), "It is used now; remove it from the list:")
