"""The customer's proofs of transfer for an invoice: sending one, and what became of those that were sent."""

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.banking import proofs
from portal.core.db import db
from portal.core.errors import Forbidden
from portal.identity.permissions import Permission, requires
from portal.invoicing.models import Invoice
from portal.web.account.invoices import mine
from portal.web.files import proof_answer
from portal.web.pay.proving import Place, proof_page, refuse_large, send_proof
from portal.web.security import limiter, takes_files

bp = Blueprint("account_proofs", __name__, url_prefix="/account/invoices")


@bp.get("/<ref>/proof")
@requires(Permission.ACCOUNT_PAY)
def show_proofs(ref: str) -> ResponseReturnValue:
    return proof_page(mine(ref), _place(ref))


@bp.post("/<ref>/proof")
@requires(Permission.ACCOUNT_PAY)
@takes_files
@limiter.limit("60 per hour", key_func=lambda: f"proofs:{g.customer_id}")
def send(ref: str) -> ResponseReturnValue:
    return send_proof(mine(ref), _place(ref), actor=g.actor)


@bp.errorhandler(RequestEntityTooLarge)
def say_too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    return refuse_large(_tried)


def _tried() -> tuple[Invoice, Place]:
    """The body was read before anybody asked who may send it, so this asks."""
    if Permission.ACCOUNT_PAY not in g.permissions:
        raise Forbidden("You are not allowed to do this.")
    ref = str((request.view_args or {}).get("ref", ""))
    return mine(ref), _place(ref)


@bp.get("/<ref>/proof/<proof>/file")
@requires(Permission.ACCOUNT_READ)
def show_file(ref: str, proof: str) -> Response:
    """Their own file again."""
    mine(ref)
    return proof_answer(proofs.of_customer(db.session(), g.customer_id, proof))


def _place(ref: str) -> Place:
    return Place(
        here=url_for(".show_proofs", ref=ref),
        back=url_for("account_invoices.show_invoice", ref=ref),
        file=lambda proof: url_for(".show_file", ref=ref, proof=proof.ref),
    )
