"""What actions refuse is said in the reader's language, blanks filled."""

import importlib
import pkgutil

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import g

import portal
from portal.actions._listing import Silent
from portal.banking.uploads import UploadRefused
from portal.core.errors import Invalid, PortalError, Refused
from portal.core.sentences import CATALOGUES
from portal.core.states import MoveRefused
from portal.web import refusals

KEYWORDS = (CATALOGUES / "keywords.txt").read_text().split()
FLOORS = ("identity", "customers", "subscriptions", "invoicing", "payments", "banking", "balance", "actions")
OWN_WORDS = {UploadRefused, MoveRefused, Silent}


def test_every_kind_of_refusal_is_among_those_that_the_catalogues_are_made_of():
    for floor in FLOORS:
        for module in pkgutil.iter_modules([str(CATALOGUES.parent / floor)]):
            importlib.import_module(f"{portal.__name__}.{floor}.{module.name}")
    kinds = {kind for kind in _kinds(Refused) | _kinds(Invalid) if kind.__module__.startswith("portal.")}
    assert sorted(kind.__name__ for kind in kinds - OWN_WORDS if f"{kind.__name__}:1" not in KEYWORDS) == []


@pytest.mark.parametrize("language", ["id", "fr"])
def test_what_is_refused_is_translated(language):
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    kinds = {word.partition(":")[0]: (1,) for word in KEYWORDS if not word.startswith("plural")}
    missing = set()
    for floor in FLOORS:
        for _file, _line, sentence, *_rest in extract_from_dir(
            CATALOGUES.parent / floor, [("**.py", "python")], {}, kinds
        ):
            found = catalogue.get(sentence)
            if " " in sentence and not (found and found.string):
                missing.add(sentence)
    assert sorted(missing) == []


def test_a_refusal_fills_its_blanks_and_keeps_its_field():
    error = Invalid("At most %(most)s characters.", field="reason", most=500)
    assert (error.message, error.field) == ("At most 500 characters.", "reason")


def test_a_refusal_is_said_in_the_readers_language(application):
    with application.test_request_context():
        g.language = "fr"
        assert refusals.said(Invalid("At most %(most)s characters.", most=500)) == "500 caractères au plus."
        assert refusals.said(Refused("Words of 100 % nobody translated.")) == "Words of 100 % nobody translated."


def _kinds(kind: type[PortalError]) -> set[type[PortalError]]:
    return {kind}.union(*(_kinds(below) for below in kind.__subclasses__()))
