"""Payment config: the accounts at gateways, their keys, what they are used for, and whether they answer."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions._accounts import ShownKeys, shown_keys
from portal.actions.configure_gateway import configure_gateway
from portal.actions.open_gateway_account import open_gateway_account
from portal.actions.probe_gateway import probe_gateway
from portal.actions.restart_gateway import restart_gateway
from portal.actions.retire_gateway_keys import retire_gateway_keys
from portal.actions.store_gateway_keys import store_gateway_keys
from portal.actions.switch_gateway import switch_gateway
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.gateways.registry import ADAPTERS
from portal.identity.permissions import Permission, requires
from portal.payments.models import GatewayAccount
from portal.reporting import gateway_config
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.refusals import said
from portal.web.session import settings
from portal.web.staff import gateway_words
from portal.web.staff.gateway_forms import KEYS, KeysForm, SettingsForm, limit_tries
from portal.web.staff.listing import reason_given
from portal.web.wording import gettext

bp = Blueprint("staff_gateways", __name__, url_prefix="/billing/gateways")
MODES = ("live", "test")


@bp.get("")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def show_gateways() -> ResponseReturnValue:
    found = {(one.account.gateway, one.account.mode): one for one in gateway_config.accounts(db.session(), clock.now())}
    gateways = [
        (name, [(mode, found.get((name, mode)), _keys_of(found.get((name, mode)))) for mode in MODES])
        for name in sorted(ADAPTERS)
    ]
    return show(
        page="staff/gateways/list.html",
        fragment="staff/gateways/_list.html",
        gateways=gateways,
        words=gateway_words,
        features=settings().test_features,
    )


@bp.post("")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def open_account() -> ResponseReturnValue:
    only_fields("gateway", "mode")
    posted_key()
    gateway, mode = request.form.get("gateway", ""), request.form.get("mode", "")
    ref = open_gateway_account(gateway[:40], mode[:40], actor=g.actor, at=clock.now())
    return see_other(url_for(".show_account", ref=ref))


@bp.get("/<ref>")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def show_account(ref: str) -> ResponseReturnValue:
    return _page(ref)


@bp.post("/<ref>/keys")
@requires(Permission.PAYMENT_CONFIG_WRITE)
@limit_tries
def store_keys(ref: str) -> ResponseReturnValue:
    form = _keys_form(_account(ref))
    try:
        if form.validate():
            store_gateway_keys(
                ref, form.keys, password=form.password.data, overlap=form.lasting, actor=g.actor, at=clock.now()
            )
            flash(gettext("The keys are stored. Test the connection now."), "good")
            return see_other(url_for(".show_account", ref=ref, _anchor="test"))
    except Invalid as wrong:
        form.refuse(wrong)
    return _page(ref, keys_form=form, status=422)


@bp.post("/<ref>/keys/retire")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def retire_keys(ref: str) -> ResponseReturnValue:
    only_fields()
    posted_key()
    retire_gateway_keys(ref, actor=g.actor, at=clock.now())
    flash(gettext("The old keys are believed no longer."), "good")
    return see_other(url_for(".show_account", ref=ref, _anchor="keys"))


@bp.post("/<ref>/settings")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def save_settings(ref: str) -> ResponseReturnValue:
    form = SettingsForm()
    form.offer(_account(ref))
    try:
        if form.validate():
            configure_gateway(ref, form.wish(), actor=g.actor, at=clock.now())
            flash(gettext("Saved."), "good")
            return see_other(url_for(".show_account", ref=ref, _anchor="settings"))
    except Invalid as wrong:
        form.refuse(wrong)
    return _page(ref, settings_form=form, status=422)


@bp.post("/<ref>/switch")
@requires(Permission.PAYMENT_CONFIG_WRITE)
@limit_tries
def switch(ref: str) -> ResponseReturnValue:
    only_fields("is_on", "password")
    posted_key()
    wanted = request.form.get("is_on", "")
    if wanted not in ("yes", "no"):
        raise Invalid(gettext("Choose one of the list."), field="is_on")
    try:
        password = request.form.get("password", "")[:200]
        switch_gateway(ref, is_on=wanted == "yes", password=password, actor=g.actor, at=clock.now())
    except (Invalid, Refused) as error:
        flash(said(error), "bad")
        return _page(ref, status=422)
    flash(gettext("In use from now on.") if wanted == "yes" else gettext("No longer in use."), "good")
    return see_other(url_for(".show_account", ref=ref))


@bp.post("/<ref>/test")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def test(ref: str) -> ResponseReturnValue:
    """Ask the gateway while the reader waits; the page then shows what it told."""
    only_fields()
    posted_key()
    probe_gateway(ref, actor=g.actor, at=clock.now())
    return see_other(url_for(".show_account", ref=ref, _anchor="test"))


@bp.post("/<ref>/start")
@requires(Permission.PAYMENT_CONFIG_WRITE)
def start(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    restart_gateway(ref, reason=reason_given(), actor=g.actor, at=clock.now())
    flash(gettext("Started again. What waits is sent now."), "good")
    return see_other(url_for(".show_account", ref=ref))


def _account(ref: str) -> GatewayAccount:
    return gateway_config.config(db.session(), ref, clock.now()).seen.account


def _keys_of(seen: gateway_config.Seen | None) -> ShownKeys | None:
    return shown_keys(seen.account) if seen else None


def _keys_form(account: GatewayAccount) -> KeysForm:
    form = KEYS[account.gateway]()
    form.offer()
    return form


def _page(
    ref: str, *, keys_form: KeysForm | None = None, settings_form: SettingsForm | None = None, status: int = 200
) -> ResponseReturnValue:
    config = gateway_config.config(db.session(), ref, clock.now())
    account = config.seen.account
    if settings_form is None:
        told: dict[str, Any] = {"currencies": account.currencies, "channels": account.channels}
        settings_form = SettingsForm(formdata=None, **told, calls_per_minute=account.calls_per_minute)
        settings_form.offer(account)
    if keys_form is None:
        keys_form = KEYS[account.gateway](formdata=None)
        keys_form.offer()
    return show(
        page="staff/gateways/account.html",
        fragment="staff/gateways/_account.html",
        status=status,
        config=config,
        account=account,
        keys=shown_keys(account),
        keys_form=keys_form,
        settings_form=settings_form,
        words=gateway_words,
        features=settings().test_features if account.mode == "live" else (),
        addresses=_addresses(account),
    )


def _addresses(account: GatewayAccount) -> list[tuple[str, str]]:
    """Where the gateway writes to, with what each address is for."""
    base = settings().app_url
    own = f"{base}/hooks/{account.gateway}/{account.hook_token}"
    if account.gateway == "ipaymu":
        return [(gettext("Told with each payment; enter it nowhere"), own)]
    return [
        (gettext("Webhook URL of this account"), own),
        (gettext("Or one address for all gateways"), f"{base}/api/billing/webhook"),
    ]
