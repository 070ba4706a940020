"""The page of a pay link: one invoice for whoever has it, to be paid without an account. It shows nothing else."""

from flask import Blueprint, Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.actions.confirm_return import confirm_return
from portal.core import clock
from portal.core.actors import Actor, ActorKind
from portal.core.days import day
from portal.core.db import db
from portal.core.errors import NotFound
from portal.customers.models import Customer
from portal.identity.permissions import public
from portal.invoicing import pay_links
from portal.invoicing import queries as invoices
from portal.invoicing.models import Invoice
from portal.invoicing.presentation import Settled
from portal.invoicing.states import InvoiceStatus
from portal.notifications.papers import receipt_subject
from portal.payments import queries as payments
from portal.payments import receipts
from portal.payments.models import Attempt
from portal.web.account.rows import line_row
from portal.web.account.watching import answer_to_watch
from portal.web.filters import written
from portal.web.forms import only_fields, posted_key
from portal.web.htmx import see_other, show
from portal.web.pay import limits
from portal.web.pay.doors import Doors
from portal.web.pay.mailing import mail_link
from portal.web.pay.opening import Mistake, open_chosen
from portal.web.pay.proving import Place, proof_page, refuse_large, send_proof
from portal.web.pay.till import state_of, till
from portal.web.printed import printed
from portal.web.security import takes_files
from portal.web.session import introduce_company, settings, speak_as
from portal.web.wording import gettext as _

bp = Blueprint("pay", __name__, url_prefix="/pay")
bp.before_request(introduce_company)


class Over(Exception):
    """A genuine link whose day has passed, or whose invoice's links were taken back."""


