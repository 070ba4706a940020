"""The frames around pages: places that exist, the company's colour, light and dark by hand."""

import pytest
from flask import g, render_template_string

from portal.web.frame import ACCOUNT_PLACES, STAFF_PLACES, Frame, Place, _current

ACCOUNT = (
    '{% extends "layouts/account.html" %}{% block title %}Test{% endblock %}{% block content %}Hello{% endblock %}'
)
STAFF = ACCOUNT.replace("account.html", "staff.html")


@pytest.fixture
def framed(stand_app):
    """framed(template, path, frame, permissions): a whole page."""

    def draw(template, frame, path="/stand/page", permissions=frozenset(), **kwargs):
        with stand_app.test_request_context(path, **kwargs):
            g.language, g.frame, g.permissions = frame.language, frame, permissions
            return render_template_string(template)

    return draw


def test_only_places_that_answer_are_offered(stand_app, framed):
    page = framed(ACCOUNT, Frame(company="Kaya Data"))
    for place in (*ACCOUNT_PLACES, *STAFF_PLACES):
        assert f'href="{place.path}"' not in page  # nobody is signed in, so none of them is open
    assert "Hello" in page


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/account/", "/account/"),
        ("/account/invoices", "/account/invoices"),
        ("/account/invoices/inv_1", "/account/invoices"),
        ("/account/invoicesque", None),
        ("/account/profile", None),
    ],
)
def test_the_current_place_is_the_one_a_page_lies_under(path, place):
    found = _current(ACCOUNT_PLACES, path)
    assert (found.path if found else None) == place


def test_an_accent_of_the_company_s_own_is_one_more_sheet(framed):
    assert "/brand/" not in framed(ACCOUNT, Frame())
    assert 'href="/brand/0a6f45.css"' in framed(ACCOUNT, Frame(accent="#0A6F45"))


def test_a_chosen_theme_is_on_the_page_before_any_script(framed):
    assert 'data-theme="dark"' in framed(ACCOUNT, Frame(), headers={"Cookie": "theme=dark"})
    assert "data-theme=" not in framed(ACCOUNT, Frame(), headers={"Cookie": "theme=x%22onload"}).partition("<body")[0]


def test_long_names_and_hostile_ones_stay_text(framed):
    page = framed(STAFF, Frame(company="<b>" * 40, person="<i>Ada", belongs_to="</title>", is_test=True))
    assert "<b><b>" not in page
    assert "<i>Ada" not in page
    assert "Test mode" in page


def test_a_page_says_its_language(framed):
    assert '<html lang="id"' in framed(ACCOUNT, Frame(language="id"))
    assert "Langsung ke isi" in framed(ACCOUNT, Frame(language="id"))


def test_places_keep_the_order_and_headings_of_their_table():
    assert [place.group for place in STAFF_PLACES] == sorted(
        (place.group for place in STAFF_PLACES), key=["", "Records", "House"].index
    )
    assert all(isinstance(place, Place) for place in STAFF_PLACES)
