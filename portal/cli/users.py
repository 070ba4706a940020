"""`flask portal users …`: the people of the house, where nobody is signed in yet to make them."""

import getpass

import click
from flask.cli import AppGroup

from portal.actions.create_staff_user import StaffUser
from portal.actions.create_staff_user import create_staff_user as make
from portal.actions.set_password import set_password as change
from portal.core import clock
from portal.core.actors import Actor
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.formats import LANGUAGES
from portal.identity.queries import staff_role_names

password_option = click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)


def register(group: AppGroup) -> None:
    users = AppGroup("users", help="The people of the house.")
    users.command("create")(create)
    users.command("password")(password)
    users.command("roles")(roles)
    group.add_command(users)


@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "names", multiple=True, required=True, help="May be given several times.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en")
@password_option
def create(email: str, name: str, names: tuple[str, ...], language: str, password: str) -> None:
    """Make a staff user with the roles, able to sign in at once."""
    wanted = StaffUser(email=email, name=name, password=password, roles=names, language=language)
    try:
        ref = make(wanted, actor=_operator(), at=clock.now())
    except PortalError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{email} is {ref} and may sign in.")


@click.argument("email")
@password_option
def password(email: str, password: str) -> None:
    """Give somebody another password and sign them out everywhere."""
    try:
        change(email, password, actor=_operator(), at=clock.now(), wall_at=clock.wall())
    except PortalError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{email} has the new password.")


def roles() -> None:
    """List the staff roles."""
    for name in staff_role_names(db.session()):
        click.echo(name)


def _operator() -> Actor:
    return Actor.operator(getpass.getuser())
