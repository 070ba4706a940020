"""Where proofs of transfer lie: under names that nobody can guess and that say nothing of their owner.

Unlike papers they cannot be made again, and are kept under random names so that the same receipt sent by two
customers is two files. A protocol, so that several hosts can share a store; a folder by default.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from portal.core.settings import current

_NAME = re.compile(r"[0-9a-f]{40}")


class ProofStore(Protocol):
    """What is put can be had again under the name that `put` gave it."""

    def put(self, content: bytes) -> str: ...

    def get(self, name: str) -> bytes | None:
        """None where there is no such file."""
        ...

    def remove(self, name: str) -> None:
        """Removed already: nothing."""
        ...


class ProofFolder:
    """Files under `root`, spread over folders by the first digits of their names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Whole or not at all: written beside its place, then renamed into it."""
        name = token_hex(20)
        path = self._path(name)
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
        return name

    def get(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a proof's name is 40 hex digits")
        return self.root / name[:2] / name


def proof_store() -> ProofStore:
    """The store of this installation."""
    return ProofFolder(Path(current().files_dir) / "proofs")
