"""`flask portal migrate`: bring the database to the newest shape."""

import click
from flask.cli import AppGroup
from flask_migrate import upgrade


def register(group: AppGroup) -> None:
    group.command("migrate")(migrate)


def migrate() -> None:
    """Create or update the tables; safe to run again."""
    upgrade(directory="migrations")
    click.echo("The database is up to date.")
