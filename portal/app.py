"""create_app(settings): wiring and nothing else."""

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined

from portal import cli, tables, web
from portal.core import crashes, logging, pool
from portal.core.db import db
from portal.core.settings import Settings, install
from portal.core.templating import SharedMacros

migrate = Migrate()


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
