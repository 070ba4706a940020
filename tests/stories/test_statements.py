"""What the bank's statements say becomes payments: by itself where there is no doubt, by a person where there is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions._recording import NotUnmatched
from portal.actions._wires import Part
from portal.actions.abandon_import import abandon_import
from portal.actions.accept_money import accept_money
from portal.actions.begin_import import RowsAreWrong, begin_import
from portal.actions.create_subscription import create_subscription
from portal.actions.ignore_money import ignore_money
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.actions.recognise_line import NotTheSame, recognise_line
from portal.actions.record_payment import record_payment
from portal.actions.undo_match import NotUndoable, undo_match
from portal.actions.upload_statement import upload_statement
from portal.banking.receipts import Wire
from portal.banking.statements.lines import StatementRefused
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine, StatementImport
from portal.banking.statements.states import ImportStatus, LineStatus
from portal.core import crashes
from portal.core.errors import Invalid
from portal.core.money import Money
from portal.core.tasks import open_tasks
from portal.customers.models import Customer
from portal.invoicing.references import printed
from portal.invoicing.states import InvoiceStatus
from portal.payments.models import Payment
from portal.payments.states import PaymentStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import STAFF
from tests.rules.test_statement_camt import document, entry, transfer

MAPPING = CsvMapping(columns={"booked_on": 0, "amount": 1, "name": 2, "entry_ref": 4}, reference=(3,))


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def bill(world, make, bank):
    """bill(amount, customer=…): an invoice that is to be transferred."""

    def billed(minor=10_000_00, *, customer=None):
        customer = customer or make.customer()
        asked = StartTerms(collection=Collection.PUSH)
        ref = create_subscription(
            customer.id, [(make.price(minor).ref, 1)], beginning=Beginning.ACTIVE, asked=asked, actor=STAFF, at=world.at
        )
        return make.invoice(make.one(Subscription, Subscription.ref == ref))

    return billed


@pytest.fixture
def row(world):
    """row(amount, text, …): a line of the bank's CSV."""

    def written(amount, text="", *, name="", ref="", days=0):
        return f'{(world.at + timedelta(days=days)).date()},{amount},{name},"{text}",{ref}'

    return written


@pytest.fixture
def imports(world, make, bank):
    """imports(rows): upload, begin and take all of it in; the import."""

    def taken(*rows, limit=500, **begun):
        content = "\n".join(["Date,Amount,Name,Text,Ref", *rows]).encode()
        ref = upload_statement(bank.ref, content, "march.csv", actor=STAFF, at=world.at)
        begin_import(ref, MAPPING, actor=STAFF, at=world.at, **begun)
        take_in(world, limit)
        return make.one(StatementImport, StatementImport.ref == ref)

    return taken


def take_in(world, limit=500):
    while import_lines(limit=limit, actor=STAFF, at=world.at):
        pass
    while match_lines(limit=20, actor=STAFF, at=world.at):
        pass
    world.work()


def lines(make):
    make.session.expire_all()
    return list(make.session.scalars(select(BankLine).order_by(BankLine.id)))


def money(make, line):
    return make.session.get_one(Payment, line.payment_id, populate_existing=True)


def test_a_transfer_that_names_its_invoice_pays_it_and_the_rest_waits(world, make, bill, row, imports):
    sure, other = bill(), bill(20_000_00)
    done = imports(
        row("10000.00", f"payment {printed(sure.payment_reference)}", ref="B1"),
        row("19000.00", other.payment_reference, ref="B2"), row("-500.00", "bank charges", ref="B3"),
        row("77.00", "thanks", ref="B4"),
    )  # fmt: skip
    assert (done.status, done.taken, done.known) == (ImportStatus.FINISHED, 4, 0)
    make.session.refresh(sure)
    assert sure.status is InvoiceStatus.PAID
    assert [line.status for line in lines(make)] == ["booked", "booked", "out", "booked"]
    assert [line.is_suggested for line in lines(make)] == [False, True, False, False]
    waiting = [line for line in lines(make) if line.payment_id and money(make, line).customer_id is None]
    assert [line.entry_ref for line in waiting] == ["B2", "B4"]
    assert sorted(task.kind for task in open_tasks(make.session)) == ["money_unmatched"] * 2
    assert "receipt" in world.mails()


