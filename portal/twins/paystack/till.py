"""Where the twin's money moves: payments succeed, fail, wait or are given back, are noted as true, and announced."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portal.twins.agenda import Agenda
from portal.twins.faults import Faults, Rule, Slot, Subject
from portal.twins.memory import Truth
from portal.twins.news import Post
from portal.twins.paystack import shapes
from portal.twins.paystack.cards import CARDS, DECLINES, fee
from portal.twins.paystack.ledger import Authorization, Ledger, Refund, Transaction, stamp

REFUND_STEP = timedelta(seconds=30)
Release = Callable[[], None]


@dataclass(slots=True)
class Till:
    """Every method that decides about money returns what lets its news go; those decided by time let it go itself."""

    ledger: Ledger
    agenda: Agenda
    truth: Truth
    post: Post
    faults: Faults

    @property
    def now(self) -> datetime:
        return self.agenda.clock.now()

    def succeed(self, row: Transaction, authorization: Authorization, rule: Rule | None = None) -> Release:
        with self.ledger.lock:
            row.status, row.gateway_response, row.message = "success", "Approved", None
            row.code, row.response_code = "approved", "00"
            row.authorization, row.pan = authorization.code, authorization.pan
            row.paid_at, row.fees = stamp(self.now), fee(row.amount, row.currency)
            authorization.declined = 0
            self.ledger.save(authorization)
            self.ledger.save(row)
            told = shapes.announced(self.ledger, row)
        self._note("charged", row)
        return self.announce("charge.success", row.reference, told, row.integration, rule)

    def decline(self, row: Transaction, code: str, *, is_final: bool = True) -> None:
        """`is_final` is false on the hosted page, where the payer may try again."""
        digits, sentence = DECLINES[code]
        with self.ledger.lock:
            row.status = "failed" if is_final else "abandoned"
            row.gateway_response, row.message, row.response_code = sentence, None, digits
            row.code = code if digits else ""
            authorization = self.ledger.authorizations.get(row.authorization)
            if authorization is not None:
                authorization.declined += 1
                self.ledger.save(authorization)
            self.ledger.save(row)
        self._note("declined", row, code=code)

    def pause(self, row: Transaction) -> None:
        with self.ledger.lock:
            row.status, row.gateway_response = "ongoing", "Waiting for the payer"
            row.access_code = self.ledger.code(15, self.ledger.by_access_code)
            self.ledger.save(row)
        self._note("paused", row)

    def process(self, row: Transaction, ends: str, seconds: float) -> None:
        """Undecided now; `ends` (success or failed) after `seconds` of the twin's time."""
        due_at = self.now + timedelta(seconds=seconds)
        with self.ledger.lock:
            row.status, row.gateway_response = "processing", "Transaction in progress"
            row.ends, row.ends_at = ends, due_at.isoformat()
            self.ledger.save(row)
        self._note("processing", row)
        self.agenda.add(due_at, partial(self._decide, row.id))

    def open_refund(
        self, about: Transaction, amount: int, *, note: str, customer_note: str = "", ends: str = ""
    ) -> Refund:
        """A refund that is booked; `ends` is how it will end, as the card says unless told."""
        card, now = CARDS.get(about.pan), stamp(self.now)
        with self.ledger.lock:
            number = self.ledger.next_refund_id()
            row = Refund(
                id=number,
                integration=about.integration,
                transaction=about.id,
                amount=amount,
                currency=about.currency,
                status="pending",
                created_at=now,
                updated_at=now,
                customer_note=customer_note or note,
                merchant_note=note,
                ends=ends or (card.refund if card else "processed"),
                reference=f"1320{number}",
            )
            self._book_refund(row, about)
        return row

    def _book_refund(self, row: Refund, about: Transaction) -> None:
        with self.ledger.lock:
            about.refunded += row.amount
            about.status = "reversal-pending"
            self.ledger.save(about)
            self.ledger.save(row)

    def begin_refund(self, row: Refund, about: Transaction, rule: Rule | None = None) -> Release:
        """A booked refund is announced, and goes on by itself."""
        self._note_refund("refund_begun", row)
        told = shapes.refund_announced(self.ledger, row)
        self.agenda.add(self.now + REFUND_STEP, partial(self._go_on, row.id))
        return self.announce("refund.pending", about.reference, told, row.integration, rule)

    def supply_details(self, row: Refund) -> Release:
        """A refund that needed attention goes on, and will succeed."""
        row.ends = "processed"
        self.agenda.add(self.now + REFUND_STEP, partial(self._go_on, row.id))
        return self._step_refund(row, "processing")

    def resume(self) -> None:
        """After a restart: take up what was waiting for its time."""
        for row in self.ledger.transactions.values():
            if row.status == "processing":
                self.agenda.add(datetime.fromisoformat(row.ends_at), partial(self._decide, row.id))
        for refund in self.ledger.refunds.values():
            if refund.status in ("pending", "processing"):
                self.agenda.add(self.now, partial(self._go_on, refund.id))

    def _decide(self, number: int) -> None:
        with self.ledger.lock:
            row = self.ledger.transactions.get(number)
            if row is None or row.status != "processing":
                return
            authorization = self.ledger.authorizations[row.authorization]
        if row.ends == "success":
            self.succeed(row, authorization, self._rule(row))()
        else:
            self.decline(row, "insufficient_funds")

    def _go_on(self, number: int) -> None:
        row = self.ledger.refunds.get(number)
        if row is None or row.status not in ("pending", "processing"):
            return
        if row.status == "pending":
            self.agenda.add(self.now + REFUND_STEP, partial(self._go_on, row.id))
            self._step_refund(row, "processing")()
        else:
            self._step_refund(row, row.ends)()

    def _step_refund(self, row: Refund, status: str) -> Release:
        with self.ledger.lock:
            about = self.ledger.transactions[row.transaction]
            row.status, row.updated_at = status, stamp(self.now)
            if status == "processed":
                about.status, row.refunded_at = "reversed", row.updated_at
            if status == "failed":
                about.refunded -= row.amount
                about.status = "success" if about.refunded == 0 else "reversal-pending"
            self.ledger.save(row)
            self.ledger.save(about)
            told = shapes.refund_announced(self.ledger, row)
        self._note_refund(f"refund_{status}", row)
        return self.announce(f"refund.{status}", about.reference, told, row.integration, self._rule(about))

    def _rule(self, row: Transaction) -> Rule | None:
        payer = self.ledger.customers[row.customer]
        subject = Subject(row.reference, payer.email, row.authorization, row.pan[-4:])
        return self.faults.plan("news", subject).get(Slot.NEWS)

    def announce(self, event: str, about: str, told: shapes.Shape, owner: int, rule: Rule | None) -> Release:
        body = json.dumps({"event": event, "data": told}, separators=(",", ":"), ensure_ascii=False)
        return self.post.send(event, about, body, owner=owner, rule=rule)

    def _note(self, deed: str, row: Transaction, **facts: str) -> None:
        payer = self.ledger.customers[row.customer]
        self.truth.add(
            deed,
            self.now,
            reference=row.reference,
            amount=row.amount,
            currency=row.currency,
            email=payer.email,
            kind=row.kind,
            last4=row.pan[-4:],
            **facts,
        )

    def _note_refund(self, deed: str, row: Refund) -> None:
        about = self.ledger.transactions[row.transaction]
        facts = {"reference": about.reference, "amount": row.amount, "currency": row.currency, "refund": row.id}
        self.truth.add(deed, self.now, **facts, note=row.merchant_note)


def card_of(authorization: Authorization) -> str:
    """What the stored card does when it is charged without its owner; empty: it pays."""
    card = CARDS.get(authorization.pan)
    later = card.later if card else ""
    if later.startswith("twice:"):
        return later.removeprefix("twice:") if authorization.declined < 2 else ""
    return later
