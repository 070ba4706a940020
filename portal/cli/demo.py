"""`flask portal seed`, `demo`: the made-up company, and its book of customers with a history."""

import os
from datetime import timedelta

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from portal.core import clock
from portal.core.actors import Actor
from portal.core.business import read
from portal.core.db import db
from portal.core.settings import current
from portal.customers.models import Customer
from portal.identity.models import User
from portal.simulation import company, demo, desk
from portal.simulation.drive import Drive
from portal.simulation.stories import PASSWORD
from portal.simulation.world import World

SEEDER = Actor.operator("seed")


def register(group: AppGroup) -> None:
    group.command("seed")(seed)
    group.command("demo")(fill)


@click.option("--show", is_flag=True, help="Only print who can sign in.")
def seed(show: bool) -> None:
    """Found the company of the demo, once: catalogue, taxes, staff, its account at the gateway's twin."""
    is_founded = db.session.scalar(select(User.id).where(User.email == company.STAFF[0][0])) is not None
    if not show and not is_founded:
        company.found(gateway_url=current().paystack_base_url, actor=SEEDER, at=clock.now())
    click.echo(f"  Staff of {read(db.session()).name}, password {company.STAFF_PASSWORD}")
    for email, name, role in company.STAFF:
        click.echo(f"    {role:<14}{name:<18}{email}")
    if _customers():
        click.echo(f"\n  Customers, password {PASSWORD}")
        people = [(one, story.name) for _, one, story in demo.cast() if story.name]
        people += [(one, shows) for one, _, shows in demo.latecomers()]
        for one, state in people:
            click.echo(f"    {state:<38}{one.email}")


@click.option("--portal-url", default=lambda: os.environ["CHECK_BASE_URL"], help="where the portal answers")
@click.option("--twin-url", default=lambda: os.environ["CHECK_TWIN_URL"], help="where the gateway's twin answers")
def fill(portal_url: str, twin_url: str) -> None:
    """Let the demo's customers live through the last ten weeks, once. Needs all processes running."""
    if _customers():
        return
    now = clock.wall()
    world = World(portal_url=portal_url, twin_url=twin_url, say=lambda line: click.echo(f"  {line}"))
    Drive(world, demo.cast(), now - timedelta(days=demo.DAYS), now - timedelta(minutes=1)).live()
    world.let_run()
    if current().ipaymu_mode == "test":
        url = current().gateway_base_url("ipaymu", "test")
        company.take_rupiah(gateway_url=url, actor=SEEDER, at=clock.now())
    for latecomer in demo.latecomers():
        world.enroll(*latecomer)
    desk.lay_out(company.STAFF[0][0], company.STAFF[1][0], at=clock.now())


def _customers() -> int:
    return db.session.scalar(select(func.count()).select_from(Customer)) or 0
