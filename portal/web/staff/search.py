"""The box in the bar: what is found exactly is opened at once, else customers by name or mail."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.core.db import db
from portal.identity.permissions import Permission, requires
from portal.reporting import search as finding
from portal.reporting.search import Found
from portal.web.htmx import leave_for, show
from portal.web.staff import listing

bp = Blueprint("staff_search", __name__, url_prefix="/billing/search")

SHORTEST = 2


@bp.get("")
@requires(Permission.BILLING_READ)
def search() -> ResponseReturnValue:
    words = listing.words()
    exact = finding.exactly(db.session(), words) if words else []
    if len(exact) == 1:
        return leave_for(_address(exact[0]))
    alike = finding.alike(db.session(), words) if len(words) >= SHORTEST else []
    return show(
        page="staff/search/search.html",
        fragment="staff/search/_found.html",
        words=words,
        exact=[(one, _address(one)) for one in exact],
        rows=alike[: finding.MOST],
        has_more=len(alike) > finding.MOST,
    )


def _address(found: Found) -> str:
    return {
        "invoice": lambda: url_for("staff_invoices.show_invoice", ref=found.ref),
        "customer": lambda: url_for("staff_customers.show_customer", ref=found.ref),
        "subscription": lambda: url_for("staff_subscriptions.show_subscription", ref=found.ref),
        "payment": lambda: url_for("staff_payments.show_payment", ref=found.ref),
        "attempt": lambda: url_for("staff_payments.show_attempt", reference=found.ref),
        "case": lambda: f"/billing/dunning/{found.ref}",
        "run": lambda: f"/billing/runs/{found.ref}",
    }[found.kind]()
