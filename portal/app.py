"""create_app(settings): wiring and nothing else."""

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined
from sqlalchemy import or_, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal import cli, tables, web
from portal.core import crashes, logging, pool
from portal.core.business import VirtualClock
from portal.core.db import db
from portal.core.settings import Settings, SettingsError, install
from portal.core.templating import SharedMacros
from portal.payments.models import GatewayAccount

migrate = Migrate()

_LIVE_IN_USE = select(GatewayAccount.gateway).where(GatewayAccount.is_enabled, GatewayAccount.mode == "live")
_CLOCK_MOVED = select(or_(VirtualClock.frozen_at.is_not(None), VirtualClock.shift_seconds != 0))


def create_app(settings: Settings) -> Flask:
    """An application for these settings. Opens nothing: servers are met when first needed."""
    install(settings)
    logging.configure(settings.log_level)
    crashes.load_plan(settings.crash_plan)
    pool.watch()
    app = Flask("portal")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url.replace("postgresql://", "postgresql+psycopg://"),
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 5, "max_overflow": 10},
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_NAME="__Host-portal" if settings.is_https else "portal",
        MAX_CONTENT_LENGTH=256 * 1024,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.template_class = SharedMacros
    app.extensions["settings"] = settings
    app.extensions["tables"] = tables.NOUNS
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    web.init_app(app, settings)
    cli.init_app(app)
    return app


def require_no_live_account(app: Flask, settings: Settings) -> None:
    """Raise SettingsError where real money could move beside anything made for tests, or at a made-up time.

    A database that does not answer or has no tables yet holds no account that could be in use.
    """
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                live = connection.scalars(_LIVE_IN_USE).all()
                is_clock_moved = connection.scalar(_CLOCK_MOVED)
        except (OperationalError, ProgrammingError):
            return
        finally:
            db.engine.dispose()  # whoever forks from here takes no open connection along
    live = [*live, *(name for name in ("paystack", "ipaymu") if settings.gateway_secrets(name, "live"))]
    reasons = [*settings.test_features, *(["a clock that was moved"] if is_clock_moved else [])]
    if live and reasons:
        raise SettingsError([f"A live account of {live[0]} is in use beside {', '.join(reasons)}: part them first."])
