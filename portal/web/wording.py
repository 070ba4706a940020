"""Sentences in the reader's language: the typed side of the catalogues in portal/translations."""

from typing import Any

import flask_babel
from flask import Flask, g
from flask_babel import Babel

DEFAULT_LANGUAGE = "en"
DEFAULT_ZONE = "UTC"


def init_wording(app: Flask) -> None:
    """`g.language` and `g.zone` say whose sentences and clocks they are; whoever signs in sets them."""
    Babel(app, default_locale=DEFAULT_LANGUAGE, locale_selector=_language, timezone_selector=zone)


def gettext(sentence: str, **values: Any) -> str:
    """The sentence in the reader's language, `%(name)s` filled from `values`."""
    return str(flask_babel.gettext(sentence, **values))


def lazy_gettext(sentence: str) -> Any:
    """For labels of forms, which are written before anyone reads them: translated when shown."""
    return flask_babel.lazy_gettext(sentence)


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    return str(flask_babel.ngettext(one, many, number, **values))


def language() -> str:
    """The two letters of the catalogue in use."""
    locale = flask_babel.get_locale()
    return str(locale.language) if locale else DEFAULT_LANGUAGE


def zone() -> str:
    found: str = g.get("zone", DEFAULT_ZONE)
    return found


def _language() -> str:
    found: str = g.get("language", DEFAULT_LANGUAGE)
    return found
