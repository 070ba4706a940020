"""The numbers beside the staff's places: what waits for a person, where it is dealt with."""

import re

import pytest

from portal.core.tasks import open_task
from portal.web import waiting
from portal.web.staff import task_words
from tests.factories import NOON
from tests.web.account_world import open_account
from tests.web.staff_world import enter_as


def number_beside(page: str, path: str) -> str | None:
    found = re.search(rf'<a [^>]*href="{path}"[^>]*>.*?</a>', page, re.S)
    assert found, path
    number = re.search(r'<span class="n[^"]*">(\d+)</span>', found[0])
    return number[1] if number else None


def test_what_waits_is_counted_beside_its_place(session, reader, travel, make):
    travel(NOON)
    staff = enter_as(session, reader, "super_admin")
    make.subscription(make.price(1_000_00))
    for subject in ("run_1", "run_2"):
        open_task(session, "run_held", subject, at=NOON)
    open_task(session, "message.failed", "msg_1", at=NOON)
    session.commit()
    page = staff.get("/billing/invoices").text
    assert number_beside(page, "/billing/runs") == "2"
    assert number_beside(page, "/billing/health") == "1"
    assert number_beside(page, "/billing/invoices") is None


def test_customers_are_shown_no_tasks(session, reader, travel, make):
    travel(NOON)
    account = open_account(session, make, reader)
    open_task(session, "run_held", "run_1", at=NOON)
    session.commit()
    assert '<span class="n' not in account.get("/account/").text


@pytest.mark.parametrize("kind", sorted(waiting.PLACES))
def test_every_kind_with_a_place_has_words_and_a_page(application, kind):
    assert kind in task_words.KINDS
    rules = {rule.rule for rule in application.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert waiting.PLACES[kind] in rules
