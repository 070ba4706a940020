"""No error leaves as a stack trace, and none without a sentence."""

import pytest

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("not-found", 404, "No such invoice."),
        ("refused", 409, "It is paid already."),
        ("invalid", 422, "Too much."),
        ("busy", 503, "Somebody else is at it."),
        ("own", 500, "Something went wrong on our side."),
        ("bug", 500, "Something went wrong on our side."),
    ],
)
def test_the_kind_decides_the_status_on_pages_and_in_notices(stand, name, status, sentence):
    page = stand.get(f"/stand/error/{name}")
    assert (page.status_code, "<html" in page.text, sentence in page.text) == (status, True, True)
    notice = stand.get(f"/stand/error/{name}", headers=HTMX)
    assert (notice.status_code, "<html" in notice.text, sentence in notice.text) == (status, False, True)
    assert (notice.headers["HX-Retarget"], notice.headers["HX-Reswap"]) == ("#notices", "innerHTML")
    assert "secret" not in page.text + notice.text


def test_a_busy_moment_says_when_to_come_back(stand):
    assert stand.get("/stand/error/busy").headers["Retry-After"] == "2"


def test_machines_are_answered_in_json(stand):
    answer = stand.get("/api/nowhere")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_a_wrong_method_names_the_right_ones(stand, token):
    answer = stand.delete("/stand/page", headers={"X-CSRFToken": token})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_boosted_links_and_restored_history_get_whole_pages(stand):
    for more in ({"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}):
        assert "<html" in stand.get("/stand/page", headers=HTMX | more).text
    assert "<html" not in stand.get("/stand/page", headers=HTMX).text


def test_flashed_messages_travel_with_a_fragment_once(stand):
    first = stand.get("/stand/page?say=1", headers=HTMX).text
    assert 'hx-swap-oob="innerHTML"' in first
    assert "Reminder sent." in first
    assert "hx-swap-oob" not in stand.get("/stand/page", headers=HTMX).text


def test_a_deed_is_followed_by_the_get_of_its_page_or_by_another_page(stand, token):
    headers = {"X-CSRFToken": token}
    assert stand.post("/stand/see", headers=headers).status_code == 303
    assert stand.post("/stand/see", headers=headers | HTMX).status_code == 303
    assert stand.post("/stand/leave", headers=headers).status_code == 303
    left = stand.post("/stand/leave", headers=headers | HTMX)
    assert (left.status_code, left.headers["HX-Redirect"]) == (200, "/stand/page")