@bp.after_request
def say_nothing_elsewhere(response: Response) -> Response:
    """The address is a key: no other site is told of it, and no search engine keeps it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.errorhandler(Over)
def offer_fresh_link(_over: Over) -> ResponseReturnValue:
    token = (request.view_args or {}).get("token", "")
    return render_template("pay/over.html", token=token, state="over"), 410


@bp.get("/<token>")
@public
@limits.limit_looks
@limits.limit_guesses
def show_invoice(token: str) -> ResponseReturnValue:
    invoice, _customer = _opened(token)
    latest = _latest(invoice)
    answer = answer_to_watch(state_of(invoice, latest))
    return answer if answer is not None else _page(token, invoice, latest)


def _page(
    token: str, invoice: Invoice, latest: Attempt | None, mistake: Mistake | None = None, status: int = 200
) -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    panel = till(session, invoice, at=at, latest=latest)
    settled: list[Settled] | None = None if invoice.paid_minor else []
    shown = receipts.shown(session, invoice, reader=written(), at=at, notes=[], settled=settled)
    return show(
        page="pay/page.html",
        fragment="pay/_pay.html",
        status=status,
        mistake=mistake,
        invoice=shown,
        lines=[line_row(line) for line in shown.lines] if shown.is_payable else [],
        token=token,
        till=panel,
        doors=_doors(token, has_receipt=any(one.kind == "payment" for one in shown.settled)),
        cards=[],
        can_pay=True,
        today=day(at, g.zone),
    )


@bp.post("/<token>/open")
@public
@limits.limit_guesses
@limits.limit_openings
@limits.limit_openings_of_link
def open_way(token: str) -> ResponseReturnValue:
    """A page at the gateway, an account number or a code. A card that pays here is not kept."""
    invoice, _customer = _opened(token)
    return open_chosen(
        invoice,
        path=url_for(".show_invoice", token=token),
        keeps_method=False,
        actor=_payer(invoice),
        again=lambda mistake: _page(token, invoice, _latest(invoice), mistake, status=422),
    )


@bp.post("/<token>/look")
@public
@limits.limit_guesses
@limits.limit_questions
def look_again(token: str) -> ResponseReturnValue:
    """Somebody says that they have paid: the gateway is asked at once instead of later."""
    invoice, _customer = _opened(token)
    only_fields()
    posted_key()
    return _ask(invoice, token)


@bp.get("/<token>/back")
@public
@limits.limit_looks
@limits.limit_guesses
def come_back(token: str) -> ResponseReturnValue:
    """The gateway sends its payers here; that proves nothing, so it is asked."""
    invoice, _customer = _opened(token)
    return _ask(invoice, token)


@bp.post("/<token>/renew")
@public
@limits.limit_guesses
@limits.limit_mails
def renew(token: str) -> ResponseReturnValue:
    """A fresh link instead of one that is over, to the address that the invoice went to and to no other."""
    link = pay_links.read(token, secret_key=settings().secret_key)
    only_fields()
    posted_key()
    state = "mailed" if mail_link(link.invoice_ref) else "settled"
    return render_template("pay/over.html", token=token, state=state)


@bp.get("/<token>/pdf")
@public
@limits.limit_looks
@limits.limit_guesses
def invoice_pdf(token: str) -> ResponseReturnValue:
    invoice, customer = _opened(token)
    if invoice.status is not InvoiceStatus.ISSUED:
        raise NotFound("There is nothing to pay any more.")
    return _paper(token, invoice.ref, customer, f"{invoice.label}.pdf")


@bp.get("/<token>/receipt")
@public
@limits.limit_looks
@limits.limit_guesses
def receipt_pdf(token: str) -> ResponseReturnValue:
    """The invoice as its last payment left it."""
    invoice, customer = _opened(token)
    paid = payments.allocations_of_invoice(db.session(), invoice.id)
    if not paid:
        raise NotFound("There is no payment of this invoice.")
    subject = receipt_subject(invoice.ref, paid[-1][1].ref)
    return _paper(token, subject, customer, f"{invoice.label}-{_('receipt')}.pdf")


@bp.get("/<token>/proof")
@public
@limits.limit_looks
@limits.limit_guesses
def show_proofs(token: str) -> ResponseReturnValue:
    """For whoever paid by transfer and can show it."""
    invoice, _customer = _opened(token)
    return proof_page(invoice, _proving(token))


@bp.post("/<token>/proof")
@public
@takes_files
@limits.limit_guesses
@limits.limit_openings_of_link
def send(token: str) -> ResponseReturnValue:
    invoice, _customer = _opened(token)
    return send_proof(invoice, _proving(token), actor=_payer(invoice))


@bp.errorhandler(RequestEntityTooLarge)
def say_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    if request.endpoint != f"{bp.name}.{send.__name__}":
        return error
    return refuse_large(_tried)


def _tried() -> tuple[Invoice, Place]:
    """The body was read before the page could begin."""
    introduce_company()
    token = str((request.view_args or {}).get("token", ""))
    return _opened(token)[0], _proving(token)


def _proving(token: str) -> Place:
    """Files are not handed over again: another may have sent them."""
    return Place(here=url_for(".show_proofs", token=token), back=url_for(".show_invoice", token=token))


def _opened(token: str) -> tuple[Invoice, Customer]:
    """The invoice of a link that may be used, and its customer, in whose language and zone the page speaks."""
    link = pay_links.read(token, secret_key=settings().secret_key)
    invoice, customer = invoices.with_customer(db.session(), link.invoice_ref)
    speak_as(customer.language, customer.zone)
    if invoice.status is InvoiceStatus.DRAFT:
        raise NotFound("There is no such invoice.")
    if not link.opens(invoice, clock.now()):
        raise Over
    return invoice, customer


def _latest(invoice: Invoice) -> Attempt | None:
    return next(iter(payments.attempts_of_invoice(db.session(), invoice.id)), None)


def _payer(invoice: Invoice) -> Actor:
    """Whoever has the link: nobody that we know, in the name of the customer."""
    return Actor(ActorKind.CUSTOMER, "pay link", None, invoice.customer_id)


def _ask(invoice: Invoice, token: str) -> ResponseReturnValue:
    latest = _latest(invoice)
    if latest is not None:
        confirm_return(latest.reference, customer_id=invoice.customer_id, at=clock.now())
    return see_other(url_for(".show_invoice", token=token))


def _doors(token: str, *, has_receipt: bool) -> Doors:
    return Doors(
        here=url_for(".show_invoice", token=token),
        open=url_for(".open_way", token=token),
        look=url_for(".look_again", token=token),
        proof=url_for(".show_proofs", token=token),
        receipt=url_for(".receipt_pdf", token=token) if has_receipt else "",
        sign_in=url_for("account_invoices.show_invoice", ref=token.partition(".")[0]),
    )


def _paper(token: str, subject: str, customer: Customer, name: str) -> ResponseReturnValue:
    paper = printed(subject, customer.language, name)
    answer = answer_to_watch("ready" if paper else "preparing")
    if answer is not None:
        return answer
    return paper or render_template("pay/preparing.html", back=url_for(".show_invoice", token=token), name=name)
