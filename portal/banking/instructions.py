"""How to pay an invoice by bank transfer: one set of values for pages, mail and paper alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.banking import accounts, iban
from portal.banking.epc import epc_text
from portal.banking.models import BankAccount
from portal.banking.states import BankAccountStatus
from portal.core.money import Money
from portal.core.qr import QrCode, qr_code
from portal.core.sentences import sentences
from portal.invoicing import references
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus


@dataclass(frozen=True, slots=True)
class WireInstructions:
    """Where to send `amount`, and the reference to name. `is_changed`: no longer the account that the paper shows.

    `qr_text` is what a banking app reads, empty where the scheme has no such code.
    """

    holder: str
    bank: str
    number: str
    bic: str
    details: tuple[tuple[str, str], ...]
    reference: str
    amount: Money
    qr_text: str
    account_ref: str
    is_changed: bool = False

    @property
    def is_iban(self) -> bool:
        return iban.is_iban(self.number)

    @property
    def printed_number(self) -> str:
        return iban.printed(self.number)

    @property
    def printed_reference(self) -> str:
        return references.printed(self.reference)

    @property
    def qr(self) -> QrCode | None:
        return qr_code(self.qr_text) if self.qr_text else None

    def rows(self, language: str) -> list[tuple[str, str, str]]:
        """Name, value as printed, and value to copy, in the reader's language; the reference comes last."""
        _ = sentences(language).gettext
        said = [
            (_("Account holder"), self.holder, self.holder),
            (_("Bank"), self.bank, self.bank),
            ("IBAN" if self.is_iban else _("Account number"), self.printed_number, self.number),
            ("BIC", self.bic, self.bic),
            *((name, value, value) for name, value in self.details),
            (_("Reference"), self.printed_reference, self.reference),
        ]
        return [row for row in said if row[1]]


def instructions_for(session: Session, invoice: Invoice) -> WireInstructions | None:
    """How to pay what is open of `invoice` by transfer today; None where there is no account for its currency.

    The account that stands on its paper, unless that was closed meanwhile.
    """
    if invoice.status is not InvoiceStatus.ISSUED or invoice.open_minor <= 0:
        return None
    frozen = invoice.parties.get("bank") or {}
    shown = accounts.shown_for(session, invoice.currency)
    if frozen and (shown is None or shown.ref != frozen["ref"]):
        account = accounts.by_ref(session, str(frozen["ref"]))
        if account.status is BankAccountStatus.OPEN:
            return _instructions(frozen, invoice, invoice.open)
        return _current(shown, invoice, is_changed=True)
    return _current(shown, invoice)


def as_issued(invoice: Invoice, amount: Money) -> WireInstructions | None:
    """What the invoice's own paper says: `amount` was left to pay when it was issued. Nothing is asked of the rows
    of today, so that the paper is the same for ever."""
    frozen = invoice.parties.get("bank")
    return _instructions(frozen, invoice, amount) if frozen and amount.is_positive else None


def _current(account: BankAccount | None, invoice: Invoice, *, is_changed: bool = False) -> WireInstructions | None:
    kept = accounts.snapshot(account)
    return _instructions(kept, invoice, invoice.open, is_changed=is_changed) if kept else None


def _instructions(
    kept: Mapping[str, Any], invoice: Invoice, amount: Money, *, is_changed: bool = False
) -> WireInstructions:
    number, reference = str(kept["number"]), invoice.payment_reference
    qr_text = ""
    if iban.is_iban(number) and references.is_creditor_reference(reference):
        qr_text = epc_text(
            holder=str(kept["holder"]), iban=number, bic=str(kept["bic"]), amount=amount, reference=reference
        )
    return WireInstructions(
        holder=str(kept["holder"]),
        bank=str(kept["bank"]),
        number=number,
        bic=str(kept["bic"]),
        details=tuple((str(name), str(value)) for name, value in kept["details"]),
        reference=reference,
        amount=amount,
        qr_text=qr_text,
        account_ref=str(kept["ref"]),
        is_changed=is_changed,
    )
