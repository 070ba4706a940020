"""Mails about bank transfers: where to send money, what arrived, and a change of the company's own account."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.banking import accounts, iban
from portal.banking.instructions import instructions_for
from portal.core.money import Money
from portal.invoicing.models import Invoice
from portal.notifications.letters import Letter, Link, Occasion, Row, Unneeded
from portal.payments.models import Payment, PaymentAllocation
from portal.payments.states import PaymentStatus


def transfer_words(occasion: Occasion, invoice: Invoice) -> tuple[str, ...]:
    """How to pay the invoice by transfer, in one paragraph; none where there is no account for its currency."""
    _ = occasion.words.gettext
    found = instructions_for(occasion.session, invoice)
    if found is None:
        return ()
    said = "; ".join(
        f"{name}{occasion.reader.colon}{value}" for name, value, _plain in found.rows(occasion.reader.language)
    )
    words = [_("Or send %(sum)s by bank transfer.", sum=occasion.money(found.amount)), f"{said}."]
    if found.is_changed:
        words.append(_("This is our new account: please do not use the one on the invoice any more."))
    return (" ".join(words),)


def payment_received(occasion: Occasion) -> Letter:
    """Money that did not settle all it was for, or more than was owed: where each part of it went."""
    _ = occasion.words.gettext
    payment = occasion.session.scalar(select(Payment).where(Payment.ref == occasion.fact("payment")))
    if payment is None or payment.status is not PaymentStatus.BOOKED:
        raise Unneeded("the payment was taken back")
    received = occasion.money(payment.amount)
    shares = _shares(occasion, payment)
    rest = payment.amount_minor - sum(share for _invoice, share in shares)
    rows = [
        Row(
            _("Invoice %(number)s", number=invoice.label),
            _money(occasion, share, payment.currency),
            _left(occasion, invoice),
        )
        for invoice, share in shares
    ]
    if shares and rest:
        rows.append(Row(_("On your balance"), _money(occasion, rest, payment.currency)))
    lead = _("Received on %(day)s.", day=occasion.on(payment.received_on))
    if rest:
        lead = _(
            "What your invoices did not need went to your balance on %(day)s.", day=occasion.on(payment.received_on)
        )
    return Letter(
        subject=_("We received %(sum)s", sum=received),
        tone="good",
        state=_("Received, thank you"),
        headline=received,
        lead=lead,
        rows=tuple(rows),
        paragraphs=(_("Your next invoice is paid from the balance first."),) if rest else (),
        button=Link(_("See your invoices"), occasion.url("/account/invoices")),
        reason=occasion.billing_reason(),
    )


def bank_account_changed(occasion: Occasion) -> Letter:
    """To everybody who may change bank details: somebody did, or wants to."""
    _ = occasion.words.gettext
    account = accounts.by_ref(occasion.session, occasion.fact("account"))
    said = {
        "proposed": _(
            "%(name)s wants customers to send money to another account. Somebody else has to agree.",
            name=occasion.fact("by"),
        ),
        "opened": _(
            "Customers are told to send money to this account from now on. %(name)s did the last step.",
            name=occasion.fact("by"),
        ),
        "rejected": _("%(name)s did not agree: nothing changes.", name=occasion.fact("by")),
        "closed": _("%(name)s closed this account: customers are not sent to it any more.", name=occasion.fact("by")),
    }
    return Letter(
        subject=_("Our bank details: %(currency)s", currency=account.currency),
        state=_("Please check that this is right"),
        headline=account.bank,
        lead=said[occasion.fact("what")],
        tone="warn",
        rows=(
            Row(_("Account holder"), account.holder),
            Row("IBAN" if iban.is_iban(account.number) else _("Account number"), iban.printed(account.number)),
        ),
        paragraphs=(_("If nobody told you about this, call the others before any money is sent."),),
        button=Link(_("See the bank accounts"), occasion.url("/billing/bank-accounts")),
        reason=_("You get this because you may change the company's bank details."),
    )


def _shares(occasion: Occasion, payment: Payment) -> list[tuple[Invoice, int]]:
    rows = occasion.session.execute(
        select(Invoice, func.sum(PaymentAllocation.amount_minor))
        .join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.id)
        .where(PaymentAllocation.payment_id == payment.id)
        .group_by(Invoice.id)
        .order_by(Invoice.id)
    )
    return [(invoice, int(minor)) for invoice, minor in rows if minor]


def _left(occasion: Occasion, invoice: Invoice) -> str:
    """What is still to be paid, as a remark."""
    if not invoice.open_minor:
        return ""
    return occasion.words.gettext("Left to pay: %(sum)s", sum=occasion.money(invoice.open))


def _money(occasion: Occasion, minor: int, currency: str) -> str:
    return occasion.money(Money(minor, currency))
