"""`flask portal seed`, `demo`: the made-up company, and its book of customers with a history."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.core import clock
from portal.core.actors import Actor
from portal.core.business import read
from portal.core.db import db
from portal.core.settings import current
from portal.identity.models import User
from portal.simulation import company

SEEDER = Actor.operator("seed")


def register(group: AppGroup) -> None:
    group.command("seed")(seed)


@click.option("--show", is_flag=True, help="Only print who can sign in.")
def seed(show: bool) -> None:
    """Found the company of the demo, once: catalogue, taxes, staff, its account at the gateway's twin."""
    is_founded = db.session.scalar(select(User.id).where(User.email == company.STAFF[0][0])) is not None
    if not show and not is_founded:
        company.found(gateway_url=current().paystack_base_url, actor=SEEDER, at=clock.now())
    click.echo(f"  {read(db.session()).name}: everybody signs in with the password {company.STAFF_PASSWORD}")
    for email, name, role in company.STAFF:
        click.echo(f"    {role:<12} {email:<32} {name}")