def test_the_same_file_twice_and_overlapping_files_book_nothing_twice(world, make, bill, row, imports):
    invoice = bill()
    rows = [row("10000.00", invoice.payment_reference), row("5.00", "a", ref="B1"), row("7.00", "b"), row("7.00", "b")]
    first = imports(*rows)
    again = imports(*rows)
    assert again.id == first.id
    more = imports(*rows, row("9.00", "new"))
    assert (more.taken, more.known) == (1, 4)
    third = imports(row("6.00", "before", days=-1), *rows[2:])
    assert (third.taken, third.known) == (1, 2)
    assert len(lines(make)) == 6
    assert make.session.query(Payment).count() == 6


def test_an_abandoned_statement_books_nothing_and_may_come_again(world, make, bank, row):
    content = f"Date\n{row('5.00')}".encode()
    ref = upload_statement(bank.ref, content, "../../x/<b>märz.csv", actor=STAFF, at=world.at)
    abandon_import(ref, actor=STAFF, at=world.at)
    abandon_import(ref, actor=STAFF, at=world.at)
    take_in(world)
    assert lines(make) == []
    assert make.one(StatementImport).file_name == "_b_märz.csv"
    assert upload_statement(bank.ref, content, "x", actor=STAFF, at=world.at) != ref


def test_wrong_rows_are_left_out_only_if_somebody_says_so(make, row, imports):
    with pytest.raises(RowsAreWrong):
        imports(row("5.00"), row("five"))
    assert lines(make) == []
    done = imports(row("5.00"), row("five"), leaves_out_wrong=True)
    assert (done.rows, done.done) == (1, 1)
    assert done.wrong[0][0] == 3


def test_a_camt_statement_is_read_without_a_mapping_and_only_into_its_own_account(world, make, bill):
    bank = make.bank("EUR", number="DE893704")
    with pytest.raises(StatementRefused, match="another account"):
        upload_statement(make.bank().ref, document(entry(transfer())), "s.xml", actor=STAFF, at=world.at)
    ref = upload_statement(bank.ref, document(entry(transfer())), "s.xml", actor=STAFF, at=world.at)
    begin_import(ref, None, actor=STAFF, at=world.at)
    take_in(world)
    (line,) = lines(make)
    assert (line.name, line.amount) == ("Zuma Ltd", Money(1234_50, "EUR"))


def test_a_person_says_whose_money_it_is_and_the_second_answer_comes_too_late(world, make, bill, row, imports):
    one, other = bill(), bill()
    imports(row("12000.00", "no name"))
    payment = money(make, lines(make)[0])
    owner = make.session.get_one(Customer, one.customer_id).ref
    for _ in range(2):
        accept_money(payment.ref, owner, [Part(one.ref)], actor=STAFF, at=world.at)
    with pytest.raises(NotUnmatched):
        accept_money(
            payment.ref, make.session.get_one(Customer, other.customer_id).ref, [Part(other.ref)], actor=STAFF,
            at=world.at,
        )  # fmt: skip
    make.session.refresh(one)
    assert one.status is InvoiceStatus.PAID
    assert not open_tasks(make.session)


def test_a_wrong_match_is_undone_and_the_line_waits_again(world, make, bill, row, imports):
    invoice = bill()
    imports(row("10000.00", invoice.payment_reference))
    (line,) = lines(make)
    with pytest.raises(Invalid):
        undo_match(line.ref, reason=" ", actor=STAFF, at=world.at)
    undo_match(line.ref, reason="was for somebody else", actor=STAFF, at=world.at)
    with pytest.raises(NotUndoable):
        undo_match(line.ref, reason="again", actor=STAFF, at=world.at)
    make.session.refresh(invoice)
    assert invoice.status is InvoiceStatus.ISSUED
    (line,) = lines(make)
    assert money(make, line).customer_id is None
    assert [payment.status for payment in make.session.query(Payment).order_by(Payment.id)] == ["reversed", "booked"]
    subscription = make.one(Subscription)
    assert subscription.status is SubscriptionStatus.ACTIVE, "its invoice is not due yet"


