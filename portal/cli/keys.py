"""`flask portal rotate-keys`: everything encrypted under the first of ENCRYPTION_KEYS."""

import sys

import click
from flask.cli import AppGroup

from portal.actions.rotate_encryption import rotate_encryption
from portal.core import clock
from portal.core.actors import Actor


def register(group: AppGroup) -> None:
    group.command("rotate-keys")(rotate_keys)


def rotate_keys() -> None:
    """Put the new key first in ENCRYPTION_KEYS, restart, run this, then take the old one out. Safe to run again."""
    done = rotate_encryption(actor=Actor.operator("rotate-keys"), at=clock.now())
    click.echo(f"{done.renewed} renewed, {done.current} were under the first key already.")
    if done.unreadable:
        click.echo(f"{done.unreadable} cannot be read with any of the keys: leave the old keys in place.", err=True)
        sys.exit(1)
