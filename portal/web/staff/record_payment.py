"""Staff record money that came to a bank account: found, checked and shown, then booked as shown or not at all."""

from typing import Any

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions._recording import recorded_under
from portal.actions._wires import NeedsALook, Part
from portal.actions.preview_payment import Preview, preview_payment
from portal.actions.record_payment import Recorded, record_payment, recorded_before
from portal.actions.record_unmatched import record_unmatched
from portal.banking import accounts, uploads
from portal.banking.proof_files import proof_store
from portal.banking.receipts import LONGEST_NOTE, LONGEST_PAYER, LONGEST_REFERENCE, Proof, Wire
from portal.core import clock
from portal.core.chain import digest_of
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import Invalid, Refused
from portal.customers import queries as customers
from portal.customers.models import Customer
from portal.identity.permissions import Permission, requires
from portal.invoicing import queries as invoicing
from portal.invoicing.models import Invoice
from portal.reporting import payable_search
from portal.web.forms import (
    ChoiceField,
    DayField,
    LineField,
    ManyField,
    MoneyField,
    PortalForm,
    TextField,
    UploadField,
    required,
)
from portal.web.htmx import leave_for, show
from portal.web.refusals import said
from portal.web.security import takes_files
from portal.web.staff import listing
from portal.web.wording import gettext
from portal.web.wording import lazy_gettext as _

bp = Blueprint("staff_record_payment", __name__, url_prefix="/billing/payments")

MOST = "most_"


class PaymentForm(PortalForm):
    """`customer` is empty for money of an unknown owner. Each open invoice brings a field for the most it may get.

    `shown` is the digest of the preview that was accepted; `seen` names what was looked at.
    """

    customer = LineField(most=40)
    account = ChoiceField(_("Came to"), [required()])
    amount = MoneyField(_("Amount"), [required()])
    value_on = DayField(_("Value day"), [required()])
    reference = LineField(_("Reference on the statement"), most=LONGEST_REFERENCE)
    payer = LineField(_("Payer"), most=LONGEST_PAYER)
    note = TextField(_("Note"), most=LONGEST_NOTE)
    invoices = ManyField(_("For these invoices"))
    seen = ManyField(_("Looked at"))
    file = UploadField(_("Proof, if there is one"), most=uploads.LARGEST)
    shown = LineField(most=64)

    def most(self, invoice: Invoice) -> Any:
        return self[f"{MOST}{invoice.ref}"]

    def wire(self, proof: Proof | None = None) -> Wire:
        return Wire(
            self.account.data, self.amount.data, self.value_on.data, self.reference.data or "", self.payer.data or "",
            self.note.data or "", proof,
        )  # fmt: skip

    def parts(self) -> list[Part]:
        return [Part(ref, self[f"{MOST}{ref}"].data) for ref in self.invoices.data or ()]


@bp.get("/new")
@requires(Permission.BILLING_WRITE)
def show_form() -> ResponseReturnValue:
    """Whose money is it? By invoice, by customer, or nobody's yet; then the form."""
    session = db.session()
    if request.args.get("invoice"):
        invoice = invoicing.by_ref(session, listing.words("invoice"))
        customer = customers.with_id(session, invoice.customer_id)
        return _page(customer, _form(customer, chosen=invoice))
    if request.args.get("customer"):
        customer = customers.by_ref(session, listing.words("customer"))
        return _page(customer, _form(customer))
    if "unknown" in request.args:
        return _page(None, _form(None))
    words = listing.words()
    return show(
        page="staff/payments/find.html",
        fragment="staff/payments/_find.html",
        words=words,
        invoices=payable_search.invoices(session, words) if words else [],
        customers=payable_search.customers(session, words) if words else [],
        has_account=bool(accounts.open_ones(session)),
        can_configure=Permission.PAYMENT_CONFIG_WRITE in g.permissions,
    )


@bp.post("")
@requires(Permission.BILLING_WRITE)
@takes_files
def preview_or_record() -> ResponseReturnValue:
    ref = request.form.get("customer", "")
    customer = customers.by_ref(db.session(), ref) if ref else None
    if request.form.get("shown") and (done := _done_before(customer, request.form.get("form_key", ""))):
        return leave_for(done)
    form = _form(customer)
    if not form.validate():
        return _page(customer, form, status=422)
    preview, digest = None, ""
    try:
        preview = _preview(customer, form)
        digest = _digest(form, preview)
        if not form.shown.data:
            return _page(customer, form, preview=preview, digest=digest)
        if form.shown.data == digest:
            return _record(customer, form)
        form.form_errors.append(gettext("What would be booked differs from what was shown. Look at it again."))
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(customer, form, preview=preview, digest=digest, status=422)
    except NeedsALook:
        form.form_errors.append(gettext("Look at what may be the same, tick it, and record it again."))
    except Refused as refusal:
        form.form_errors.append(said(refusal))
    return _page(customer, form, preview=preview, digest=digest, status=409)


