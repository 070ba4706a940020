"""What a twin keeps on disk: its records, so that a restart loses nothing, and its log of what truly happened."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

MOST_TRUTHS = 200_000


class Records:
    """Every change of a record as one line of a file; the last line of a record counts. Without a path: nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: TextIO | None = None

    def load(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(kind, key, record) of all that is kept, in the order in which they were first put; then ready to put.

        The file is written anew on the way. A last line cut short by a crash is left out.
        """
        if self._path is None:
            return
        kept: dict[tuple[str, str], dict[str, Any]] = {}
        if self._path.exists():
            for line in self._path.read_text("utf-8").splitlines():
                try:
                    kind, key, record = json.loads(line)
                except ValueError:
                    continue
                kept[kind, key] = record
        fresh = self._path.with_suffix(".fresh")
        lines = (json.dumps([kind, key, record]) + "\n" for (kind, key), record in kept.items())
        fresh.write_text("".join(lines), "utf-8")
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")
        yield from ((kind, key, record) for (kind, key), record in kept.items())

    def put(self, kind: str, key: str, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        line = json.dumps([kind, key, record]) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def clear(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.truncate(0)

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


class Truth:
    """An append-only log of what truly happened to money and messages. The portal never reads it."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._file = path.open("a", encoding="utf-8") if path else None
        self.entries: list[dict[str, Any]] = []

    def add(self, deed: str, at: datetime, **facts: Any) -> None:
        with self._lock:
            entry = {"n": next(self._numbers), "at": at.isoformat(), "deed": deed, **facts}
            self.entries.append(entry)
            del self.entries[:-MOST_TRUTHS]
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def since(self, number: int) -> list[dict[str, Any]]:
        with self._lock:
            return [entry for entry in self.entries if entry["n"] > number]

    def clear(self) -> None:
        with self._lock:
            self.entries.clear()

    def close(self) -> None:
        if self._file:
            self._file.close()
