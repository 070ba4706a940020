"""Our books beside a gateway's, with what a test does to either side behind the other's back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions._gateways import secret_place
from portal.actions.ask_reconciliation import ask_reconciliation
from portal.actions.reconcile_gateway import reconcile_gateway
from portal.actions.resolve_attempts import ask_about
from portal.core.actors import Actor
from portal.core.ids import attempt_reference, public_ref
from portal.core.secrets import vault
from portal.customers.models import Customer
from portal.payments.dispute_states import DisputeStatus
from portal.payments.models import Attempt, GatewayAccount, Payment
from portal.payments.refund_models import Dispute, Refund
from portal.payments.refund_states import RefundStatus
from portal.payments.states import LIVE, AttemptStatus
from portal.reconciling.models import Difference, Reconciliation
from portal.reconciling.states import LookStatus
from portal.twins.paystack.ledger import Dispute as TheirDispute
from portal.twins.paystack.ledger import Refund as TheirRefund
from portal.twins.paystack.ledger import Transaction
from tests.concurrency.rig import Rig
from tests.twins.running_ipaymu import API_KEY, VA, RunningIpaymu, running_ipaymu

LOOKER = Actor.system("reconciliation")
LATER = timedelta(hours=2)
CLOCKED = {RefundStatus.APPROVED, RefundStatus.SENDING, RefundStatus.PENDING, RefundStatus.UNKNOWN}


@dataclass
class Books:
    """`reference` is that of the one charge on which both sides agree."""

    rig: Rig
    account: GatewayAccount
    reference: str = ""
    made: list[Any] = field(default_factory=list)

    def keep(self, row: Any) -> Any:
        self.rig.session.rollback()
        self.rig.session.add(row)
        self.rig.session.commit()
        return row

    @property
    def customer(self) -> Customer:
        self.rig.session.rollback()
        return self.rig.session.scalars(select(Customer).order_by(Customer.id)).first()

    @property
    def payment(self) -> Payment:
        self.rig.session.rollback()
        paid = select(Payment).join(Attempt, Attempt.id == Payment.attempt_id)
        return self.rig.session.scalars(paid.where(Attempt.reference == self.reference)).one()

    def attempt(self, status: AttemptStatus, **changed: Any) -> str:
        """Another try of ours in this state, of which the gateway knows nothing yet. Its reference."""
        at = self.rig.at
        values: dict[str, Any] = {
            "reference": attempt_reference(), "customer_id": self.customer.id, "invoice_id": None,
            "gateway_account_id": self.account.id, "method_id": None, "kind": "payable", "status": status,
            "trigger": "customer", "amount_minor": 2500_00, "currency": "NGN", "gateway_ref": None, "payable": {},
            "decline": None, "decline_code": None, "reason": "", "sends": 1, "queries": 0, "misses": 0,
            "created_at": at, "sent_at": None if status is AttemptStatus.WAITING else at,
            "closed_at": None if status in LIVE or status is AttemptStatus.SUPERSEDED else at,
            "next_action_at": at + timedelta(days=9) if status in LIVE else None,
        }  # fmt: skip
        return self.keep(Attempt(**values | changed)).reference

    def refund(self, status: RefundStatus, **changed: Any) -> str:
        """A refund of ours in this state. Its reference."""
        at, payment = self.rig.at, self.payment
        values: dict[str, Any] = {
            "ref": public_ref("rfd"), "customer_id": payment.customer_id, "payment_id": payment.id,
            "credit_note_id": None, "gateway_account_id": self.account.id, "way": "gateway", "source": "balance",
            "status": status, "amount_minor": 1000_00, "currency": "NGN", "gateway_ref": None, "reason": "asked",
            "said": "", "bank_details": None, "evidence": None, "requested_by": "tests", "sends": 1, "queries": 0,
            "misses": 0, "created_at": at, "approved_at": at, "sent_at": at, "closed_at": None,
            "next_action_at": at + timedelta(days=9) if status in CLOCKED else None,
        }  # fmt: skip
        return self.keep(Refund(**values | changed)).ref

    def dispute(self, status: DisputeStatus, gateway_ref: str, **changed: Any) -> str:
        """A dispute of ours in this state. Its reference."""
        at, payment = self.rig.at, self.payment
        is_open = status in (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW)
        values: dict[str, Any] = {
            "ref": public_ref("dsp"), "customer_id": payment.customer_id, "payment_id": payment.id,
            "gateway_account_id": self.account.id, "gateway_ref": gateway_ref, "status": status,
            "category": "chargeback", "claim": "", "said": "", "amount_minor": payment.amount_minor,
            "currency": "NGN", "due_at": at + timedelta(hours=16), "answer": None, "answer_text": "",
            "answered_at": None, "queries": 0, "opened_at": at, "closed_at": None if is_open else at,
            "next_action_at": at + timedelta(days=9) if is_open else None,
        }  # fmt: skip
        return self.keep(Dispute(**values | changed)).ref

    # The gateway's side

    def theirs(self, reference: str = "") -> Transaction:
        rows = self.rig.twin.twin.ledger.transactions.values()
        return next(row for row in rows if row.reference == (reference or self.reference))

    def pays(self, reference: str, amount: int = 2500_00) -> None:
        """Somebody pays on a page of the gateway under this reference."""
        self.rig.twin.pay(self.page(reference, amount))
        assert self.theirs(reference).status == "success"

    def page(self, reference: str, amount: int = 2500_00) -> str:
        """The address of a page of ours there."""
        told = {"email": self.customer.email, "amount": amount, "currency": "NGN", "reference": reference}
        answer = self.rig.twin.ask("POST", "/transaction/initialize", key=self.rig.key, json=told)
        return answer.json()["data"]["authorization_url"]

    def gives_back(self, note: str, amount: int = 1000_00, status: str = "", **told: Any) -> TheirRefund:
        """A refund in the gateway's list, with this note and in this state."""
        sent = {"reference": self.reference, "amount": amount, "note": note, **told}
        answer = self.rig.twin.web.post(f"{self.rig.twin.url}/_twin/refunds", json=sent)
        assert answer.status_code == 200, answer.text
        row = self.rig.twin.twin.ledger.refunds[answer.json()["id"]]
        row.status = status or row.status
        return row

    def objects(self, **told: Any) -> TheirDispute:
        """A dispute in the gateway's list."""
        answer = self.rig.twin.web.post(
            f"{self.rig.twin.url}/_twin/disputes", json={"reference": self.reference, **told}
        )
        assert answer.status_code == 200, answer.text
        return self.rig.twin.twin.ledger.disputes[answer.json()["id"]]

    # Looking

    def look(self, after: timedelta = LATER) -> set[str]:
        """Compare once so much later; the kinds that are open then."""
        self.rig.go(self.rig.at + after)
        ask_reconciliation(self.account.ref, actor=LOOKER, at=self.rig.at)
        assert reconcile_gateway(actor=LOOKER, at=self.rig.at) is not None
        return {row.kind.value for row in self.open()}

    def open(self) -> list[Difference]:
        self.rig.session.rollback()
        self.rig.session.expire_all()
        rows = select(Difference).where(Difference.closed_at.is_(None)).order_by(Difference.id)
        return list(self.rig.session.scalars(rows))

    def last_look(self) -> Reconciliation:
        self.rig.session.rollback()
        self.rig.session.expire_all()
        return self.rig.session.scalars(select(Reconciliation).order_by(Reconciliation.id.desc())).first()

    def looked(self, until: datetime) -> None:
        """As if everything until then had been compared already."""
        self.keep(
            Reconciliation(
                ref=public_ref("rec"), gateway_account_id=self.account.id, status=LookStatus.FINISHED,
                requested_by="tests", since=until, until=until, charges=0, refunds=0, disputes=0, opened=0, closed=0,
                said="", tries=1, created_at=until, finished_at=until,
            )
        )  # fmt: skip


