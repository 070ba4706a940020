"""What is refused, in the reader's language. Actions refuse in English, with a code that never changes."""

from portal.core.errors import PortalError
from portal.web.wording import gettext


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


# Where the customer is to be told more, or otherwise, than the action's own sentence.
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
    "no_longer_offered": _("This price is no longer offered. Nothing was changed, please choose again."),
    "not_changeable": _("This cannot be done in its present state. Nothing was changed."),
    "move_refused": _("This cannot be done in its present state. Nothing was changed."),
    "outdated": _("Somebody else has changed this since you opened it. Nothing was changed."),
}


def said(error: PortalError) -> str:
    """The refusal for whoever reads this page; one that has no translation is said in English.

    `portal/translations/keywords.txt` names the errors whose sentences the catalogues are made of.
    """
    return gettext(SAID.get(error.code, error.sentence), **error.values)
