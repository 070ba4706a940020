"""The letters that the inbox caught: one file each in a folder, with an index line beside them."""

import email
import email.policy
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

MOST = 20_000  # the oldest go first


@dataclass(frozen=True)
class Letter:
    """What the list shows. `received_at` in seconds since 1970; `to` as the envelope said it."""

    id: str
    received_at: float
    sender: str
    to: list[str]
    subject: str
    date: str
    attachments: list[str]


class Mails:
    """Safe for several threads of one process."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder = folder
        self.most = most
        self._index = folder / "index.jsonl"
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        lines = self._index.read_text().splitlines() if self._index.exists() else []
        letters = [_letter(line) for line in lines]
        self._letters = {each.id: each for each in letters if each and self._path(each.id).exists()}

    def keep(self, sender: str, to: list[str], raw: bytes) -> Letter:
        message = parse(raw)
        letter = Letter(
            id=f"{time.time_ns():020d}-{secrets.token_hex(4)}",
            received_at=time.time(),
            sender=sender,
            to=to,
            subject=str(message.get("Subject", "")),
            date=str(message.get("Date", "")),
            attachments=[name for name, _ in attachments(message)],
        )
        self._path(letter.id).write_bytes(raw)
        with self._lock:
            self._letters[letter.id] = letter
            with self._index.open("a") as index:
                index.write(json.dumps(asdict(letter)) + "\n")
            if len(self._letters) > self.most:
                self._forget_oldest()
        return letter

    def found(self, to: str = "", subject: str = "") -> list[Letter]:
        """Newest first: those with the words in a recipient's address and in the subject, in any case."""
        with self._lock:
            letters = list(self._letters.values())
        to, subject = to.strip().lower(), subject.strip().lower()
        return [
            each
            for each in reversed(letters)
            if (not to or any(to in address.lower() for address in each.to)) and subject in each.subject.lower()
        ]

    def letter(self, ident: str) -> Letter | None:
        return self._letters.get(ident)

    def raw(self, ident: str) -> bytes | None:
        """The letter as it came; None for an unknown one."""
        if ident not in self._letters:
            return None
        try:
            return self._path(ident).read_bytes()
        except FileNotFoundError:
            return None

    def clear(self) -> None:
        with self._lock:
            for ident in self._letters:
                self._path(ident).unlink(missing_ok=True)
            self._letters.clear()
            self._index.unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        """A tenth at once, so that the index is rewritten seldom. The lock is held."""
        for ident in list(self._letters)[: max(1, self.most // 10)]:
            del self._letters[ident]
            self._path(ident).unlink(missing_ok=True)
        self._index.write_text("".join(json.dumps(asdict(each)) + "\n" for each in self._letters.values()))

    def _path(self, ident: str) -> Path:
        return self.folder / f"{ident}.eml"


def parse(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes it so
    return message


def part(message: EmailMessage, kind: str) -> str:
    """The text of the first `plain` or `html` part, or nothing."""
    body = message.get_body((kind,))
    return _text(body) if body is not None else ""


def attachments(message: EmailMessage) -> list[tuple[str, EmailMessage]]:
    """Name and part of each attachment, in order; a nameless one gets a number."""
    found = enumerate(message.iter_attachments(), 1)
    return [(each.get_filename() or f"attachment-{number}", each) for number, each in found]


def _text(body: Any) -> str:
    try:
        return str(body.get_content())
    except (LookupError, ValueError):  # an unknown charset is shown as well as it can be
        return bytes(body.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _letter(line: str) -> Letter | None:
    """None for a line that a stop cut short."""
    try:
        return Letter(**json.loads(line))
    except (ValueError, TypeError):
        return None
