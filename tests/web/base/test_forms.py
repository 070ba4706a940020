"""Strict fields, errors in the reader's words, nothing unknown, keys that make sending twice safe."""

import pytest

from tests.rules.test_reading import HOSTILE

KEY = "k" * 32


@pytest.fixture
def post(stand, token):
    def send(query="", **fields):
        given = {"form_key": KEY, "amount": "48,375.00", "kind": "a", "csrf_token": token} | fields
        return stand.post(
            f"/stand/form{query}", data={name: value for name, value in given.items() if value is not None}
        )

    return send


def test_a_right_form_gives_values_and_its_key(post):
    answer = post(on="2026-11-24", note="one\ntwo")
    assert answer.status_code == 200
    assert answer.json == {"minor": 4_837_500, "key": KEY, "on": "2026-11-24", "note": "one\ntwo"}


def test_amounts_are_read_in_the_language_of_the_page(post):
    assert post("?lang=id", amount="48.375,00").json["minor"] == 4_837_500
    assert post("?lang=en&currency=IDR", amount="1.387.500").json["minor"] == 1_387_500


@pytest.mark.parametrize("text", [*(text for text in HOSTILE if "\x00" not in text), "0", "0.00"])
def test_hostile_amounts_are_refused_with_an_example(post, text):
    answer = post(amount=text)
    assert answer.status_code == 422
    assert answer.json["errors"]["amount"][0] in {"Write an amount like 48,375.00.", "This is needed."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seats", "0"),
        ("seats", "21"),
        ("seats", "1e1"),
        ("on", "2026-02-30"),
        ("reference", "x" * 41),
        ("reference", "a\tb"),
        ("note", "a\x07b"),
        ("note", "a\x85b"),
        ("reference", "fdp.\u202eexe"),
        ("note", "x" * 2001),
        ("mail", "a@b"),
        ("mail", "a@b.example,c@d.example"),
        ("mail", "a@b.example\r\nBcc: x@y.example"),
        ("kind", "c"),
        ("kind", None),
        ("amount", None),
        ("form_key", "short"),
        ("form_key", "k" * 32 + "'"),
        ("form_key", None),
    ],
)
def test_a_wrong_field_is_named(post, field, value):
    answer = post(**{field: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_unknown_fields_are_refused(post):
    answer = post(status="paid")
    assert answer.status_code == 422
    assert answer.json["form"] == ["The form contains a field that does not belong there. Nothing was saved."]


def test_buttons_refuse_unknown_fields_and_need_a_key(stand, token):
    headers = {"X-CSRFToken": token}
    assert stand.post("/stand/button", data={"form_key": KEY, "role": "owner"}, headers=headers).status_code == 422
    assert stand.post("/stand/button", data={"name": "x"}, headers=headers).status_code == 422


def test_complaints_are_made_in_the_reader_s_language(post):
    assert post("?lang=fr", amount="x").json["errors"]["amount"] == ["Écrivez un montant comme 48\u00a0375,00."]
    assert post("?lang=id", amount=None).json["errors"]["amount"] == ["Ini wajib diisi."]
