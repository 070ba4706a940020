"""Whatever is posted to the door for gateways: a clear answer, and not one figure moves."""

import gzip
import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import func, select, text

from portal.actions._gateways import secret_place
from portal.core.db import Base
from portal.core.secrets import vault
from portal.payments.models import Attempt, GatewayNews, Payment
from tests import servers
from tests.concurrency.rig import Rig, door, news, rig, shared_twin, twin
from tests.factories import Make

__all__ = ["door", "news", "rig", "shared_twin", "twin"]
PATH = "/hooks/paystack/hook"
MAY_GROW = {"gateway_news", "heartbeats", "virtual_clock"}


@pytest.fixture
def make(session: Any) -> Any:

    return Make(session)


@pytest.fixture
def proved(rig: Rig) -> Any:
    """The story is the rig's, not the scripted gateway's."""
    yield
    broken = rig.broken()
    assert not broken, broken


@pytest.fixture
def waiting(rig: Rig) -> Attempt:
    """A charge that nobody has sent yet."""
    (attempt,) = rig.waiting(1)
    return attempt


@pytest.fixture
def untouched(rig: Rig) -> Callable[[], None]:
    """Nothing but the inbox of news has changed since the fixture was made."""

    def look() -> dict[str, Any]:
        rig.session.rollback()
        tables = [table for table in Base.metadata.sorted_tables if table.name not in MAY_GROW]
        digest = "SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t"
        return {table.name: rig.session.scalar(text(digest.format(table.name))) for table in tables}

    before = look()

    def check() -> None:
        while rig.hear():
            pass
        after = look()
        assert {name for name in after if after[name] != before[name]} == set()

    return check


