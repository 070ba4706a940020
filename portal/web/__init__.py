"""The browser's door: pages, partials, forms. It translates and decides nothing."""

from flask import Blueprint, Flask

from portal.core.settings import Settings
from portal.web import health, profile
from portal.web.account import pages as account
from portal.web.assets import init_assets
from portal.web.auth import password, sign_in, sign_up
from portal.web.errors import init_errors
from portal.web.filters import init_filters
from portal.web.forms import init_forms
from portal.web.frame import init_frame
from portal.web.hooks import gateways
from portal.web.htmx import init_htmx
from portal.web.pay import link, paper
from portal.web.security import init_security
from portal.web.session import init_session
from portal.web.staff import clock, dunning, dunning_deeds, runs, switches
from portal.web.staff import gateways as staff_gateways
from portal.web.staff import health as staff_health
from portal.web.staff import pages as staff
from portal.web.staff.switches import init_switches
from portal.web.wording import init_wording

BLUEPRINTS: tuple[Blueprint, ...] = (
    health.bp,
    gateways.bp,
    sign_in.bp,
    sign_up.bp,
    password.bp,
    profile.account_bp,
    profile.staff_bp,
    link.bp,
    paper.bp,
    *account.BLUEPRINTS,
    *staff.BLUEPRINTS,
    dunning.bp,
    dunning_deeds.bp,
    runs.bp,
    clock.bp,
    staff_gateways.bp,
    staff_health.bp,
    switches.bp,
)


def init_app(app: Flask, settings: Settings) -> None:
    """Everything around the pages, then the pages. Who is asking must be known before security looks."""
    init_htmx(app)
    init_wording(app)
    init_filters(app)
    init_assets(app)
    init_forms(app)
    init_frame(app)
    init_errors(app)
    init_session(app)
    init_security(app, settings)
    init_switches(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