def test_money_of_nobody_is_ignored_for_a_reason_and_taken_back_in(world, make, row, imports):
    imports(row("500.00", "transfer between own accounts"))
    (line,) = lines(make)
    ref = money(make, line).ref
    for _ in range(2):
        ignore_money(ref, reason="our own money", actor=STAFF, at=world.at)
    (line,) = lines(make)
    assert (line.status, line.reason, line.payment_id) == (LineStatus.IGNORED, "our own money", None)
    assert not open_tasks(make.session)
    undo_match(line.ref, reason="it was a customer after all", actor=STAFF, at=world.at)
    (line,) = lines(make)
    assert money(make, line).status is PaymentStatus.BOOKED
    assert len(open_tasks(make.session)) == 1


def test_what_was_recorded_by_hand_is_recognised_on_the_statement(world, make, bill, bank, row, imports):
    invoice = bill()
    wire = Wire(bank.ref, invoice.open, world.at.date(), invoice.payment_reference)
    done = record_payment(invoice.customer_id, wire, [Part(invoice.ref)], actor=STAFF, at=world.at)
    world.days(2)
    imports(row("10000.00", printed(invoice.payment_reference)))
    (line,) = lines(make)
    assert money(make, line).ref == done.ref
    assert make.session.query(Payment).count() == 1


def test_what_may_have_been_recorded_is_shown_to_a_person(world, make, bill, bank, row, imports):
    invoice, other = bill(), bill(5_00)
    wire = Wire(bank.ref, invoice.open, world.at.date(), "by phone")
    done = record_payment(invoice.customer_id, wire, [Part(invoice.ref)], actor=STAFF, at=world.at)
    small = Wire(bank.ref, other.open, world.at.date(), "cash desk")
    wrong = record_payment(other.customer_id, small, [Part(other.ref)], actor=STAFF, at=world.at)
    imports(row("10000.00", "something else"))
    (line,) = lines(make)
    assert line.is_suggested
    unowned = money(make, line).ref
    with pytest.raises(NotTheSame):
        recognise_line(unowned, wrong.ref, actor=STAFF, at=world.at)
    for _ in range(2):
        recognise_line(unowned, done.ref, actor=STAFF, at=world.at)
    (line,) = lines(make)
    assert money(make, line).ref == done.ref
    assert not open_tasks(make.session)


def test_an_import_that_dies_goes_on_at_its_row(world, make, bank, row):
    content = "\n".join(["Date", *(row("5.00", f"number {n}") for n in range(25))]).encode()
    ref = upload_statement(bank.ref, content, "long.csv", actor=STAFF, at=world.at)
    begin_import(ref, MAPPING, actor=STAFF, at=world.at)
    for nth in (2, 1):
        crashes.load_plan(f"C-33:{nth}:raise,C-33.matched:3:raise")
        with pytest.raises(crashes.Crashed):
            take_in(world, limit=10)
    crashes.load_plan("")
    take_in(world, limit=10)
    done = make.one(StatementImport)
    assert (done.status, done.done, done.taken, done.known) == (ImportStatus.FINISHED, 25, 25, 0)
    assert [line.row for line in lines(make)] == list(range(2, 27))
    assert make.session.query(Payment).count() == 25


def test_a_line_that_cannot_be_booked_hinders_no_other(world, make, bill, row, imports):
    one, other = bill(), bill()
    customer = make.session.get_one(Customer, one.customer_id)
    customer.currency = "USD"
    make.session.commit()
    imports(row("10000.00", one.payment_reference), row("10000.00", other.payment_reference))
    make.session.refresh(other)
    assert other.status is InvoiceStatus.PAID
    assert [task.kind for task in open_tasks(make.session)] == ["bank_line_stuck"]
    customer.currency = "NGN"
    make.session.commit()
    world.at += timedelta(hours=2)
    take_in(world)
    make.session.refresh(one)
    assert one.status is InvoiceStatus.PAID
    assert not open_tasks(make.session)
