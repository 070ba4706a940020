"""Mails about credit notes."""

from __future__ import annotations

from sqlalchemy import select

from portal.core.money import Money
from portal.invoicing.models import CreditNote, Invoice
from portal.invoicing.states import CreditNoteStatus
from portal.notifications.letters import Letter, Link, Occasion, Unneeded


def credit_note_issued(occasion: Occasion) -> Letter:
    """How much was credited of which invoice, why, and where it goes."""
    _ = occasion.words.gettext
    found = occasion.session.execute(
        select(CreditNote, Invoice)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(CreditNote.ref == occasion.fact("note"))
    ).first()
    if found is None or found[0].status is not CreditNoteStatus.ISSUED:
        raise Unneeded("the credit note does not stand any more")
    note, invoice = found
    amount, path = occasion.money(note.total), f"/account/invoices/{invoice.ref}"
    return Letter(
        subject=_("Credit note %(number)s, %(sum)s", number=note.label or "", sum=amount),
        preview=_("%(sum)s credited. There is nothing to do.", sum=amount),
        tone="good",
        state=_("Credited"),
        headline=amount,
        lead=_("Of invoice %(number)s: %(reason)s", number=invoice.label or "", reason=note.reason),
        paragraphs=(" ".join(_goes_to(occasion, note, invoice)),),
        button=Link(_("Open the invoice"), occasion.url(path)),
        other=Link(_("Credit note as PDF"), occasion.url(f"{path}/notes/{note.ref}")),
        reason=occasion.billing_reason(),
    )


def _goes_to(occasion: Occasion, note: CreditNote, invoice: Invoice) -> list[str]:
    """Where it goes, one sentence for each place."""
    _ = occasion.words.gettext
    sums = [
        occasion.money(Money(minor, note.currency)) if minor else ""
        for minor in (note.to_invoice_minor, note.to_balance_minor, note.to_refund_minor)
    ]
    said = []
    if sums[0]:
        said.append(_("%(sum)s less is to be paid on invoice %(number)s.", sum=sums[0], number=invoice.label or ""))
    if sums[1]:
        said.append(_("%(sum)s goes to your balance and pays your next invoice.", sum=sums[1]))
    if sums[2]:
        said.append(_("%(sum)s goes back to where it came from.", sum=sums[2]))
    return said
