"""Sentences in the reader's language: the typed side of the catalogues in portal/translations."""

from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask_babel import LazyString
from markupsafe import Markup

from portal.core.sentences import sentences

DEFAULT_LANGUAGE = "en"
DEFAULT_ZONE = "UTC"
LANGUAGE_NAMES = {"en": "English", "id": "Bahasa Indonesia", "fr": "Français"}


def init_wording(app: Flask) -> None:
    """`g.language` and `g.zone` say whose sentences and clocks they are; whoever signs in sets them."""
    app.jinja_env.globals["_"] = _in_page


def gettext(sentence: str, **values: Any) -> str:
    """The sentence in the reader's language, `%(name)s` filled from `values`."""
    return sentences(language()).gettext(sentence, **values)


def lazy_gettext(sentence: str) -> Any:
    """For labels of forms, which are written before anyone reads them: translated when shown."""
    return LazyString(gettext, sentence)


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    return sentences(language()).ngettext(one, many, number, **values)


def language() -> str:
    """The two letters of the catalogue in use."""
    found: str = g.get("language", DEFAULT_LANGUAGE)
    return found


def zone() -> str:
    found: str = g.get("zone", DEFAULT_ZONE)
    return found


def _in_page(sentence: str, **values: Any) -> Markup:
    """What templates call: the sentence is ours and may hold markup, the values are escaped."""
    said = _marked(language(), sentence)
    return said % values if values or "%" in said else said


@lru_cache(maxsize=16_384)
def _marked(spoken: str, sentence: str) -> Markup:
    return Markup(sentences(spoken).gettext(sentence))  # noqa: S704 - a sentence of ours
