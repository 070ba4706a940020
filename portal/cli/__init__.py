"""The command line's door: `flask portal …`, one file per family of commands, thin like every door."""

from flask import Flask
from flask.cli import AppGroup

from portal.cli import bench, check, clock, demo, installation, keys, processes, prove, users

FAMILIES = (bench, check, clock, demo, installation, keys, processes, prove, users)


def init_app(app: Flask) -> None:
    group = AppGroup("portal", help="Everything the portal does, from the command line.")
    for family in FAMILIES:
        family.register(group)
    app.cli.add_command(group)
