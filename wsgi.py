"""The application for a WSGI server: `gunicorn wsgi`."""

import sys

from portal.app import create_app
from portal.core.settings import Settings, SettingsError

try:
    application = create_app(Settings.from_env())
except SettingsError as wrong:
    sys.exit("\n".join(wrong.sentences))
