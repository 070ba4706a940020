"""What actions refuse customers, in the reader's language. They refuse in English, with a code that never changes."""

from portal.core.errors import PortalError
from portal.web.wording import gettext


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


SAID = {
    "quote_outdated": _("The price has changed since you saw it. Nothing was charged."),
    "quote_expired": _("This offer has expired. Nothing was charged, please ask for the price again."),
    "quote_replaced": _("A later offer has taken the place of this one. Nothing was charged."),
    "nothing_changes": _("This is what the subscription has already. Nothing was changed."),
    "change_pending": _("Another change is waiting already. Nothing was changed, please replace it or keep it."),
    "charge_in_doubt": _("We are waiting for your bank. Nothing was changed, please try again in a while."),
    "attempt_in_doubt": _(
        "We are still waiting for your bank's answer. Please do not pay again; this page will tell you."
    ),
    "payable_open": _("Another way to pay is open. If you have already sent the money, wait: we will notice it."),
    "nothing_to_pay": _("Nothing is left to pay on this invoice. Nothing was charged."),
    "page_not_opened": _("The payment page could not be opened. Nothing was charged, please try again in a moment."),
    "no_usable_method": _("There is no stored card that may be charged. Nothing was charged, please add a card."),
    "currency_fixed": _("You are billed in %(currency)s, so everything is billed in it. Nothing was changed."),
    "no_longer_offered": _("This price is no longer offered. Nothing was changed, please choose again."),
    "not_changeable": _("This cannot be done in its present state. Nothing was changed."),
    "move_refused": _("This cannot be done in its present state. Nothing was changed."),
    "outdated": _("Somebody else has changed this since you opened it. Nothing was changed."),
}


def said(error: PortalError) -> str:
    """The refusal for whoever reads this page; one that has no translation is said as the action said it."""
    sentence = SAID.get(error.code)
    if sentence is None:
        return error.message
    values = {"currency": getattr(error, "currency", "")} if "%(currency)s" in sentence else {}
    return gettext(sentence, **values)
