"""The customer's pages speak three languages in full, amounts and days included."""

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal.core.sentences import CATALOGUES
from portal.subscriptions.states import SubscriptionStatus as Status
from tests.factories import NOON
from tests.people import join, make_user
from tests.web.browsing import Browser

PORTAL = CATALOGUES.parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}
PLACES = (
    ("templates/account", [("**.html", "jinja2")]),
    ("web/account", [("**.py", "python")]),
    ("web", [("refusals.py", "python")]),
)


@pytest.mark.parametrize("language", ["id", "fr"])
def test_every_sentence_is_translated(language):
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    missing = []
    for folder, mapping in PLACES:
        for _file, _line, sentence, *_rest in extract_from_dir(PORTAL / folder, mapping, {}, KEYWORDS):
            found = catalogue.get(sentence if isinstance(sentence, str) else tuple(sentence))
            said = found.string if found else ""
            if not (said if isinstance(said, str) else all(said)):
                missing.append(sentence)
    assert missing == []


@pytest.mark.parametrize(
    ("language", "sentence", "amount"),
    [
        ("fr", "Payez 48\u00a0375,00\u00a0₦ d’ici au 24 mars", "Votre banque"),
        ("id", "Bayar ₦48.375,00 paling lambat 24 Maret", "Bank Anda"),
    ],
)
def test_the_home_speaks_the_readers_language(session, make, client, travel, language, sentence, amount):
    travel(NOON)
    make.tax(75_000)
    customer = make.customer()
    make.subscription(make.price(45_000_00), customer=customer, status=Status.PAST_DUE)
    user = make_user(session, language=language)
    join(session, user, customer)
    reader = Browser(client)
    reader.enter(session, user)
    page = reader.get("/account/").text
    assert sentence in page
    assert amount in page
