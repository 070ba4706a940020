"""Gateway keys and card tokens at rest: encrypted under a key ring, bound to the row they belong to."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.core.settings import current

SEALED: dict[str, Any] = {"is_sealed": True}
"""Marks a column whose bytes lie in the vault, so that they are found when the keys are rotated."""


class SecretUnreadable(Exception):
    """No key of the ring opens it, or it was moved to another row."""


class Vault:
    """The first key writes, every key reads, so that keys can be rotated while the portal runs."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._head = Fernet(keys[0])
        self._ring = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str, *, place: str) -> bytes:
        """Encrypt `secret` for `place`, which is table, column and row: `payment_methods.token:pm_…`."""
        return self._ring.encrypt(f"{place}\n{secret}".encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """The secret again; a ciphertext copied from another place is refused."""
        try:
            found, _, secret = self._ring.decrypt(sealed).decode().partition("\n")
        except InvalidToken as error:
            raise SecretUnreadable(f"no key of the ring opens {place}") from error
        if found != place:
            raise SecretUnreadable(f"what lies at {place} was sealed for another place")
        return secret

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same secret under the first key; None if it lies under that one already."""
        try:
            self._head.decrypt(sealed)
        except InvalidToken:
            try:
                return self._ring.rotate(sealed)
            except InvalidToken as error:
                raise SecretUnreadable("no key of the ring opens it") from error
        return None


def masked(secret: str) -> str:
    """What a screen may show of a key: its last four characters."""
    return f"…{secret[-4:]}" if len(secret) >= 12 else "…"


def vault() -> Vault:
    """The vault of this process, with the key ring of its settings."""
    return _vault(current().encryption_keys)


@lru_cache(maxsize=4)
def _vault(keys: tuple[str, ...]) -> Vault:
    return Vault(keys)