# All but the connection that the tests clean up with.
CUT_OFF = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = %s AND query <> '' AND query NOT LIKE '%%seeded.clean%%'
"""


def signed(key: str, body: bytes) -> dict[str, str]:
    return {"X-Paystack-Signature": hmac.new(key.encode(), body, hashlib.sha512).hexdigest()}


def lie(attempt: Attempt, **changed: Any) -> bytes:
    """News that a charge was paid which was not."""
    data = {"reference": attempt.reference, "status": "success", "amount": attempt.amount_minor, "currency": "NGN"}
    return json.dumps({"event": "charge.success", "data": data | changed}).encode()


def forgeries(key: str, body: bytes) -> dict[str, tuple[bytes, dict[str, str]]]:
    right = signed(key, body)["X-Paystack-Signature"]
    head = "X-Paystack-Signature"
    return {
        "no signature": (body, {}),
        "an empty one": (body, {head: ""}),
        "one digit off": (body, {head: ("0" if right[0] != "0" else "1") + right[1:]}),
        "cut": (body, {head: right[:-1]}),
        "no hex": (body, {head: "é" * 64}),
        "another key's": (body, signed("sk_test_somebody_elses", body)),
        "the live key's": (body, signed(key.replace("sk_test", "sk_live"), body)),
        "another body's": (json.dumps(json.loads(body)).encode() + b" ", {head: right}),
        "another digest": (body, {head: hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}),
        "a very long one": (body, {head: "a" * 8000}),
    }


def test_forged_news_is_kept_as_evidence_and_moves_nothing(client, rig, waiting, untouched):
    for body, headers in forgeries(rig.key, lie(waiting)).values():
        assert client.post(PATH, data=body, headers=headers).status_code == 200
    untouched()
    assert set(rig.all(GatewayNews.status)) == {"ignored"}
    assert set(rig.all(GatewayNews.signature)) == {"invalid"}


def test_signed_garbage_is_answered_and_moves_nothing(client, rig, waiting, untouched):
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    bodies = [
        b"", b" ", b"{", b"null", b"[]", b'"charge.success"', b"1e999", b"NaN", b"\xff\xfe\x00", b"\x00" * 100, deep,
        b'{"event":"charge.success"}', b'{"event":"charge.success","data":null}', b'{"event":[],"data":{}}',
        b'{"event":"charge.success","data":{"reference":null}}', b'{"event":"charge.success","data":{"reference":{}}}',
        b'{"event":"charge.success","data":{"reference":"' + b"a" * 10_000 + b'"}}',
        b'{"event":"charge.success","data":{"reference":"at-\x00\\u0000"}}',
        b'{"event":"charge.success","data":{"reference":"\\ud800"}}',
        b'{"event":"charge.success","event":"charge.failed","data":{"reference":"a"}}',
        b"\xef\xbb\xbf" + lie(waiting), gzip.compress(lie(waiting)), b"event=charge.success&data[reference]=x",
        b'{"event":"' + b"x" * 300 + b'","data":{"reference":"y"}}', json.dumps({"event": "\U0001f4b8"}).encode(),
    ]  # fmt: skip
    for body in bodies:
        answer = client.post(PATH, data=body, headers=signed(rig.key, body), content_type="application/json")
        assert answer.status_code == 200, body[:60]
    untouched()


def test_signed_lies_about_money_move_nothing(client, rig, waiting, untouched):
    """Only what the gateway says when it is asked counts."""
    lies = [lie(waiting), lie(waiting, amount=1), lie(waiting, currency="USD"), lie(waiting, status="failed")]
    lies += [lie(waiting, amount=10**30), lie(waiting, domain="live"), lie(waiting, reference="at-nobody")]
    for body in lies:
        assert client.post(PATH, data=body, headers=signed(rig.key, body)).status_code == 200
    untouched()
    assert rig.count(Payment, Payment.attempt_id == waiting.id) == 0


def test_genuine_news_replayed_a_hundred_times_books_nothing_more(client, rig, waiting):
    rig.charge()
    body = lie(waiting)
    tables = [table for table in Base.metadata.sorted_tables if table.name not in MAY_GROW]
    count = lambda: {table.name: rig.session.scalar(select(func.count()).select_from(table)) for table in tables}  # noqa: E731
    before = count()
    for number in range(100):
        told = body if number % 2 else body + b" " * number  # the same, and the same in other words
        assert client.post(PATH, data=told, headers=signed(rig.key, told)).status_code == 200
    while rig.hear():
        pass
    rig.session.rollback()
    assert count() == before
    assert rig.count(GatewayNews) == 50


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH, 405),
        ("PUT", PATH, 405),
        ("DELETE", PATH, 405),
        ("POST", "/hooks/paystack/other", 404),
        ("POST", "/hooks/ipaymu/hook", 404),
        ("POST", "/hooks/paystack/hook/more", 404),
        ("POST", "/hooks/paystack/", 404),
        ("POST", "/hooks/%00/hook", 404),
        ("POST", "/hooks/paystack/%F0%9F%92%B8", 404),
        ("POST", "/hooks/paystack/..%2f..%2fhook", 404),
        ("POST", "/hooks/paystack/" + "a" * 5000, 404),
    ],
)
def test_a_wrong_address_or_method_is_told_so_and_stores_nothing(client, rig, waiting, untouched, method, path, status):
    body = lie(waiting)
    answer = client.open(path, method=method, data=body, headers=signed(rig.key, body))
    assert answer.status_code in {status, 400} if "%00" in path else answer.status_code == status
    assert rig.count(GatewayNews) == 0
    untouched()


@pytest.mark.parametrize("size", [256 * 1024 + 1, 10_000_000])
def test_a_body_beyond_the_bound_is_refused_without_being_stored(client, rig, waiting, untouched, size):
    body = b'{"padding":"' + b"x" * size + b'"}'
    assert client.post(PATH, data=body, headers=signed(rig.key, body)).status_code == 413
    assert rig.count(GatewayNews) == 0
    untouched()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "\t;;"])
def test_the_type_that_a_body_claims_does_not_matter(client, rig, kind):
    rig.make.account()
    body = b'{"event":"customeridentification.success","data":{}}'
    answer = client.post(PATH, data=body, headers=signed(rig.key, body) | {"Content-Type": kind})
    assert answer.status_code == 200
    assert rig.all(GatewayNews.body) == [body]


def test_raw_nonsense_on_the_wire_is_answered_or_cut_and_moves_nothing(rig, door, waiting, untouched):
    address = urlsplit(door)
    for raw in (
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.0\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"POST /hooks/paystack/\xff HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=3) as line:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            said = line.recv(1000)
        assert b" 5" not in said[8:11], raw
    untouched()


def test_the_former_key_still_signs_for_a_while_after_it_was_changed(client, rig, waiting, untouched):
    former = "sk_test_the_former_key_of_this_account"
    place = secret_place(rig.account)
    rig.account.former_secrets = vault().seal(json.dumps({"secret_key": former}), place=place)
    rig.account.next_action_at = rig.at + timedelta(days=3)
    rig.session.commit()
    body = lie(waiting)
    assert client.post(PATH, data=body, headers=signed(former, body)).status_code == 200
    assert rig.all(GatewayNews.signature) == ["valid"]
    while rig.hear():
        pass
    assert rig.count(Payment, Payment.attempt_id == waiting.id) == 0


def test_news_while_the_database_is_away_is_refused_so_that_it_comes_again(client, rig, waiting):
    body = lie(waiting)
    name = rig.session.scalar(text("SELECT current_database()"))
    rig.session.rollback()
    with psycopg.connect(servers.postgres().conninfo(), autocommit=True) as elsewhere:
        elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        elsewhere.execute(CUT_OFF, [name])
        try:
            answer = client.post(PATH, data=body, headers=signed(rig.key, body))
        finally:
            elsewhere.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert answer.status_code == 503
    assert client.post(PATH, data=body, headers=signed(rig.key, body)).status_code == 200
    assert rig.count(GatewayNews) == 1
