"""Commands are found without being imported before they are asked for."""

import pkgutil
import subprocess
import sys
from importlib import import_module

from flask.cli import AppGroup

from portal import cli
from portal.local.home import CHECKOUT

UNWANTED = ("weasyprint", "portal.simulation", "portal.cli.bench")


def test_every_command_of_every_family_is_known():
    found = {}
    for module in pkgutil.iter_modules(cli.__path__):
        group = AppGroup()
        family = import_module(f"portal.cli.{module.name}")
        if hasattr(family, "register"):
            family.register(group)
            found |= dict.fromkeys(group.commands, module.name)

    assert found == cli.FAMILIES


def test_all_are_listed_and_none_is_made_up(app):
    runner = app.test_cli_runner()

    listed = runner.invoke(args=["portal", "--help"])
    unknown = runner.invoke(args=["portal", "nonsense"])

    assert listed.exit_code == 0
    assert all(name in listed.output for name in ("check", "migrate", "prove", "worker"))
    assert "bench-here" not in listed.output
    assert unknown.exit_code == 2


def test_an_application_that_serves_pages_imports_neither_printer_nor_simulation():
    code = f"import sys, portal.app; sys.exit(sum(name in sys.modules for name in {UNWANTED}))"

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=CHECKOUT).returncode == 0