def _done_before(customer: Customer | None, key: str) -> str:
    """Where the form led when it was sent first; empty if it was not."""
    if customer is None:
        ref = recorded_under(db.session(), key)
        return url_for("staff_payments.show_payment", ref=ref) if ref else ""
    done = recorded_before(db.session(), customer.id, key)
    return _led_to(done) if done is not None else ""


def _led_to(done: Recorded) -> str:
    if done.waits:
        return url_for("staff_approvals.show_approval", ref=done.ref)
    return url_for("staff_payments.show_payment", ref=done.ref)


def _record(customer: Customer | None, form: Any) -> ResponseReturnValue:
    wire = form.wire(_kept(form.file.data))
    key, at = str(form.form_key.data), clock.now()
    seen = form.seen.data or ()
    if customer is None:
        ref = record_unmatched(wire, seen=seen, form_key=key, actor=g.actor, at=at)
        flash(gettext("Recorded. It waits until somebody says whose it is."), "wait")
        return leave_for(url_for("staff_payments.show_payment", ref=ref))
    done = record_payment(customer.id, wire, form.parts(), seen=seen, form_key=key, actor=g.actor, at=at)
    if done.waits:
        flash(
            gettext("This is above your limit: somebody else was asked to approve it. Nothing is booked yet."), "wait"
        )
    else:
        flash(gettext("Payment recorded."), "good")
    return leave_for(_led_to(done))


def _kept(sent: bytes) -> Proof | None:
    """The file, checked by its content and stored under a name that nobody can guess."""
    if not sent:
        return None
    file = uploads.checked(sent)
    return Proof(proof_store().put(file.content), file.digest, file.media_type)


def _preview(customer: Customer | None, form: Any) -> Preview:
    return preview_payment(db.session(), customer, form.wire(), form.parts(), actor=g.actor, at=clock.now())


def _digest(form: Any, preview: Preview) -> str:
    """All that was shown, so that nothing else is booked."""
    shares = [[invoice.ref, share.minor] for invoice, share in preview.spread.shares]
    names = [one.name for one in preview.questions]
    return digest_of([form.customer.data, form.wire().facts(), shares, preview.balance.minor, names]).hex()


def _form(customer: Customer | None, *, chosen: Invoice | None = None) -> Any:
    session = db.session()
    held = accounts.open_ones(session, customer.currency if customer else None)
    owed = payable_search.open_of(session, customer.id) if customer else []
    sent = request.form.get("account", "")
    account = next((one for one in held if one.ref == sent), held[0] if held else None)
    currency = account.currency if account else "NGN"
    fields = {f"{MOST}{one.ref}": MoneyField(_("At most"), currency=one.currency) for one in owed}
    preset = chosen.collectable if chosen is not None and chosen.collectable.is_positive else None
    form = type("PaymentForm", (PaymentForm,), {**fields, "owed": tuple(owed)})(
        customer=customer.ref if customer else "",
        amount=preset,
        value_on=day(clock.now(), g.zone),
        invoices=[chosen.ref] if chosen is not None else [],
        reference=request.args.get("reference", "")[:LONGEST_REFERENCE],
    )
    form.account.choices = [(one.ref, f"{one.name}, {one.bank} ({one.currency})") for one in held]
    form.amount.currency = currency
    form.invoices.choices = [(one.ref, one.label) for one in owed]
    form.seen.choices = [(name, name) for name in request.form.getlist("seen")[:50]]
    return form


def _page(
    customer: Customer | None, form: Any, *, preview: Preview | None = None, digest: str = "", status: int = 200
) -> ResponseReturnValue:
    return show(
        page="staff/payments/record.html",
        fragment="staff/payments/_record.html",
        status=status,
        customer=customer,
        form=form,
        preview=preview,
        digest=digest,
        questions=preview.questions if preview else (),
        seen=set(form.seen.data or ()),
    )
