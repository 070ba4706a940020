"""create_app(settings): the application with its doors; wiring and nothing else."""

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined

from portal import cli, web
from portal.bare import bare_app
from portal.core.db import db
from portal.core.settings import Settings
from portal.core.templating import SharedMacros

migrate = Migrate()


def create_app(settings: Settings) -> Flask:
    """An application for these settings. Opens nothing: servers are met when first needed."""
    app = bare_app(settings)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_NAME="__Host-portal" if settings.is_https else "portal",
        MAX_CONTENT_LENGTH=256 * 1024,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.template_class = SharedMacros
    migrate.init_app(app, db, directory="migrations")
    web.init_app(app, settings)
    cli.init_app(app)
    return app
