"""Both signatures of iPaymu, against computed vectors and one delivery that the gateway published."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways.ipaymu_signing import (
    NO_BODY,
    callback_fields,
    canonical_forms,
    compact,
    is_signed,
    request_signature,
)

VA, KEY = "0000009900112233", "SANDBOX-TEST-0001-KEY"
ORDER = {
    "product": ["Pro plan, Aug 2026"],
    "qty": [1],
    "price": [250000],
    "description": ["Invoice INV-7001"],
    "returnUrl": "https://portal.example.test/pay/return?inv=7001",
    "cancelUrl": "https://portal.example.test/pay/cancel?inv=7001",
    "notifyUrl": "https://portal.example.test/hooks/ipaymu",
    "referenceId": "INV-7001-1",
    "buyerName": "Siti \u00c9lan",
    "buyerEmail": "siti@example.test",
    "buyerPhone": "081200000001",
    "expired": 24,
    "feeDirection": "MERCHANT",
}
PUBLISHED = (
    r'{"additional_info":[],"amount":"102000","buyer_email":"putu@mail.com","buyer_name":"putu",'
    r'"buyer_phone":"08123456789","channel":"mpm","created_at":"2025-11-11 10:10:26",'
    r'"expired_at":"2025-11-12 10:10:25","fee":"714","is_escrow":false,"paid_at":"2025-11-11 10:10:51",'
    r'"paid_off":101286,"payment_no":"","reference_id":"ID1234","settlement_status":"settled",'
    r'"sid":"f5aaa61d-7260-4c91-a718-5274a55cb4b8","status":"berhasil","status_code":1,"sub_total":"102000",'
    r'"system_notes":"Sandbox notify","total":"102000","transaction_status_code":1,"trx_id":184854,'
    r'"url":"https:\/\/webhook.site\/caef335b-f0bf-49d3-a532-35564f5241a2","via":"qris"}'
)
PUBLISHED_KEY = "1179000899"
PUBLISHED_SIGNATURE = "c9594cc8c9f5811ecf22422eed1c8071f7837211f58956f616658a904d94f024"
OWN = (
    r'{"trx_id":300451,"sid":"6c0f2a34-8a1e-4c55-9d7a-0b9f4f6d1e22","reference_id":"INV-7001-1",'
    r'"status":"berhasil","status_code":1,"sub_total":"250000","total":"250000","amount":"250000","fee":"3500",'
    r'"paid_off":246500,"created_at":"2026-08-20 09:00:00","expired_at":"2026-08-21 09:00:00",'
    r'"paid_at":"2026-08-20 09:04:11","settlement_status":"settled","transaction_status_code":1,"is_escrow":false,'
    r'"system_notes":"Sandbox notify","via":"va","channel":"bni","payment_no":"8808000000300451",'
    r'"buyer_name":"Siti Elan","buyer_email":"siti@example.test","buyer_phone":"081200000001","additional_info":[],'
    r'"url":"https:\/\/portal.example.test\/hooks\/ipaymu","va":"8808000000300451"}'
)
OWN_SIGNATURE = "5bf6965fe4d7f8fbf0b2d41e81c12929161fe4581350ac41766d88a6e92d5c66"


@pytest.mark.parametrize(
    ("method", "body", "signature"),
    [
        (
            "POST",
            compact({"account": VA}),
            "7266e93440b3a0adee097ad76c36e31a491f6b2c33c5c2ac5ec9591374d58807",
        ),
        ("POST", compact(ORDER), "ca713094b78a1e199ae167cb41d051582c69c9803a883afc1783a348731206e5"),
        ("GET", NO_BODY, "9ff31f9a327da6e1daf12e2f963da6097c554509efa4bf060fcf16f27f4a9b8f"),
        ("get", compact({"area": "jakarta"}), "5648758f6bcf7e7d6279250a5dddf1ece335ab546f5125d2edc4ac38218eec7f"),
        (
            "POST",
            b'{"account": "0000009900112233"}',
            "d8b9832f9e30b8ddf80a0c1182c9c9604ad600b90d811601484467ec62313a52",
        ),
    ],
)
def test_a_request_is_signed_like_the_vectors(method: str, body: bytes, signature: str):
    assert request_signature(method, VA, KEY, body) == signature


def test_a_body_is_compact_ascii_with_bare_slashes():
    assert compact({"a": "/\u00c9", "b": [1]}) == b'{"a":"/\\u00c9","b":[1]}'


@pytest.mark.parametrize(
    ("told", "va", "signature"), [(PUBLISHED, PUBLISHED_KEY, PUBLISHED_SIGNATURE), (OWN, VA, OWN_SIGNATURE)]
)
class TestACallback:
    def test_is_recognised_as_json(self, told: str, va: str, signature: str):
        fields = callback_fields(told.encode())
        assert is_signed(fields, signature, va)
        assert is_signed(fields, signature.upper(), va)
        assert is_signed(fields | {"signature": signature}, "", va)
        assert is_signed(fields | {"signature": "anything"}, signature, va)

    def test_is_recognised_as_a_form(self, told: str, va: str, signature: str):
        assert is_signed(callback_fields(_form(told)), signature, va)

    def test_is_recognised_without_its_blanks(self, told: str, va: str, signature: str):
        fields = {name: value for name, value in callback_fields(_form(told)).items() if value not in ("", "[]")}
        assert is_signed(fields, signature, va)

    def test_is_refused_when_anything_in_it_was_changed(self, told: str, va: str, signature: str):
        fields = callback_fields(told.encode())
        for name in fields:
            assert not is_signed(fields | {name: "1"}, signature, va) or str(fields[name]) == "1"
        assert not is_signed(fields | {"extra": "1"}, signature, va)

    def test_is_refused_for_another_account_and_without_a_signature(self, told: str, va: str, signature: str):
        fields = callback_fields(told.encode())
        assert not is_signed(fields, signature, va + "0")
        assert not is_signed(fields, "", va)
        assert not is_signed(fields | {"signature": 5}, "", va)
        assert not is_signed(fields, "\u00e4\ud800", va)


def test_the_text_that_was_signed_is_the_published_one():
    assert next(canonical_forms(json.loads(PUBLISHED))) == PUBLISHED


def test_letters_may_have_been_signed_either_way():
    escaped = r'{"additional_info":[],"buyer_name":"\u00c9lan"}'
    assert {escaped, escaped.replace(r"\u00c9", "\u00c9")} <= set(canonical_forms({"buyer_name": "\u00c9lan"}))


def test_json_under_a_form_is_read_as_json():
    assert callback_fields(b'  {"trx_id": 5}\n') == {"trx_id": 5}


@pytest.mark.parametrize("body", [b"", b"\xff=1", b"a=1&a=2", b"[1]", b'{"a":1,"a":2}', b"nonsense", b"{" * 5000])
def test_what_is_no_callback_is_refused(body: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        callback_fields(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["trx_id", "is_escrow", "additional_info", "paid_off", "status_code", "payment_no", "signature", "buyer_name"]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), anything, max_size=8))
def test_no_callback_breaks_the_check(fields: dict):
    assert is_signed(fields, "0" * 64, VA) is False


def _form(told: str) -> bytes:
    """As a form: truths in small letters, the empty list as its text."""
    fields = json.loads(told)
    words = {name: "false" if value is False else "[]" if value == [] else str(value) for name, value in fields.items()}
    return urlencode(words).encode()
