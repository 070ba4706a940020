"""bare_app(settings): the application without its doors, which jobs run in; `app.py` opens the doors to it."""

from flask import Flask
from sqlalchemy import or_, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal import tables
from portal.core import crashes, logging, pool
from portal.core.business import VirtualClock
from portal.core.db import db
from portal.core.settings import Settings, SettingsError, install
from portal.payments.models import GatewayAccount

_LIVE_IN_USE = select(GatewayAccount.gateway).where(GatewayAccount.is_enabled, GatewayAccount.mode == "live")
_CLOCK_MOVED = select(or_(VirtualClock.frozen_at.is_not(None), VirtualClock.shift_seconds != 0))


def bare_app(settings: Settings) -> Flask:
    """An application for these settings. Opens nothing: servers are met when first needed."""
    install(settings)
    logging.configure(settings.log_level)
    crashes.load_plan(settings.crash_plan)
    pool.watch()
    app = Flask("portal")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url.replace("postgresql://", "postgresql+psycopg://"),
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 5, "max_overflow": 10},
    )
    app.extensions["settings"] = settings
    app.extensions["tables"] = tables.NOUNS
    db.init_app(app)
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