@pytest.fixture
def books(rig: Rig) -> Books:
    rig.due(1)
    rig.twin.clock(rig.at.isoformat())
    made = Books(rig, rig.account)
    made.looked(rig.at - timedelta(days=1))
    rig.renew()
    rig.charge()
    made.reference = rig.charged()[-1]
    return made


@dataclass
class Rupiah(Books):
    """The same beside iPaymu."""

    twin: RunningIpaymu = None

    def payable(self, *, pays: str = "", books: bool = False, via: str = "va", channel: str = "bni") -> str:
        """A payable of ours that the twin knows; paid there, and booked here, if asked for. Its reference."""
        reference = attempt_reference()
        told = self.twin.direct(reference, via, channel)
        payable = {"session": reference, "transaction": str(told["TransactionId"]), "number": told["PaymentNo"]}
        self.attempt(
            AttemptStatus.ACTION_REQUIRED, reference=reference, amount_minor=250_000, currency="IDR", payable=payable,
            customer_id=self.rig.make.customer(country="ID").id,
        )  # fmt: skip
        if pays:
            self.twin.pay(told["TransactionId"], pays)
        if books:
            ask_about(reference, actor=LOOKER, at=self.rig.at)
        return reference

    def row(self, reference: str) -> Any:
        return next(row for row in self.twin.twin.ledger.transactions.values() if row.reference == reference)


@pytest.fixture(scope="session")
def shared_ipaymu() -> Iterator[RunningIpaymu]:
    with running_ipaymu(seed=7, webhook_timeout=2.0) as found:
        yield found


@pytest.fixture
def ipaymu(shared_ipaymu: RunningIpaymu) -> RunningIpaymu:
    shared_ipaymu.twin.reset()
    return shared_ipaymu


@pytest.fixture
def rupiah(rig: Rig, ipaymu: RunningIpaymu) -> Rupiah:
    account = GatewayAccount(
        ref=public_ref("gwa"), gateway="ipaymu", mode="test", base_url=ipaymu.url, hook_token="rupiah",
        secrets=None, former_secrets=None, currencies=["IDR"], is_enabled=True, calls_per_minute=0,
        stopped_reason=None, created_at=rig.at,
    )  # fmt: skip
    account.secrets = vault().seal(json.dumps({"va": VA, "api_key": API_KEY}), place=secret_place(account))
    rig.session.add(account)
    rig.session.commit()
    ipaymu.clock(rig.at.isoformat())
    made = Rupiah(rig, account, twin=ipaymu)
    made.reference = made.payable(pays="pay", books=True)
    return made
