"""Paystack gives money back: refunds by us, and disputes by the payer's bank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.gateways import http
from portal.gateways.base import Answer, Outcome, RefundList, RefundOrder, RefundOutcome
from portal.gateways.paystack_answers import is_refusal, sentence
from portal.gateways.paystack_calls import MOST_PAGES, PAGE_SIZE, PaystackCalls, stamp
from portal.gateways.paystack_reading import dispute_told, refund_outcome, wire_amount
from portal.gateways.returns import BankDetails, DisputeList, DisputeReply, RefundPage
from portal.gateways.told import part, text


class PaystackReturns(PaystackCalls):
    """The part of the adapter that the other direction of money needs."""

    def refund(self, order: RefundOrder) -> RefundOutcome:
        """Give money back. Paystack would do it twice if asked twice: list the refunds of the payment before."""
        body = {
            "transaction": order.charge_ref,
            "amount": wire_amount(order.amount),
            "currency": order.amount.currency,
            "merchant_note": order.note,
            "customer_note": order.reason or order.note,
        }
        return self._given_back("/refund", body)

    def refunds_of(self, charge_ref: str) -> RefundList:
        """Every refund of the payment with Paystack's number `charge_ref` (its reference would list none)."""
        found: list[RefundOutcome] = []
        for page in range(1, MOST_PAGES + 1):
            rows = self._rows("/refund", {"transaction": charge_ref}, page)
            if isinstance(rows, str):
                return RefundList(Answer.SILENT, reason=rows)
            found += [refund_outcome(row) for row in rows]
            if len(rows) < PAGE_SIZE:
                return RefundList(Answer.FOUND, tuple(one for one in found if one.charge_ref == charge_ref))
        return RefundList(Answer.SILENT, reason="there are more pages than can be true")

    def refunds_between(self, since: datetime, until: datetime, page: int = 1) -> RefundPage:
        """Refunds made in [since, until], a hundred to a page; those that disputes led to are among them."""
        rows = self._rows("/refund", {"from": stamp(since), "to": stamp(until)}, page)
        if isinstance(rows, str):
            return RefundPage(Answer.SILENT, reason=rows)
        more = page + 1 if len(rows) == PAGE_SIZE else None
        return RefundPage(Answer.FOUND, tuple(refund_outcome(row) for row in rows), more)

    def retry_refund(self, gateway_ref: str, details: BankDetails) -> RefundOutcome:
        """Give a refund that needs attention the payer's bank account. Asked twice it is refused, not paid twice."""
        account = {"currency": details.currency, "account_number": details.number, "bank_id": details.bank}
        path = f"/refund/retry_with_customer_details/{gateway_ref}"
        return self._given_back(path, {"refund_account_details": account})

    def disputes_between(self, since: datetime, until: datetime, page: int = 1) -> DisputeList:
        """Disputes opened in [since, until], a hundred to a page."""
        rows = self._rows("/dispute", {"from": stamp(since), "to": stamp(until)}, page)
        if isinstance(rows, str):
            return DisputeList(Answer.SILENT, reason=rows)
        more = page + 1 if len(rows) == PAGE_SIZE else None
        return DisputeList(Answer.FOUND, tuple(dispute_told(row) for row in rows), more)

    def dispute(self, gateway_ref: str) -> DisputeList:
        """One dispute as it stands now; an empty list where Paystack knows of none with this number."""
        reply = self._read(f"/dispute/{gateway_ref}")
        if isinstance(reply, str):
            return DisputeList(Answer.SILENT, reason=reply)
        told = part(reply.body.get("data"))
        if reply.status == 200 and reply.body.get("status") is True and text(told.get("id")) == gateway_ref:
            return DisputeList(Answer.FOUND, (dispute_told(told),))
        answer = Answer.NOT_FOUND if reply.status == 404 and is_refusal(reply) else Answer.SILENT
        return DisputeList(answer, reason=sentence(reply))

    def answer_dispute(self, reply: DisputeReply) -> Outcome:
        """Accept the payer's claim or contest it with what we know. SUCCEEDED: Paystack has our answer."""
        path = f"/dispute/{reply.gateway_ref}"
        body: dict[str, Any] = {
            "resolution": "merchant-accepted" if reply.accepts else "declined",
            "message": reply.message,
            "refund_amount": wire_amount(reply.amount) if reply.accepts else 0,
            "uploaded_filename": reply.file,
        }
        if not reply.accepts:
            found = self._sent("POST", f"{path}/evidence", dict(reply.evidence))
            if isinstance(found, Outcome):
                return found
            body["evidence"] = found.get("id")
        told = self._sent("PUT", f"{path}/resolve", body)
        return told if isinstance(told, Outcome) else Outcome.SUCCEEDED

    def _sent(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any] | Outcome:
        """What a writing call answered, or what became of it."""
        try:
            reply = self._ask(method, path, body=dict(body), seconds=self.deadlines.read)
        except http.NotSent:
            return Outcome.NOT_SENT
        except http.Silence:
            return Outcome.UNKNOWN
        if reply.status < 300 and reply.body.get("status") is True:
            return part(reply.body.get("data"))
        return Outcome.DECLINED if is_refusal(reply) else Outcome.UNKNOWN

    def _given_back(self, path: str, body: Mapping[str, Any]) -> RefundOutcome:
        try:
            reply = self._ask("POST", path, body=dict(body), seconds=self.deadlines.charge)
        except http.NotSent as error:
            return RefundOutcome(Outcome.NOT_SENT, reason=str(error))
        except http.Silence as error:
            return RefundOutcome(Outcome.UNKNOWN, reason=str(error))
        told = part(reply.body.get("data"))
        if reply.status < 300 and reply.body.get("status") is True and text(told.get("id")):
            return refund_outcome(told)
        if reply.status == 429:
            return RefundOutcome(Outcome.NOT_SENT, reason=sentence(reply))
        return RefundOutcome(Outcome.DECLINED if is_refusal(reply) else Outcome.UNKNOWN, reason=sentence(reply))
