"""A pay link opens one invoice, until its day, and no text but the one that was written opens anything."""

import string
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.errors import NotFound
from portal.invoicing import pay_links
from portal.invoicing.models import Invoice

KEY = "k" * 40
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def invoice() -> Invoice:
    return Invoice(ref="inv_abcdefghij234567", link_version=1)


def test_a_link_names_its_invoice_and_lives_sixty_days(invoice):
    link = pay_links.read(pay_links.token_for(invoice, secret_key=KEY, at=AT), secret_key=KEY)
    assert (link.invoice_ref, link.version) == ("inv_abcdefghij234567", 1)
    assert link.opens(invoice, AT + pay_links.LIVES)
    assert not link.opens(invoice, AT + pay_links.LIVES + timedelta(days=1))


def test_raising_the_version_takes_every_earlier_link_back(invoice):
    link = pay_links.read(pay_links.token_for(invoice, secret_key=KEY, at=AT), secret_key=KEY)
    invoice.link_version = 2
    assert not link.opens(invoice, AT)
    assert pay_links.read(pay_links.token_for(invoice, secret_key=KEY, at=AT), secret_key=KEY).opens(invoice, AT)


def test_no_character_may_be_another_one(invoice):
    token = pay_links.token_for(invoice, secret_key=KEY, at=AT)
    for place, right in enumerate(token):
        for other in string.ascii_letters + string.digits + "-_.=%é\n ":
            if other != right:
                with pytest.raises(NotFound):
                    pay_links.read(token[:place] + other + token[place + 1 :], secret_key=KEY)


@pytest.mark.parametrize(
    "text",
    ["", ".", "...", "inv_abcdefghij234567", "inv_abcdefghij234567.1.739000", "inv_abcdefghij234567.1.0." + "A" * 43,
     "inv_abcdefghij234567.1.999999." + "A" * 43, "inv_abcdefghij234567.٣.739000." + "A" * 43, "x" * 10_000],
)  # fmt: skip
def test_what_we_did_not_write_is_no_link(text):
    with pytest.raises(NotFound):
        pay_links.read(text, secret_key=KEY)


def test_another_key_and_what_is_added_open_nothing(invoice):
    token = pay_links.token_for(invoice, secret_key=KEY, at=AT)
    for text, key in ((token, "l" * 40), (token + "=", KEY), (token + "\n", KEY), (token[:-1], KEY), (token * 2, KEY)):
        with pytest.raises(NotFound):
            pay_links.read(text, secret_key=key)
