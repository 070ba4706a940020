"""Handing mails to the SMTP server: one connection for many batches, every answer told apart."""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from enum import StrEnum
from math import inf
from urllib.parse import parse_qs, unquote, urlsplit

from portal.core.db import require_no_transaction

TIMEOUT_SECONDS = 15.0
IDLE_SECONDS = 5.0  # a connection that rested so long is asked whether it still stands
PERMANENT = 500


class Result(StrEnum):
    SENT = "sent"
    LATER = "later"  # certainly not taken; may be tried again
    REFUSED = "refused"  # for good
    UNKNOWN = "unknown"  # the connection broke after the content was sent and before the answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_down`: the server itself was not there, so the next mail of the batch need not ask."""

    result: Result
    note: str = ""
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail with everything that decides about its headers. `ref` is ours and gives the Message-ID."""

    ref: str
    sender: str
    sender_name: str
    reply_to: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    written_at: datetime
    attachment: Attachment | None = None


def message_of(envelope: Envelope) -> EmailMessage:
    """The mail with its headers. Raises ValueError for an address that no header can hold."""
    message = EmailMessage()
    message["From"] = _address(envelope.sender, envelope.sender_name)
    message["To"] = _address(envelope.recipient, envelope.recipient_name)
    if envelope.reply_to:
        message["Reply-To"] = _address(envelope.reply_to, envelope.sender_name)
    message["Subject"] = envelope.subject
    message["Date"] = format_datetime(envelope.written_at)
    message["Message-ID"] = f"<{envelope.ref}@{envelope.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(envelope.text)
    message.add_alternative(envelope.html, subtype="html")
    if envelope.attachment is not None:
        name, content = envelope.attachment.name, envelope.attachment.content
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message


class Postman:
    """A connection that is opened for the first mail and again after it was lost. Never inside a transaction.

    It is not closed after a batch: the next one is seldom far, and the server closes what rests too long for it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._server: smtplib.SMTP | None = None
        self._used_at = -inf

    def deliver(self, envelope: Envelope) -> Outcome:
        require_no_transaction()
        try:
            message = message_of(envelope)
        except (ValueError, IndexError) as error:
            return Outcome(Result.REFUSED, f"no mail can be addressed so: {error}")
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Result.LATER, f"no connection: {_plain(error)}", is_down=True)
        return self._hand_over(server, envelope, message)

    def begin(self) -> None:
        """A batch begins: its first mail asks whether the connection still stands."""
        self._used_at = -inf

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _hand_over(self, server: smtplib.SMTP, envelope: Envelope, message: EmailMessage) -> Outcome:
        """MAIL, RCPT and DATA one by one, because it matters which of them the silence follows."""
        is_ascii = (envelope.sender + envelope.recipient).isascii()
        if not is_ascii and not server.has_extn("smtputf8"):
            return Outcome(Result.REFUSED, "the mail server takes no address with such letters")
        content = message.as_bytes(policy=SMTP if is_ascii else SMTPUTF8)
        is_sent = False
        try:
            options = [] if is_ascii else ["SMTPUTF8", "BODY=8BITMIME"]
            for code, answer in (server.mail(envelope.sender, options), server.rcpt(envelope.recipient)):
                if code >= 300:
                    server.rset()
                    return _refused(code, answer)
            is_sent = True
            code, answer = server.data(content)
            return Outcome(Result.SENT) if code == 250 else _refused(code, answer)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Result.UNKNOWN if is_sent else Result.LATER, f"connection lost: {_plain(error)}")

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None and not self._stands(self._server):
            self.close()
        if self._server is None:
            self._server = _connect(self.url)
        self._used_at = time.monotonic()
        return self._server

    def _stands(self, server: smtplib.SMTP) -> bool:
        """A server that closed the connection has said so, which the next bytes read would show."""
        if time.monotonic() - self._used_at < IDLE_SECONDS:
            return True
        try:
            return bool(server.noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False


_own = threading.local()


def postman(url: str) -> Postman:
    """This thread's own. `url`: smtp://user:password@host:port, smtps://…, or smtp://…?starttls=1."""
    found: Postman | None = getattr(_own, "postman", None)
    if found is None or found.url != url:
        if found is not None:
            found.close()
        found = _own.postman = Postman(url)
    return found


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
        if parse_qs(parts.query).get("starttls") == ["1"]:
            server.starttls(context=ssl.create_default_context())
    server.ehlo_or_helo_if_needed()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _address(mail: str, name: str) -> Address:
    """Names may be anything people type; what would end a header is dropped from them."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    return Address(display_name=plain, addr_spec=mail)


def _refused(code: int, answer: bytes | str) -> Outcome:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return Outcome(Result.REFUSED if code >= PERMANENT else Result.LATER, f"{code} {words}"[:300])


def _plain(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
