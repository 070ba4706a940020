"""Sentences in a language, for whatever has a reader but no request: mails and papers.

The catalogues in portal/translations are the same that the pages read. The source language is English.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations

from portal.core.formats import LANGUAGES

CATALOGUES = Path(__file__).parent.parent / "translations"


class Sentences:
    """One catalogue; a sentence that it lacks is said in English."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.catalogue: NullTranslations = Translations.load(CATALOGUES, [language])

    def gettext(self, sentence: str, **values: Any) -> str:
        """The sentence, `%(name)s` filled from `values`."""
        said = str(self.catalogue.ugettext(sentence))
        return said % values if values else said

    def ngettext(self, one: str, many: str, number: int, **values: Any) -> str:
        said = str(self.catalogue.ungettext(one, many, number))
        return said % {"num": number, **values}


@lru_cache(maxsize=8)
def sentences(language: str) -> Sentences:
    """The catalogue of `language`; an unknown language reads English."""
    return Sentences(language if language in LANGUAGES else "en")
