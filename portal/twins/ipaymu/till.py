"""Where the twin's money moves: transactions open, are paid, expire, settle, come back, are noted and announced."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portal.twins.agenda import Agenda
from portal.twins.faults import Faults, Rule, Slot, Subject
from portal.twins.ipaymu import callbacks
from portal.twins.ipaymu.channels import Channel
from portal.twins.ipaymu.ledger import Buyer, Ledger, Merchant, Transaction, Visit
from portal.twins.ipaymu.switches import Switches
from portal.twins.memory import Truth
from portal.twins.news import Post

Release = Callable[[], None]
SETTLES_AFTER = {6: timedelta(days=1), 7: timedelta(days=7)}
DEEDS = {
    1: "charged",
    6: "charged",
    7: "charged",
    -2: "expired",
    2: "canceled",
    3: "returned",
    4: "failed",
    5: "failed",
}


def nothing() -> None:
    """Lets nothing go."""


@dataclass(slots=True)
class Till:
    """Every method that moves money returns what lets its callback go."""

    ledger: Ledger
    agenda: Agenda
    truth: Truth
    post: Post
    faults: Faults
    switches: Switches

    @property
    def now(self) -> datetime:
        return self.agenda.clock.now()

    def open(self, visit: Visit, channel: Channel, *, is_direct: bool) -> tuple[Transaction, Release]:
        """A fresh transaction of a session, waiting for its buyer."""
        now = self.now
        with self.ledger.lock:
            number = self.ledger.next_id()
            row = Transaction(
                id=number,
                merchant=visit.merchant,
                sid=visit.sid,
                reference=visit.reference,
                via=channel.via,
                channel=channel.code,
                kind=channel.kind,
                says=channel.says,
                sub_total=visit.amount,
                fee=channel.fee(visit.amount),
                bears=visit.bears,
                created_at=now.isoformat(),
                expires_at=(now + channel.life(timedelta(seconds=visit.seconds))).isoformat(),
                payment_no=self._code(channel, number, visit.amount),
                notify_url=visit.notify_url,
                buyer=Buyer(visit.buyer.name, visit.buyer.email, visit.buyer.phone),
                return_url=visit.return_url,
                is_direct=is_direct,
                notes=visit.product,
            )
            self.ledger.save(row)
        self._note("opened", row)
        self.agenda.add(datetime.fromisoformat(row.expires_at), partial(self._expire, number))
        self._let_buyer_act(row)
        return row, self.announce(row) if self.switches.announces_pending else nothing

    def _code(self, channel: Channel, number: int, amount: int) -> str:
        if channel.via == "va":
            return "8808" + f"{number:012d}"
        if channel.via == "cstore":
            return self.ledger.digits(12)
        return _qr(number, amount) if channel.via == "qris" else ""

    def _let_buyer_act(self, row: Transaction) -> None:
        rule = self._plan("buyer", row).get(Slot.MONEY)
        if rule is None or rule.do not in ("pays", "pays_late", "pays_less", "fails"):
            return
        if rule.do == "pays_less":
            row.sub_total = max(1, row.sub_total // 2)
        begins = datetime.fromisoformat(row.expires_at) if rule.do == "pays_late" else self.now
        row.comes_at, row.comes_to = (begins + timedelta(seconds=rule.seconds)).isoformat(), int(rule.code)
        self.ledger.save(row)
        self.agenda.add(datetime.fromisoformat(row.comes_at), partial(self._come, row.id))

    def _come(self, number: int) -> None:
        row = self.ledger.transactions.get(number)
        if row is not None and row.comes_at:
            self.move(row, row.comes_to)()

    def _expire(self, number: int) -> None:
        row = self.ledger.transactions.get(number)
        if row is not None and row.status == 0:
            self.move(row, -2)()

    def move(self, row: Transaction, status: int, rule: Rule | None = None) -> Release:
        """To another status, with all that follows from it. Callbacks tell of paid, pending and expired only."""
        with self.ledger.lock:
            if row.status == status:
                return nothing
            was_paid, row.status = row.is_paid, status
            if status != -2:  # a late buyer comes all the same
                row.comes_at = ""
            if row.is_paid and not row.paid_at:
                row.paid_at = self.now.isoformat()
            if status == 1:
                row.settled_at = self.now.isoformat()
            if status in SETTLES_AFTER:
                due_at = self.now + SETTLES_AFTER[status]
                row.comes_at, row.comes_to = due_at.isoformat(), 1
                self.agenda.add(due_at, partial(self._come, row.id))
            self.ledger.save(row)
        self._note("settled" if was_paid and status == 1 else DEEDS.get(status, "changed"), row)
        return self.announce(row, rule) if status in (-2, 0) or (row.is_paid and not was_paid) else nothing

    def announce(self, row: Transaction, rule: Rule | None = None, status: int | None = None) -> Release:
        """The callback of what a transaction is now, or of `status`, as the rules in force want it."""
        rule = rule or self._plan("news", row).get(Slot.NEWS)
        sent = callbacks.fields_of(self.switches, row, 1 if rule and rule.do == "paid_lie" else status)
        merchant = self.ledger.merchant_of(row)
        if rule and rule.do == "wrong_news_amount":
            for name in ("sub_total", "total", "amount"):
                sent[name] = str(int(sent[name]) - 1000)
        signed = callbacks.signature(sent, merchant.va, raw_unicode=self.switches.signs_raw_unicode)
        if rule and rule.do == "bad_signature":
            signed = signed[::-1]
        body, kind = callbacks.written(self.switches, sent)
        headers = {"Content-Type": kind, "X-Signature": signed}
        if rule and rule.do == "without_signature":
            del headers["X-Signature"]
        if rule and rule.do == "stale_pending" and row.is_paid:
            late = self.now + timedelta(seconds=rule.seconds)
            self.agenda.add(late, lambda: self._send(row, merchant, callbacks.fields_of(self.switches, row, 0)))
        return self.post.send(
            str(sent["status"]), row.reference, body, owner=merchant.id, rule=rule, url=row.notify_url, headers=headers
        )

    def _send(self, row: Transaction, merchant: Merchant, sent: callbacks.Fields) -> None:
        signed = callbacks.signature(sent, merchant.va, raw_unicode=self.switches.signs_raw_unicode)
        body, kind = callbacks.written(self.switches, sent)
        headers = {"Content-Type": kind, "X-Signature": signed}
        self.post.send(
            str(sent["status"]), row.reference, body, owner=merchant.id, url=row.notify_url, headers=headers
        )()

    def resume(self) -> None:
        """After a restart: take up what was waiting for its time."""
        for row in self.ledger.transactions.values():
            if row.status == 0:
                self.agenda.add(datetime.fromisoformat(row.expires_at), partial(self._expire, row.id))
            if row.comes_at:
                self.agenda.add(datetime.fromisoformat(row.comes_at), partial(self._come, row.id))

    def _plan(self, call: str, row: Transaction) -> dict[Slot, Rule]:
        subject = Subject(row.reference, row.buyer.email, channel=row.channel)
        return dict(self.faults.plan(call, subject))

    def _note(self, deed: str, row: Transaction) -> None:
        self.truth.add(
            deed,
            self.now,
            reference=row.reference,
            transaction=row.id,
            amount=row.sub_total,
            currency="IDR",
            email=row.buyer.email,
            kind="direct" if row.is_direct else "page",
            channel=f"{row.via}/{row.channel}",
            status=row.status,
        )


def _qr(number: int, amount: int) -> str:
    """A QR text in the form that Indonesian wallets read, with its checksum; it pays nobody."""

    def part(tag: str, value: str) -> str:
        return f"{tag}{len(value):02d}{value}"

    account = part("00", "ID.CO.TWIN.WWW") + part("01", "9360050300000") + part("02", str(number))
    text = part("00", "01") + part("01", "12") + part("26", account) + part("52", "5734") + part("53", "360")
    text += part("54", str(amount)) + part("58", "ID") + part("59", "CONTOH PORTAL") + part("60", "DENPASAR") + "6304"
    return text + f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"
