"""Bytes kept by their digest: a protocol, so that several hosts can share a store, and a folder by default."""

from __future__ import annotations

import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from portal.core.settings import current

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Store(Protocol):
    """What is put can be had again under its digest, 64 hex digits of SHA-256. Putting twice changes nothing."""

    def put(self, content: bytes) -> str: ...

    def get(self, digest: str) -> bytes | None:
        """None where it is missing or no longer what was put."""
        ...

    def exists(self, digest: str) -> bool: ...


class Folder:
    """Files under `root`, spread over folders by the first digits of their digest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Whole or not at all: written beside its place, then renamed into it."""
        digest = digest_of(content)
        path = self._path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return digest

    def get(self, digest: str) -> bytes | None:
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        return content if digest_of(content) == digest else None

    def exists(self, digest: str) -> bool:
        return self._path(digest).is_file()

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a digest is 64 hex digits")
        return self.root / digest[:2] / digest[2:4] / digest


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def store() -> Store:
    """The store of this installation."""
    return Folder(Path(current().files_dir))
