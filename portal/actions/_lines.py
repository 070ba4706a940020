"""A line of a statement as money is recorded. A step."""

from portal.banking.models import BankAccount
from portal.banking.receipts import LONGEST_REFERENCE, Wire
from portal.banking.statements.models import BankLine


def wire_of(line: BankLine, account: BankAccount) -> Wire:
    """What the bank says of the line; its own reference stands in the note."""
    reference = line.reference[:LONGEST_REFERENCE]
    return Wire(account.ref, line.amount, line.value_on, reference, line.name, line.entry_ref)
