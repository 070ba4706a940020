"""The components: what every page says in the same way."""

import re
from datetime import date
from pathlib import Path

import pytest
from flask import g, render_template_string

from portal.core.money import Money
from portal.dunning.states import CaseStatus
from portal.invoicing.states import CreditNoteStatus, InvoiceStatus
from portal.notifications.states import MessageStatus
from portal.payments.states import AttemptStatus, NewsStatus, PaymentStatus
from portal.quotes.states import QuoteStatus
from portal.runs.states import RunItemStatus, RunStatus
from portal.subscriptions.entitlements import Access
from portal.subscriptions.states import ScheduledChangeStatus, SubscriptionStatus
from portal.web import charts, frame, statuses
from portal.web.statuses import LOOKS
from tests.web.base.stand import Sample

SPRITE = Path(charts.__file__).parent.parent / "static/img/sprite.svg"
TEMPLATES = Path(charts.__file__).parent.parent / "templates"
NAIRA = Money(4_837_500, "NGN")


@pytest.fixture
def drawn(stand_app):
    """drawn(template, lang=…, **context): what comes out, with white space made plain."""

    def draw(template: str, lang: str = "en", **context) -> str:
        with stand_app.test_request_context("/stand/page?sort=due&after=7"):
            g.language, g.zone, g.permissions = lang, "Africa/Lagos", frozenset()
            return re.sub(r"\s+", " ", render_template_string(template, **context))

    return draw


@pytest.mark.parametrize(
    ("noun", "known"),
    [
        ("subscription", SubscriptionStatus),
        ("access", Access),
        ("invoice", InvoiceStatus),
        ("credit_note", CreditNoteStatus),
        ("attempt", AttemptStatus),
        ("payment", PaymentStatus),
        ("news", NewsStatus),
        ("dunning", CaseStatus),
        ("quote", QuoteStatus),
        ("change", ScheduledChangeStatus),
        ("run", RunStatus),
        ("run_item", RunItemStatus),
        ("message", MessageStatus),
    ],
)
def test_every_status_of_every_noun_has_a_look(noun, known):
    assert set(known) <= set(LOOKS[noun])


def test_every_icon_named_anywhere_is_in_the_sprite():
    glyphs = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text()))
    named = {look.glyph for looks in LOOKS.values() for look in looks.values()}
    named |= {place.glyph for place in (*frame.ACCOUNT_PLACES, *frame.STAFF_PLACES)}
    for template in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"\bicon\(\s*[\"']([^\"']+)", template.read_text()))
    assert named <= glyphs


def test_a_status_is_a_word_and_a_glyph_and_colour_is_for_exceptions(drawn):
    page = drawn('{% from "components/badges.html" import badge %}{{ badge("invoice", "overdue") }}')
    assert 'class="st bad"' in page
    assert "#triangle-alert" in page
    assert "Overdue" in page
    assert {statuses.look_of("invoice", "paid").tone, statuses.look_of("subscription", "active").tone} == {"good"}


def test_amounts_hang_on_their_decimal_point(drawn):
    naira = '<span class="amt"><span class="c">₦</span>48,375<span class="d">.00</span></span>'
    assert drawn("{{ a|money }}", a=NAIRA) == naira
    rupiah = '<span class="amt"><span class="c">Rp</span>1.387.500<span class="d"></span></span>'
    assert drawn("{{ a|money }}", a=Money(1_387_500, "IDR")) == rupiah
    assert 'class="amt neg">−<span' in drawn("{{ a|money }}", a=-NAIRA)
    assert 'class="amt mid long"' in drawn("{{ a|money('mid') }}", a=Money(14_385_000_000, "NGN"))
    french = drawn("{{ a|money }}", lang="fr", a=NAIRA)
    assert french.endswith('<span class="d">,00</span> <span class="c">₦</span></span>')


def test_names_are_escaped_wherever_they_land(drawn):
    hostile = '<img src=x onerror="alert(1)">'
    page = drawn(
        """{% from "components/cards.html" import page_head, facts, method %}
        {% from "components/timeline.html" import timeline %}{% from "components/notices.html" import note %}
        {% from "components/tables.html" import chips %}{% from "components/money.html" import line %}
        {{ page_head(h, h, "", h) }}{{ facts([(h, h)]) }}{{ method(h, h, h) }}{{ note("bad", h, h) }}
        {{ timeline([(h, [("eye", "", h, h, h)])]) }}{{ chips([(h, h, h)]) }}{{ line(h, h, a) }}""",
        h=hostile,
        a=NAIRA,
    )
    assert "<img" not in page
    assert page.count("&lt;img") >= 15


def test_a_wrong_field_is_tied_to_its_error(stand_app):
    with stand_app.test_request_context(method="POST", data={"amount": "61,000.001", "form_key": "k" * 32}):
        g.language = "en"
        form = Sample(meta={"csrf": False})
        assert not form.validate()
        page = render_template_string(
            '{% from "components/forms.html" import field, problems %}{{ problems(form) }}{{ field(form.amount) }}',
            form=form,
        )
    assert 'aria-invalid="true" aria-describedby="amount-error"' in page
    assert 'id="amount-error"' in page
    assert 'value="61,000.001"' in page
    assert "2 fields need a look." in page


def test_a_line_explains_itself_and_the_sum_that_binds_is_ruled_twice(drawn):
    page = drawn(
        """{% from "components/money.html" import lines, line, why, binding_row %}
        {% call lines("Line", "Amount", binding_row("Due today", a)) %}
        {{ line("Scale", "13 of 30 days", a) }}{{ why([("", "Counted", "28,480"), ("=", "Amount", "₦1")]) }}
        {% endcall %}""",
        a=NAIRA,
    )
    assert "<details>" in page
    assert '<li class="res" data-op="=">' in page
    assert page.count('class="binds"') == 1


def test_lists_turn_pages_and_sort_by_address_alone(drawn):
    page = drawn(
        """{% from "components/tables.html" import head, pager %}
        {{ head([("Due", "", "due"), ("Balance", "num", "balance")], "due") }}
        {{ pager("5 of 23", "", url_here(after="9")) }}"""
    )
    assert 'aria-sort="ascending"' in page
    assert 'href="/stand/page?sort=-due"' in page
    assert 'href="/stand/page?sort=balance"' in page
    assert 'href="/stand/page?sort=due&amp;after=9"' in page


def test_drawings_say_in_words_what_they_show(drawn):
    page = drawn(
        """{% from "components/charts.html" import day_rule, dial, gauge %}
        {{ day_rule(start, end, today, "Period, day 18 of 30") }}
        {{ dial(23, 30, "min", "23 left") }}{{ gauge(1, 2, "half") }}""",
        start=date(2026, 11, 3),
        end=date(2026, 12, 3),
        today=date(2026, 11, 20),
    )
    assert page.count('role="img"') == 3
    assert all(f'aria-label="{label}"' in page for label in ("Period, day 18 of 30", "23 left", "half"))
    assert "Today, day 18 of 30" in page
    assert "style=" not in page


@pytest.mark.parametrize(("lang", "word"), [("id", "Lewat jatuh tempo"), ("fr", "En retard")])
def test_components_speak_the_reader_s_language(drawn, lang, word):
    page = drawn('{% from "components/badges.html" import badge %}{{ badge("invoice", "overdue") }}', lang=lang)
    assert word in page


def test_numbers_in_plurals_are_grouped(drawn):
    sentence = '{{ plural("One field needs a look.", "%(n)s fields need a look.", 1284) }}'
    assert drawn(sentence) == "1,284 fields need a look."
    assert drawn(sentence, lang="id") == "1.284 isian perlu diperiksa."
