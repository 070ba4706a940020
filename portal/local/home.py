"""The folder in which `./run` keeps its data, who holds it, and the secrets made for it once."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import IO

from cryptography.fernet import Fernet

CHECKOUT = Path(__file__).resolve().parents[2]


class CannotStart(Exception):
    """One sentence: what is wrong and what to do about it."""


def usual_home() -> Path:
    """`var/` beside the code; for root a folder that the unprivileged user of PostgreSQL can reach."""
    if os.geteuid() != 0:
        return CHECKOUT / "var"
    return Path("/var/lib") / f"portal-{hashlib.sha256(bytes(CHECKOUT)).hexdigest()[:8]}"


class Home:
    """A data folder held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def hold(self) -> None:
        """Create the folder if need be and keep others out until this process ends."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Others may pass through (PostgreSQL runs as another user when we are root) but not list.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self._lock = (self.path / "lock").open("w")
        except OSError as error:
            raise CannotStart(f"The data folder {self.path} cannot be written ({error.strerror}).") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.let_go()
            raise CannotStart("The portal already runs from this folder: stop that one (Ctrl-C) first.") from error

    def let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def empty(self) -> None:
        """Forget everything but the lock that is held."""
        for child in self.path.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != "lock":
                child.unlink()

    def secrets(self) -> dict[str, str]:
        """The portal's own secrets and the keys of the stand-ins: each made once, readable by the owner only."""
        path = self.path / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PAYSTACK_SECRET_KEY": f"sk_test_{secrets.token_hex(20)}",
            "IPAYMU_VA": f"0000{secrets.randbelow(10**12):012d}",
            "IPAYMU_API_KEY": f"SANDBOX{secrets.token_hex(16).upper()}",
        } | kept
        if made != kept:
            part = path.with_suffix(".part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(made, file, indent=1)
            part.replace(path)
        return made
