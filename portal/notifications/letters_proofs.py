"""Mails about a proof of transfer: it was found true, or it was not."""

from __future__ import annotations

from portal.banking import proofs
from portal.banking.proof_models import TransferProof
from portal.banking.proof_states import ProofStatus
from portal.invoicing import queries as invoicing
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus
from portal.notifications.letters import Letter, Link, Occasion, Unneeded


def proof_accepted(occasion: Occasion) -> Letter:
    """The transfer arrived, and something is still open; what is paid in full has its receipt."""
    _ = occasion.words.gettext
    proof, invoice = _about(occasion, ProofStatus.ACCEPTED)
    if invoice.status is not InvoiceStatus.ISSUED:
        raise Unneeded("the receipt says it")
    left = occasion.money(invoice.open)
    return Letter(
        subject=_("We found your transfer for %(number)s", number=invoice.label),
        preview=_("%(sum)s is left to pay.", sum=left),
        tone="good",
        state=_("Your transfer arrived, thank you"),
        headline=left,
        lead=_(
            "You told us of %(sum)s on %(day)s. It is booked. This is what is left to pay of invoice %(number)s.",
            sum=occasion.money(proof.amount),
            day=occasion.on(proof.paid_on),
            number=invoice.label,
        ),
        button=Link(_("Open the invoice"), occasion.url(f"/account/invoices/{invoice.ref}")),
        reason=occasion.billing_reason(),
    )


def proof_rejected(occasion: Occasion) -> Letter:
    """The transfer was not found as its proof shows: why, and what helps."""
    _ = occasion.words.gettext
    proof, invoice = _about(occasion, ProofStatus.REJECTED)
    if invoice.status is InvoiceStatus.PAID:
        raise Unneeded("the invoice was paid meanwhile")
    return Letter(
        subject=_("We could not confirm your transfer for %(number)s", number=invoice.label),
        preview=proof.reason,
        tone="bad",
        state=_("Not confirmed"),
        headline=occasion.money(proof.amount),
        lead=_(
            "You told us of %(sum)s on %(day)s for invoice %(number)s. We could not confirm it: %(reason)s",
            sum=occasion.money(proof.amount),
            day=occasion.on(proof.paid_on),
            number=invoice.label,
            reason=proof.reason,
        ),
        paragraphs=(_("If the money has left your account, send us the proof again with what is missing."),),
        button=Link(_("Open the invoice"), occasion.url(f"/account/invoices/{invoice.ref}")),
        reason=occasion.billing_reason(),
    )


def _about(occasion: Occasion, status: ProofStatus) -> tuple[TransferProof, Invoice]:
    proof = proofs.by_ref(occasion.session, occasion.fact("proof"))
    if proof.status is not status:
        raise Unneeded("it was decided otherwise")
    return proof, invoicing.with_id(occasion.session, proof.invoice_id)
