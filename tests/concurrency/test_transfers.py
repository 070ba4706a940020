"""Several people and a worker reach for the same money of the bank at once: it is booked once."""

import pytest

from portal.actions._recording import NotUnmatched
from portal.actions._wires import Part
from portal.actions.accept_money import accept_money
from portal.actions.accept_proof import Arrived, accept_proof
from portal.actions.begin_import import begin_import
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.actions.reject_proof import reject_proof
from portal.actions.submit_proof import Claim, submit_proof
from portal.actions.upload_statement import upload_statement
from portal.banking.proof_models import TransferProof
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, StatementImport
from portal.core.states import MoveRefused
from portal.core.tasks import Task
from portal.customers.models import Customer
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from tests.factories import STAFF
from tests.owing import owing
from tests.rules.polyglots import pdf

MAPPING = CsvMapping(columns={"booked_on": 0, "amount": 1, "name": 2}, reference=(3,))


@pytest.fixture
def upload(rig):
    """upload(rows): a statement that was begun and of which nothing is taken yet."""

    def begun(*rows, name="s.csv"):
        content = "\n".join(["head", *(f"{rig.at.date()},{row}" for row in rows)]).encode()
        ref = upload_statement(rig.make.bank().ref, content, name, actor=STAFF, at=rig.at)
        begin_import(ref, MAPPING, actor=STAFF, at=rig.at)
        return ref

    return begun


def take(rig):
    while import_lines(limit=7, actor=STAFF, at=rig.at):
        pass


def match(rig):
    while match_lines(limit=5, actor=STAFF, at=rig.at):
        pass


def owner(rig, invoice):
    return rig.session.get_one(Customer, invoice.customer_id).ref


def test_two_staff_accept_the_same_money_for_different_customers(rig, upload):
    one, other = owing(rig.make), owing(rig.make)
    upload("45000.00,,no name")
    take(rig)
    match(rig)
    money = rig.all(Payment)[-1].ref
    owners = {invoice.ref: owner(rig, invoice) for invoice in (one, other)}
    results = rig.at_once(
        *(
            lambda invoice=invoice: accept_money(
                money, owners[invoice.ref], [Part(invoice.ref)], actor=STAFF, at=rig.at
            )
            for invoice in (one, other) * 2
        )
    )
    assert {type(result) for result in results} == {type(None), NotUnmatched}
    for invoice in (one, other):
        rig.session.refresh(invoice)
    assert sorted([one.status, other.status]) == sorted([InvoiceStatus.ISSUED, InvoiceStatus.PAID])


def test_workers_take_one_statement_and_its_lines_together(rig, upload):
    invoices = [owing(rig.make) for _ in range(4)]
    upload(*(f"45000.00,,{invoice.payment_reference}" for invoice in invoices), *["3.00,,thanks"] * 20)
    results = rig.at_once(*[lambda: take(rig)] * 3, *[lambda: match(rig)] * 3)
    match(rig)
    assert results == [None] * 6
    done = rig.all(StatementImport)[0]
    assert (done.status, done.taken, done.known) == ("finished", 24, 0)
    assert rig.count(BankLine, BankLine.status == "booked") == rig.count(Payment) == 24
    for invoice in invoices:
        rig.session.refresh(invoice)
        assert invoice.status is InvoiceStatus.PAID


def test_overlapping_statements_at_once_book_each_line_once(rig, upload):
    rows = [f"{n}.00,,line {n}" for n in range(1, 21)]
    upload(*rows[:15], name="first")
    upload(*rows[5:], name="second")
    rig.at_once(*[lambda: take(rig)] * 4)
    match(rig)
    assert rig.count(BankLine) == rig.count(Payment) == 20


def test_a_proof_is_confirmed_while_its_line_is_matched_and_another_rejects_it(rig, upload):
    invoice = owing(rig.make)
    proof = submit_proof(invoice.ref, pdf(), Claim(invoice.open, rig.at.date()), actor=STAFF, at=rig.at)
    upload(f"45000.00,,{invoice.payment_reference}")
    take(rig)
    seen = Arrived(rig.make.bank().ref, invoice.open, rig.at.date())
    results = rig.at_once(
        lambda: accept_proof(proof, seen, actor=STAFF, at=rig.at),
        lambda: match(rig),
        lambda: reject_proof(proof, reason="not there", actor=STAFF, at=rig.at),
    )
    assert {type(result) for result in results} <= {str, type(None), MoveRefused}
    match(rig)
    rig.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    decided = rig.all(TransferProof)[0]
    assert decided.status in ("accepted", "rejected")
    assert rig.count(Payment) == 1
    assert rig.count(Task, Task.kind == "transfer_proof", Task.closed_at.is_(None)) == 0


def test_the_same_file_uploaded_at_once_is_one_import(rig):
    account = rig.make.bank().ref
    results = rig.at_once(*[lambda: upload_statement(account, b"a\nb", "s", actor=STAFF, at=rig.at)] * 5)
    assert len(set(results)) == 1
    assert rig.count(StatementImport) == 1


def test_the_same_proof_sent_at_once_is_one_proof(rig):
    invoice = owing(rig.make)
    claim = Claim(invoice.open, rig.at.date())
    results = rig.at_once(*[lambda: submit_proof(invoice.ref, pdf(), claim, actor=STAFF, at=rig.at)] * 5)
    assert len(set(results)) == 1
    assert rig.count(TransferProof) == 1
