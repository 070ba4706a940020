"""What every request meets before a view, and every answer before it leaves."""

import pytest

HTMX = {"HX-Request": "true"}


def test_every_answer_carries_the_strict_headers(stand):
    for path in ("/stand/page", "/nowhere", "/stand/error/bug"):
        headers = stand.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
        assert "data:" not in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "HX-Request" in headers["Vary"]


def test_forms_may_lead_to_the_gateway_s_pages(stand, stand_app):
    checkout = stand_app.extensions["settings"].paystack_base_url.rstrip("/")
    policy = stand.get("/stand/page").headers["Content-Security-Policy"]
    allowed = policy.partition("form-action ")[2].partition(";")[0].split()
    assert "'self'" in allowed
    assert checkout in allowed or "https://checkout.paystack.com" in allowed
    assert {"https://payment.ipaymu.com", "https://sandbox-payment.ipaymu.com"} <= set(allowed)


def test_static_files_and_the_accent_may_be_kept(stand):
    with stand.get("/static/css/theme.css") as file:
        assert "max-age=31536000" in file.headers["Cache-Control"]
    sheet = stand.get("/brand/0a6f45.css")
    assert sheet.text == ":root { --accent: #0a6f45; }\n"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert stand.get("/brand/red;}.css").status_code == 404


def test_a_post_without_its_token_says_what_to_do(stand):
    answer = stand.post("/stand/button", data={"form_key": "x" * 32})
    assert answer.status_code == 400
    assert "Load the page again" in answer.text


def test_the_token_may_come_as_a_header(stand, token):
    sent = stand.post("/stand/button", data={"form_key": "k" * 32}, headers={"X-CSRFToken": token})
    assert (sent.status_code, sent.text) == (200, "k" * 32)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_other_websites_cannot_post_even_with_a_token(stand, token, headers):
    answer = stand.post("/stand/button", data={"form_key": "k" * 32}, headers={"X-CSRFToken": token, **headers})
    assert answer.status_code == 403


def test_our_own_pages_can(stand, token):
    headers = {"X-CSRFToken": token, "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert stand.post("/stand/button", data={"form_key": "k" * 32}, headers=headers).status_code == 200


def test_a_view_that_declares_nothing_is_nobody_s(stand):
    assert stand.get("/stand/forgotten").status_code == 403


def test_strangers_are_sent_to_sign_in_and_come_back(stand):
    answer = stand.get("/stand/guarded?q=1")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("next=%2Fstand%2Fguarded%3Fq%3D1")
    assert "HX-Redirect" in stand.get("/stand/guarded", headers=HTMX).headers


@pytest.mark.parametrize("path", ["/stand/page?q=a%00b", "/stand/page?a%00=b", "/stand/%00"])
def test_a_nul_is_refused_before_anything_reads_it(stand, path):
    assert stand.get(path).status_code == 400


def test_a_nul_in_a_form_is_refused(stand, token):
    headers = {"X-CSRFToken": token}
    assert stand.post("/stand/button", data={"name": "a\x00b"}, headers=headers).status_code == 400


def test_bodies_and_field_counts_are_limited(stand, token):
    headers = {"X-CSRFToken": token}
    assert stand.post("/stand/button", data={"name": "x" * 300_000}, headers=headers).status_code == 413
    parts = {f"f{number}": (None, "x") for number in range(2)} | {"name": "x"}
    assert stand.post("/stand/button", data=parts, headers=headers).status_code in {400, 422}


def test_too_many_tries_are_slowed_down(stand):
    statuses = [stand.get("/stand/limited").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
