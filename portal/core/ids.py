"""Public references: what stands in addresses, mails and calls to gateways instead of row ids."""

from __future__ import annotations

import secrets
from string import ascii_lowercase, digits

_BASE32 = ascii_lowercase + "234567"


def public_ref(prefix: str) -> str:
    """`prefix`, an underscore, and 80 random bits: `public_ref("inv")` is like `inv_k3v7...`."""
    return f"{prefix}_{_drawn(_BASE32, 16)}"


def attempt_reference() -> str:
    """Ours for one attempt at every gateway: `at-` and 26 letters and digits, never drawn twice.

    Random rather than counted: a restored backup must never meet a reference that was used after it.
    No underscore, because not every gateway takes one.
    """
    return f"at-{_drawn(ascii_lowercase + digits, 26)}"


def _drawn(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
