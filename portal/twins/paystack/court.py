"""Where payers object: disputes open, are reminded of, answered, decided by banks or by silence, and announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portal.twins.faults import Rule, Slot, Subject
from portal.twins.paystack import shapes
from portal.twins.paystack.ledger import Dispute, Ledger, Refund, Transaction, stamp
from portal.twins.paystack.till import Release, Till

REMINDER = timedelta(hours=4)
BANK_TAKES = timedelta(days=3)
OPEN = ("awaiting-merchant-feedback", "awaiting-bank-feedback", "pending")


@dataclass(slots=True)
class Court:
    """Every method that changes a dispute returns what lets its news go."""

    till: Till

    @property
    def ledger(self) -> Ledger:
        return self.till.ledger

    def open(
        self, about: Transaction, *, amount: int, category: str, hours: float, ends: str
    ) -> tuple[Dispute, Release]:
        """A payer's bank takes `amount` back unless the merchant convinces it within `hours`."""
        now = self.till.now
        with self.ledger.lock:
            row = Dispute(
                id=self.ledger.next_dispute_id(),
                integration=about.integration,
                transaction=about.id,
                amount=amount,
                currency=about.currency,
                category=category,
                created_at=stamp(now),
                due_at=stamp(now + timedelta(hours=hours)),
                ends=ends,
                refund_amount=amount if amount != about.amount else None,
            )
            self._say(row, "payer@bank.example", "I do not know this payment.")
            self.ledger.save(row)
        self._follow(row)
        return row, self._announce("create", row, "disputed")

    def answer(self, row: Dispute, *, accepts: bool, amount: int, message: str, filename: str) -> Release:
        """The merchant gives `amount` back, or contests; then the bank decides some days later."""
        with self.ledger.lock:
            row.filename = filename or row.filename
            self._say(row, "owner@twin.example", message)
            if accepts:
                return self._resolve(row, "merchant-accepted", amount)
            row.status, row.updated_at = "awaiting-bank-feedback", stamp(self.till.now)
            row.decides_at = (self.till.now + BANK_TAKES).isoformat()
            row.history.append({"status": row.status, "by": "owner@twin.example", "createdAt": row.updated_at})
            self.ledger.save(row)
        self.till.agenda.add(datetime.fromisoformat(row.decides_at), partial(self._decide, row.id))
        return self._note_only("dispute_contested", row)

    def decide(self, row: Dispute, ends: str) -> Release:
        """What the bank says, now."""
        if ends == "won":
            return self._resolve(row, "declined", 0)
        return self._resolve(row, "auto-accepted", row.refund_amount or row.amount)

    def resume(self) -> None:
        """After a restart: take up what was waiting for its time."""
        for row in self.ledger.disputes.values():
            if row.status == "awaiting-merchant-feedback":
                self._follow(row)
            elif row.decides_at and row.status in OPEN:
                self.till.agenda.add(datetime.fromisoformat(row.decides_at), partial(self._decide, row.id))

    def _follow(self, row: Dispute) -> None:
        """Remind every four hours; accept for the merchant once the time has run out."""
        due_at = datetime.fromisoformat(row.due_at)
        self.till.agenda.add(min(self.till.now + REMINDER, due_at), partial(self._remind, row.id))

    def _remind(self, number: int) -> None:
        row = self.ledger.disputes.get(number)
        if row is None or row.status != "awaiting-merchant-feedback":
            return
        if self.till.now >= datetime.fromisoformat(row.due_at):
            self.decide(row, "lost")()
            return
        self._announce("remind", row, "dispute_reminded")()
        self._follow(row)

    def _decide(self, number: int) -> None:
        row = self.ledger.disputes.get(number)
        if row is not None and row.status in OPEN:
            self.decide(row, row.ends)()

    def _resolve(self, row: Dispute, resolution: str, amount: int) -> Release:
        """Closed. What is given back leaves the merchant's balance as a refund that bears the dispute's number."""
        with self.ledger.lock:
            now = stamp(self.till.now)
            row.status, row.resolution, row.resolved_at, row.updated_at = "resolved", resolution, now, now
            row.history.append({"status": "resolved", "by": "bank@paystack.example", "createdAt": now})
            if amount:
                row.refund_amount = amount
                self._give_back(row, amount, now)
            self.ledger.save(row)
        return self._announce("resolve", row, "dispute_lost" if amount else "dispute_won")

    def _give_back(self, row: Dispute, amount: int, now: str) -> None:
        about = self.ledger.transactions[row.transaction]
        about.refunded += amount
        about.status = "reversed"
        self.ledger.save(about)
        note = f"Dispute {row.id} of {about.reference}"
        self.ledger.save(
            Refund(
                id=self.ledger.next_refund_id(),
                integration=row.integration,
                transaction=about.id,
                amount=amount,
                currency=row.currency,
                status="processed",
                created_at=now,
                updated_at=now,
                refunded_at=now,
                customer_note=note,
                merchant_note=note,
                dispute=row.id,
            )
        )

    def _say(self, row: Dispute, sender: str, words: str) -> None:
        now = stamp(self.till.now)
        row.messages.append({"sender": sender, "body": words, "createdAt": now})
        if not row.history:
            row.history.append({"status": row.status, "by": sender, "createdAt": now})

    def _announce(self, event: str, row: Dispute, deed: str) -> Release:
        about = self.ledger.transactions[row.transaction]
        self._note_only(deed, row)
        told = shapes.dispute(self.ledger, row)
        name = f"charge.dispute.{event}"
        return self.till.announce(name, about.reference, told, row.integration, self._rule(about))

    def _note_only(self, deed: str, row: Dispute) -> Release:
        about = self.ledger.transactions[row.transaction]
        facts = {"reference": about.reference, "amount": row.refund_amount or row.amount, "currency": row.currency}
        self.till.truth.add(deed, self.till.now, **facts, dispute=row.id, resolution=row.resolution)
        return lambda: None

    def _rule(self, about: Transaction) -> Rule | None:
        payer = self.ledger.customers[about.customer]
        subject = Subject(about.reference, payer.email, about.authorization, about.pan[-4:])
        return self.till.faults.plan("news", subject).get(Slot.NEWS)
