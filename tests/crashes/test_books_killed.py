"""A worker killed with -9 while it reads a statement, compares the books, or prints: what it began is ended once."""

from datetime import timedelta

import pytest

from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.begin_import import begin_import
from portal.actions.request_document import request_document
from portal.actions.upload_statement import upload_statement
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, StatementImport
from portal.core.actors import Actor
from portal.core.audit import AuditEntry
from portal.core.tasks import Task
from portal.invoicing.files import store
from portal.invoicing.models import Document
from portal.payments.models import Payment, PaymentAllocation
from portal.reconciling.models import Difference, Reconciliation
from tests.crashes.doomed import was_killed
from tests.factories import STAFF
from tests.jobs.conftest import environment

LOOKER = Actor.system("reconciliation")
MAPPING = CsvMapping(columns={"booked_on": 0, "amount": 1, "name": 2, "entry_ref": 4}, reference=(3,))
ROWS = 12


@pytest.fixture
def statement(house):
    """A statement that was begun: one line names an invoice that is open, the others are of nobody known."""
    rig = house.rig
    (attempt,) = rig.waiting(1)
    rig.sql("UPDATE attempts SET status = 'canceled', next_action_at = NULL, closed_at = :at WHERE id = :id",
            id=attempt.id, at=rig.at)  # fmt: skip
    (invoice,) = rig.renewals()
    bank = rig.make.bank()
    day = rig.at.date()
    rows = [f"{day},10000.00,Ada,{invoice.payment_reference},B0"]
    rows += [f"{day},{n}.00,Nobody,number {n},B{n}" for n in range(1, ROWS)]
    content = "\n".join(["Date,Amount,Name,Text,Ref", *rows]).encode()
    ref = upload_statement(bank.ref, content, "march.csv", actor=STAFF, at=rig.at)
    begin_import(ref, MAPPING, actor=STAFF, at=rig.at)
    house.forget_the_past()
    return invoice


def booked(rig):
    return rig.all(Payment.amount_minor, Payment.attempt_id.is_(None), Payment.gateway_account_id.is_(None))


@pytest.mark.parametrize(
    ("place", "nth", "lines", "done"), [("C-33", 1, 0, 0), ("C-33.matched", 1, ROWS, 1), ("C-33.matched", 5, ROWS, 5)]
)
def test_killed_while_taking_in_a_statement(house, statement, place, nth, lines, done):
    rig = house.rig
    dies_in_news(house, f"{place}:{nth}:kill")
    assert (rig.count(BankLine), len(booked(rig))) == (lines, done)
    house.live(hours=2)
    (taken,) = rig.all(StatementImport)
    assert (str(taken.status), taken.done, taken.taken, taken.known) == ("finished", ROWS, ROWS, 0)
    assert rig.all(BankLine.row) == list(range(2, ROWS + 2))
    assert sorted(booked(rig)) == sorted([10_000_00, *[n * 100 for n in range(1, ROWS)]])
    assert rig.renewals()[0].status == "paid"
    assert rig.count(PaymentAllocation, PaymentAllocation.invoice_id == statement.id) == 1
    assert rig.count(AuditEntry, AuditEntry.deed == "statement.imported") == 1


def dies_in_news(house, plan):
    """One takes the lines in, the next goes through them; whoever comes to the place is killed."""
    for _ in range(3):
        look = house.look()
        if was_killed(environment(house.settings) | {"CRASH_PLAN": plan}, "news"):
            return
    raise AssertionError(f"nobody came to {plan}: {look.due}")


@pytest.fixture
def differing(house):
    """The gateway took less than our books say, and somebody asks for a look."""
    rig = house.rig
    rig.waiting(1)
    rig.twin.clock(rig.at.isoformat())
    rig.charge()
    (reference,) = rig.charged()[-1:]
    rows = rig.twin.twin.ledger.transactions.values()
    next(row for row in rows if row.reference == reference).amount -= 5_00
    rig.go(rig.at + timedelta(hours=2))
    ask_reconciliation(rig.account.ref, actor=LOOKER, at=rig.at)
    house.forget_the_past()
    return reference


@pytest.mark.parametrize("place", ["reconciliation.compared", "reconciliation.keeping"])
def test_killed_while_comparing_the_books_with_the_gateway(house, differing, place):
    rig = house.rig
    house.dies("documents", place)
    assert rig.count(Difference) == 0
    assert rig.all(Reconciliation.finished_at) == [None]
    house.live(hours=1)
    assert [str(one.status) for one in rig.all(Reconciliation)] == ["finished"]
    (found,) = rig.all(Difference)
    assert (found.kind.value, found.closed_at) == ("booked_too_much", None)
    assert rig.count(Task, Task.subject == found.ref) == 1
    assert rig.count(AuditEntry, AuditEntry.deed == "gateway.reconciled") == 1


def test_killed_with_a_paper_written_and_not_recorded(house):
    """Its file lies there under its digest; printed again it is the same file."""
    rig = house.rig
    rig.waiting(1)
    (invoice,) = rig.renewals()
    house.forget_the_past()
    rig.sql("DELETE FROM documents")
    assert request_document(invoice.ref, "en", at=rig.at) is None
    house.dies("documents", "C-17")
    (wanted,) = rig.all(Document.digest, Document.subject == invoice.ref)
    assert wanted is None
    house.live(minutes=30)
    (digest,) = rig.all(Document.digest, Document.subject == invoice.ref)
    assert store().get(digest)[:5] == b"%PDF-"
    assert request_document(invoice.ref, "en", at=rig.at) == digest
