"""What may still be paid, by whichever way."""

from portal.core.errors import Refused
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceStatus


class NothingToPay(Refused):
    """The invoice is paid or void. Nothing was charged."""

    code = "nothing_to_pay"


def require_open(invoice: Invoice) -> None:
    """The invoice, just locked and read, is issued and not wholly paid; raises NothingToPay."""
    if invoice.status is not InvoiceStatus.ISSUED or invoice.open_minor == 0:
        raise NothingToPay("Nothing is left to pay on this invoice. Nothing was charged.")
