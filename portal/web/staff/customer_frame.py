"""The frame around every tab of a customer: who it is, the figures, and the tabs."""

from datetime import date
from typing import Any

from flask import g, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.days import day
from portal.core.db import db
from portal.customers import places as countries
from portal.identity.permissions import Permission
from portal.reporting import customer_page
from portal.reporting.customer_page import Header
from portal.web.htmx import show
from portal.web.wording import gettext, language


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


TABS: dict[str, tuple[str, str]] = {
    "overview": (_("Overview"), "staff_customers.show_customer"),
    "invoices": (_("Invoices"), "staff_customers.show_invoices"),
    "payments": (_("Payments"), "staff_customers.show_payments"),
    "credit_notes": (_("Credit notes"), "staff_customer_returns.show_credit_notes"),
    "refunds": (_("Refunds"), "staff_customer_returns.show_refunds"),
    "credits": (_("Credits and balance"), "staff_customers.show_credits"),
    "messages": (_("Messages"), "staff_customers.show_messages"),
    "history": (_("History"), "staff_customers.show_history"),
    "notes": (_("Notes"), "staff_customers.show_notes"),
}


def header_of(ref: str) -> tuple[Header, date]:
    today = day(clock.now(), g.zone)
    return customer_page.header(db.session(), ref, today), today


def customer_tab(header: Header, tab: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The frame around every tab of a customer."""
    counted = {"invoices": header.row.invoices, "payments": header.row.payments}
    counted |= {"messages": header.row.messages, "notes": header.row.notes}
    tabs = [
        (gettext(word), url_for(view, ref=header.row.ref), counted.get(each), each == tab, False)
        for each, (word, view) in TABS.items()
    ]
    return show(
        page="staff/customers/show.html",
        fragment=f"staff/customers/_{tab}.html",
        status=status,
        header=header,
        row=header.row,
        country=dict(countries.countries(language())).get(header.row.country, header.row.country),
        tab=tab,
        tabs=tabs,
        may_release=Permission.OPERATIONS_WRITE in g.permissions,
        may_subscribe=Permission.SUBSCRIPTION_WRITE in g.permissions,
        may_bill=Permission.BILLING_WRITE in g.permissions,
        **context,
    )
