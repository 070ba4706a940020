"""The one way to speak HTTP: what counts as sent, how long it may take, and what it refuses."""

import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from portal.core.db import TransactionOpen, transaction
from portal.gateways import http

Talk = Callable[[socket.socket], None]


@pytest.fixture
def server() -> Iterator[Callable[[Talk], str]]:
    """server(talk): the address of a port that talks like this to everyone who connects."""
    sockets = []

    def start(talk: Talk) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection)
                    except OSError:
                        continue

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    for one in sockets:
        one.shutdown(socket.SHUT_RDWR)
        one.close()


def answer(body: bytes, head: str = "200 OK") -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return talk


def ask(url: str, seconds: float = 0.3) -> http.Reply:
    return http.call("POST", url, headers={}, seconds=seconds, body={"a": 1})


def test_a_reply_is_one_json_object(server):
    reply = ask(server(answer(b'{"status": true}', "201 Created")))
    assert (reply.status, reply.body) == (201, {"status": True})
    assert reply.seconds < 0.3


def test_a_refused_connection_was_not_sent():
    with pytest.raises(http.NotSent):
        ask("http://127.0.0.1:1")


def test_an_unknown_name_was_not_sent():
    with pytest.raises(http.NotSent):
        ask("http://nowhere.invalid")


def test_a_port_without_tls_was_not_sent(server):
    with pytest.raises(http.NotSent):
        ask(server(answer(b"{}")).replace("http:", "https:"))


def test_a_certificate_nobody_vouches_for_was_not_sent(server, tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            answer(b"{}")(secure)

    with pytest.raises(http.NotSent):
        ask(server(talk).replace("http://127.0.0.1", "https://localhost"), seconds=2)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda connection: None, id="closed at once"),
        pytest.param(lambda connection: connection.recv(65536) and None, id="closed after the request"),
        pytest.param(lambda connection: connection.recv(65536) and time.sleep(0.6), id="nothing comes"),
        pytest.param(lambda connection: connection.sendall(b"SSH-2.0\r\n"), id="another protocol"),
        pytest.param(answer(b"{}", "302 Found\r\nLocation: http://127.0.0.1:1/"), id="redirect"),
        pytest.param(answer(b"{}", "500 Oops"), id="server error"),
        pytest.param(answer(b'{"a": 1, "a": 2}'), id="a key twice"),
        pytest.param(answer(b'{"a": Infinity}'), id="no number"),
        pytest.param(answer(b"[]"), id="no object"),
        pytest.param(answer(b"\xef\xbb\xbf{}"), id="byte order mark"),
        pytest.param(answer(b'{"a": "' + b"x" * 1_100_000 + b'"}'), id="too large"),
    ],
)
def test_what_proves_nothing_is_silence(server, talk):
    with pytest.raises(http.Silence):
        ask(server(talk), seconds=0.5)


def test_an_answer_of_any_size_takes_little_memory(server):
    part, parts = b"x" * 65536, 1600

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(part) * parts}\r\n\r\n".encode())
        for _ in range(parts):
            connection.sendall(part)

    address = server(talk)
    tracemalloc.start()
    try:
        with pytest.raises(http.Silence):
            ask(address, seconds=20)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("drips", ["head", "body"])
def test_a_drip_ends_at_the_deadline(server, drips):
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" if drips == "body" else b""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(whole)
        for _ in range(60):
            connection.sendall(b"x")
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(http.Silence):
        ask(server(talk), seconds=0.3)
    assert time.monotonic() - began < 0.6


def test_an_unreadable_refusal_of_the_key_is_still_one(server):
    assert ask(server(answer(b"<html>", "403 Forbidden"))).status == 403


def test_the_environment_neither_sees_nor_changes_a_call(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert ask(server(answer(b"{}"))).status == 200


def test_nothing_is_asked_while_a_transaction_is_open(app: Flask, server):
    url = server(answer(b"{}"))
    with transaction(), pytest.raises(TransactionOpen):
        ask(url)
    assert ask(url).status == 200


def write_certificate(certificate, key) -> None:
    secret, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(
        name, name, secret.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    certificate.write_bytes(signed.sign(secret, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, plain))


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        (lambda at: format_datetime(at, usegmt=True), 90),
        (lambda at: "", None),
        (lambda at: "yesterday", None),
    ],
)
def test_their_clock_is_compared_with_ours(date: Callable[[datetime], str], ahead: int | None):
    told = date(datetime.now(UTC) - timedelta(seconds=90))
    found = http.seconds_ahead_of(http.Reply(200, {}, {"date": told} if told else {}, 0.1))
    assert found == ahead if ahead is None else found == pytest.approx(ahead, abs=5)
