"""Public references: what stands in addresses, mails and calls to gateways instead of row ids."""

from __future__ import annotations

from base64 import b32encode
from secrets import token_bytes


def public_ref(prefix: str) -> str:
    """`prefix`, an underscore, and 80 random bits: `public_ref("inv")` is like `inv_k3v7...`."""
    return f"{prefix}_{_drawn(10)}"


def attempt_reference() -> str:
    """Ours for one attempt at every gateway: `at-` and 26 letters and digits, never drawn twice.

    Random rather than counted: a restored backup must never meet a reference that was used after it.
    No underscore, because not every gateway takes one.
    """
    return f"at-{_drawn(17)[:26]}"


def _drawn(size: int) -> str:
    """So many random bytes in letters and digits, five bits each."""
    return b32encode(token_bytes(size)).decode().lower().rstrip("=")
