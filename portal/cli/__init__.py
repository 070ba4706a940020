"""The command line's door: `flask portal …`, one file per family of commands, thin like every door."""

from importlib import import_module

from click import Command, Context
from flask import Flask
from flask.cli import AppGroup

FAMILIES = {
    "bench": "bench",
    "bench-here": "bench",
    "check": "check",
    "clock": "clock",
    "demo": "demo",
    "migrate": "installation",
    "prove": "prove",
    "rotate-keys": "keys",
    "scheduler": "processes",
    "seed": "demo",
    "users": "users",
    "worker": "processes",
}
"""Command → the file that has it."""


class Commands(AppGroup):
    """A family is imported when one of its commands is asked for: web and workers never do, start sooner and stay
    smaller, for the bench alone brings a company, a printer and half of the engine along."""

    def list_commands(self, ctx: Context) -> list[str]:
        return sorted(FAMILIES)

    def get_command(self, ctx: Context, name: str) -> Command | None:
        if name in FAMILIES and name not in self.commands:
            import_module(f"portal.cli.{FAMILIES[name]}").register(self)
        return super().get_command(ctx, name)


def init_app(app: Flask) -> None:
    app.cli.add_command(Commands("portal", help="Everything the portal does, from the command line."))
