"""An application of its own with small views that show what the web's base does to any view."""

from datetime import date

from flask import Flask, flash, g, jsonify, request
from wtforms import BooleanField

from portal.app import create_app
from portal.core.errors import Busy, Invalid, NotFound, PortalError, Refused
from portal.core.money import Money
from portal.core.settings import Settings
from portal.identity.permissions import Permission, public, requires
from portal.web.forms import (
    ChoiceField,
    DayField,
    LineField,
    MailField,
    MoneyField,
    PortalForm,
    QuantityField,
    TextField,
    only_fields,
    posted_key,
    required,
)
from portal.web.htmx import leave_for, see_other, show
from portal.web.security import limiter

ERRORS = {
    "not-found": NotFound("No such invoice."),
    "refused": Refused("It is paid already."),
    "invalid": Invalid("Too much.", field="amount"),
    "busy": Busy("Somebody else is at it."),
    "own": PortalError("a secret detail"),
    "bug": RuntimeError("a secret detail"),
}


class Sample(PortalForm):
    amount = MoneyField("Amount", [required()], currency="NGN")
    seats = QuantityField("Seats", least=1, most=20)
    on = DayField("They pay on")
    reference = LineField("Reference", most=40)
    mail = MailField("Mail")
    note = TextField("Note")
    kind = ChoiceField("Kind", choices=[("a", "Bank transfer"), ("b", "Cash")])
    accept = BooleanField("Accept")


def make_stand(settings: Settings) -> Flask:
    app = create_app(settings)
    app.testing = False  # errors are answered as they are in the house, not raised
    app.config["SESSION_COOKIE_SECURE"] = False

    @app.get("/stand/error/<name>")
    @public
    def error(name: str):
        raise ERRORS[name]

    @app.route("/stand/form", methods=["GET", "POST"])
    @public
    def form():
        g.language = request.args.get("lang", "en")
        sample = Sample()
        sample.amount.currency = request.args.get("currency", "NGN")
        if sample.validate_on_submit():
            amount: Money = sample.amount.data
            on: date | None = sample.on.data
            return jsonify(
                minor=amount.minor, key=sample.form_key.data, on=on and on.isoformat(), note=sample.note.data
            )
        return jsonify(errors=sample.errors, form=sample.form_errors), 422

    @app.post("/stand/button")
    @public
    def button():
        only_fields("name")
        return posted_key()

    @app.get("/stand/page")
    @public
    def page():
        if request.args.get("say"):
            flash("Reminder sent.", "good")
        return show(page="errors/404.html", fragment="components/notice.html", message="All well", tone="good")

    @app.post("/stand/<way>")
    @public
    def go(way: str):
        return see_other("/stand/page") if way == "see" else leave_for("/stand/page")

    @app.get("/stand/limited")
    @public
    @limiter.limit("3 per minute")
    def limited():
        return "in"

    @app.get("/stand/guarded")
    @requires(Permission.BILLING_READ)
    def guarded():
        return "in"

    @app.get("/stand/forgotten")
    def forgotten():
        return "in"

    return app
