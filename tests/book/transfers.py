"""Statements and proofs of transfer in a lively world."""

from sqlalchemy import select

from portal.actions.accept_proof import Arrived, accept_proof
from portal.actions.begin_import import begin_import
from portal.actions.ignore_money import ignore_money
from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.actions.submit_proof import Claim, submit_proof
from portal.actions.upload_statement import upload_statement
from portal.banking.statements.mapping import CsvMapping
from portal.banking.statements.models import BankLine
from portal.core.money import Money
from portal.invoicing.models import Invoice
from portal.payments.models import Payment
from tests.factories import STAFF
from tests.rules.polyglots import pdf, picture
from tests.world import World

MAPPING = CsvMapping(columns={"booked_on": 0, "amount": 1}, reference=(2,))


def live_by_statement(world: World) -> None:
    """A line of a debt, one of nobody, one ignored, money out; a proof that was accepted and one that waits."""
    account, on = world.make.bank(), world.at.date()
    owed = world.session.scalars(select(Invoice).where(Invoice.status == "issued", Invoice.open_minor > 0)).first()
    assert owed is not None
    said = ("head", f"{on},100.00,part of {owed.payment_reference}", f"{on},70.00,own", f"{on},-5.00,fee")
    ref = upload_statement(account.ref, "\n".join(said).encode(), "s.csv", actor=STAFF, at=world.at)
    begin_import(ref, MAPPING, actor=STAFF, at=world.at)
    import_lines(limit=10, actor=STAFF, at=world.at)
    match_lines(limit=10, actor=STAFF, at=world.at)
    own = world.make.one(BankLine, BankLine.reference == "own")
    ignore_money(world.session.get_one(Payment, own.payment_id).ref, reason="ours", actor=STAFF, at=world.at)
    claim = Claim(Money(1_00, "NGN"), on)
    proof = submit_proof(owed.ref, picture(), claim, actor=STAFF, at=world.at)
    accept_proof(proof, Arrived(account.ref, claim.amount, on), actor=STAFF, at=world.at)
    submit_proof(owed.ref, pdf(), claim, actor=STAFF, at=world.at)
    world.work()
