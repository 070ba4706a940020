"""The application for a WSGI server: `gunicorn wsgi`."""

import sys

from portal.app import create_app
from portal.bare import require_no_live_account
from portal.core.settings import Settings, SettingsError

try:
    settings = Settings.from_env()
    application = create_app(settings)
    require_no_live_account(application, settings)
except SettingsError as wrong:
    sys.exit("\n".join(wrong.sentences))
