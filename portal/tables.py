"""Every table there is, so that whoever builds the application knows them all: foreign keys are found by name."""

from portal.balance import models as balance
from portal.banking import models as banking
from portal.banking import proof_models as proofs
from portal.banking.statements import models as statements
from portal.catalogue import models as catalogue
from portal.core import audit, business, outbox, tasks
from portal.credits import models as credits_
from portal.customers import models as customers
from portal.dunning import models as dunning
from portal.identity import models as identity
from portal.invoicing import models as invoicing
from portal.journal import models as journal
from portal.notifications import models as notifications
from portal.payments import models as payments
from portal.payments import refund_models as refunds
from portal.quotes import models as quotes
from portal.runs import models as runs
from portal.subscriptions import models as subscriptions

CORE = (audit, business, outbox, tasks)
NOUNS = (
    identity, customers, catalogue, subscriptions, credits_, quotes, runs, journal, balance, invoicing, payments,
    banking, statements, proofs, refunds, dunning, notifications,
)  # fmt: skip
