"""The catalogues: complete for the frame of the house, compiled, and with the same blanks as the source."""

import re
from io import BytesIO

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from portal.core.sentences import CATALOGUES

PORTAL = CATALOGUES.parent
BLANK = re.compile(r"%\([a-z_0-9]+\)s")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}
LANGUAGES = ("id", "fr")


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request):
    with (CATALOGUES / request.param / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=request.param)


def test_the_compiled_catalogue_is_made_of_its_source(catalogue):
    fresh = BytesIO()
    write_mo(fresh, catalogue)
    kept = (CATALOGUES / str(catalogue.locale) / "LC_MESSAGES" / "messages.mo").read_bytes()
    made = _said(BytesIO(fresh.getvalue()))
    assert _said(BytesIO(kept)) == made, "compile it: pybabel compile -d portal/translations"


def test_translations_fill_the_same_blanks(catalogue):
    faults = [
        message.id
        for message in catalogue
        if message.id and any(message.string if isinstance(message.string, tuple) else (message.string,))
        for said in (message.string if isinstance(message.string, tuple) else (message.string,))
        if set(BLANK.findall(said)) - {"%(n)s"} != set(BLANK.findall(_many(message.id))) - {"%(n)s"}
    ]
    assert faults == []


def test_every_sentence_of_layouts_components_and_errors_is_translated(catalogue):
    said = {_one(message.id) for message in catalogue if message.id and all(_strings(message))}
    wanted = {_one(sentence) for sentence in _sentences()}
    assert sorted(wanted - said) == []


def _sentences():
    found = []
    for folder, mapping in (
        ("templates/layouts", [("**.html", "jinja2")]),
        ("templates/components", [("**.html", "jinja2")]),
        ("templates/errors", [("**.html", "jinja2")]),
        ("web", [("statuses.py", "python"), ("errors.py", "python"), ("forms.py", "python"), ("frame.py", "python")]),
    ):
        rows = extract_from_dir(PORTAL / folder, mapping, {}, KEYWORDS)
        found += [sentence for _file, _line, sentence, _comments, _context in rows]
    return found


def _said(compiled):
    """Sentence and translation of each entry but the head, which carries the time it was made."""
    return sorted((str(message.id), str(message.string)) for message in read_mo(compiled) if message.id)


def _strings(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _one(sentence):
    return sentence[0] if isinstance(sentence, tuple) else sentence


def _many(sentence):
    return sentence[1] if isinstance(sentence, tuple) else sentence
