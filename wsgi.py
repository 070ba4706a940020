"""The application for a WSGI server and for the command line: `gunicorn wsgi`, `flask --app wsgi portal`."""

import sys

from jobs import commands
from portal.app import create_app
from portal.core.settings import Settings, SettingsError

try:
    application = create_app(Settings.from_env())
except SettingsError as wrong:
    sys.exit("\n".join(wrong.sentences))
commands.add_to(application.cli.commands["portal"])
