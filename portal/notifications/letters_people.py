"""Mails about signing in and payment methods, and the alerts that staff get."""

from __future__ import annotations

from sqlalchemy import select

from portal.core import clock
from portal.core.settings import current
from portal.gateways.registry import gateway_name
from portal.identity import tokens
from portal.identity.models import LoginToken
from portal.notifications.letters import Letter, Link, Occasion, Unneeded
from portal.payments import receipts
from portal.payments.models import GatewayAccount, PaymentMethod
from portal.runs.models import BillingRun

METHODS = "/account/payments"


def email_verification(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    return Letter(
        subject=_("Confirm your mail address for %(company)s", company=occasion.business.name),
        state=_("One step left"),
        headline=_("Confirm your address"),
        lead=_("Open the link, and your account is ready."),
        paragraphs=(_("The link works once, and for three days."),),
        button=Link(_("Confirm my address"), _link(occasion)),
        reason=_("Somebody signed up with this address. If it was not you, ignore this mail."),
    )


def password_reset(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    return Letter(
        subject=_("Set a new password for %(company)s", company=occasion.business.name),
        state=_("A new password was asked for"),
        headline=_("Set a new password"),
        lead=_("Open the link to choose a new password. Your old one works until then."),
        paragraphs=(_("The link works once, and for one hour."),),
        button=Link(_("Choose a new password"), _link(occasion)),
        reason=_("Somebody asked for this with your address. If it was not you, ignore this mail: nothing changes."),
    )


def sign_up_repeated(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    return Letter(
        subject=_("You have an account at %(company)s already", company=occasion.business.name),
        state=_("Somebody signed up with your address"),
        headline=_("You have an account already"),
        lead=_("Sign in with your mail address and password. If you forgot the password, choose a new one."),
        paragraphs=(_("The link works once, and for one hour."),),
        button=Link(_("Choose a new password"), _link(occasion)),
        reason=_("Somebody signed up with this address. If it was not you, ignore this mail: nothing changes."),
    )


def method_added(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    _row, method = _method(occasion)
    return Letter(
        subject=_("%(method)s was added", method=method),
        state=_("New payment method"),
        headline=method,
        lead=_("It is charged for your subscriptions from %(day)s on.", day=occasion.on(occasion.happened_at)),
        tone="good",
        paragraphs=(_("If you did not add it, remove it and write to us."),),
        button=Link(_("Payment methods"), occasion.url(METHODS)),
        reason=occasion.billing_reason(),
    )


def method_expiring(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    row, method = _method(occasion)
    if row.expires_on is None:
        raise Unneeded("the method no longer expires")
    ends = occasion.on(row.expires_on)
    return Letter(
        subject=_("%(method)s expires on %(day)s", method=method, day=ends),
        state=_("Your card expires soon"),
        headline=method,
        lead=_("It can be charged until %(day)s. Add another one before, and nothing is interrupted.", day=ends),
        tone="warn",
        button=Link(_("Add a payment method"), occasion.url(METHODS)),
        reason=occasion.billing_reason(),
    )


def run_held(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    run = occasion.session.scalar(select(BillingRun).where(BillingRun.ref == occasion.fact("run")))
    if run is None or run.status != "held":
        raise Unneeded("the run is no longer held")
    return Letter(
        subject=_("A billing run is held"),
        state=_("Somebody must decide"),
        headline=_("Billing run held"),
        lead=run.hold_reason or _("A stop line was crossed."),
        tone="warn",
        paragraphs=(_("Nothing is billed until the run is released or aborted."),),
        button=Link(_("Open the run"), occasion.url(f"/billing/runs/{run.ref}")),
        reason=_staff_reason(occasion),
    )


def gateway_refused(occasion: Occasion) -> Letter:
    _ = occasion.words.gettext
    account = occasion.session.scalar(select(GatewayAccount).where(GatewayAccount.ref == occasion.fact("account")))
    if account is None or account.stopped_reason is None:
        raise Unneeded("the gateway account works again")
    return Letter(
        subject=_("%(gateway)s refuses our key", gateway=gateway_name(account.gateway)),
        state=_("Charges have stopped"),
        headline=gateway_name(account.gateway),
        lead=account.stopped_reason,
        tone="bad",
        paragraphs=(_("No charge is sent until the key is right. Nothing is lost: what is due stays due."),),
        button=Link(_("See the state of the house"), occasion.url("/billing/health")),
        reason=_staff_reason(occasion),
    )


def gateway_changed(occasion: Occasion) -> Letter:
    """To everybody who may change it: somebody did."""
    _ = occasion.words.gettext
    account = occasion.session.scalars(
        select(GatewayAccount).where(GatewayAccount.ref == occasion.fact("account"))
    ).one()
    by = occasion.fact("by")
    said = {
        "keys": _("%(name)s changed the keys of this account.", name=by),
        "on": _("%(name)s took this account into use: customers pay through it from now on.", name=by),
        "off": _("%(name)s took this account out of use: nobody pays through it any more.", name=by),
    }
    return Letter(
        subject=_("Our account at %(gateway)s was changed", gateway=gateway_name(account.gateway)),
        state=_("Please check that this is right"),
        headline=f"{gateway_name(account.gateway)}, {_('live') if account.mode == 'live' else _('test')}",
        lead=said[occasion.fact("what")],
        tone="warn",
        paragraphs=(_("If nobody told you about this, take the account out of use and change its keys."),),
        button=Link(_("See the account"), occasion.url(f"/billing/gateways/{account.ref}")),
        reason=_("You get this because you may change through whom customers pay."),
    )


def _link(occasion: Occasion) -> str:
    """The link of the event's row, as long as it opens something."""
    row = occasion.session.get(LoginToken, int(occasion.facts["login_token"]))
    if row is None or row.used_at is not None or row.ends_at <= clock.wall():
        raise Unneeded("the link was used, replaced or is too old")
    return tokens.link_for(row, current())


def _method(occasion: Occasion) -> tuple[PaymentMethod, str]:
    row = occasion.session.scalar(select(PaymentMethod).where(PaymentMethod.ref == occasion.fact("method")))
    if row is None or row.removed_at is not None:
        raise Unneeded("the method was removed")
    return row, receipts.method_words(row.kind, row.brand, row.last4, occasion.reader.language)


def _staff_reason(occasion: Occasion) -> str:
    _ = occasion.words.gettext
    return _("You get this because you look after the billing of %(company)s.", company=occasion.business.name)
