"""Credit notes in the staff's words: why they are given, the tabs of their list, and what was done with one."""

from portal.invoicing.models import CreditNote
from portal.invoicing.states import CreditNoteStatus, NoteCause
from portal.web.statuses import status_word
from portal.web.wording import gettext


def _(word: str) -> str:
    """Marks a word for the catalogues."""
    return word


CAUSES: dict[NoteCause, str] = {
    NoteCause.RULE: _("By rule"),
    NoteCause.BILLED_WRONG: _("Billed wrongly"),
    NoteCause.NOT_SERVED: _("Service not given"),
    NoteCause.BILLED_TWICE: _("Billed twice"),
    NoteCause.CANCELED: _("Canceled"),
    NoteCause.AGREED: _("Price agreed later"),
    NoteCause.GOODWILL: _("Goodwill"),
    NoteCause.OTHER: _("Other"),
}
GIVEN_BY_PEOPLE = tuple(cause for cause in NoteCause if cause is not NoteCause.RULE)


def cause_word(cause: NoteCause) -> str:
    return gettext(CAUSES[cause])


def tab_word(tab: str) -> str:
    return gettext("All") if tab == "all" else status_word(tab, "credit_note")


def said_after(note: CreditNote) -> str:
    """What became of asking for it."""
    if note.status is CreditNoteStatus.ISSUED:
        return gettext("Credit note issued. The customer is told by mail.")
    if note.status is CreditNoteStatus.PENDING_APPROVAL:
        return gettext("A second person has to approve it. Nothing was done yet.")
    return gettext("Saved as a draft.")
