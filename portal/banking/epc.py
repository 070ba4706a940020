"""The QR code of the European Payments Council (EPC069-12, version 002): a transfer in euros, ready to be signed."""

from __future__ import annotations

from portal.core.money import Money

MOST_MINOR = 99_999_999_999


def epc_text(*, holder: str, iban: str, bic: str, amount: Money, reference: str) -> str:
    """What the code says; empty where the scheme has no such transfer. `reference` is a creditor reference."""
    if amount.currency != "EUR" or not 0 < amount.minor <= MOST_MINOR:
        return ""
    lines = (
        "BCD", "002", "1", "SCT", bic, holder[:70], iban, f"EUR{amount.minor // 100}.{amount.minor % 100:02d}",
        "", reference,
    )  # fmt: skip
    return "\n".join(lines)
