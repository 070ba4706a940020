"""A fresh link by mail, asked for by whoever holds an old one or the paper."""

from portal.actions._owed import NothingToPay
from portal.actions.mail_pay_link import mail_pay_link
from portal.core import clock
from portal.core.actors import Actor, ActorKind


def mail_link(invoice_ref: str) -> bool:
    """Mail it to the invoice's customer; False where nothing is left to pay, so that none is of use."""
    try:
        mail_pay_link(invoice_ref, actor=Actor(ActorKind.CUSTOMER, "pay link"), at=clock.now())
    except NothingToPay:
        return False
    return True
