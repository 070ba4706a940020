"""How the scripted gateway gives money back: what it was asked for, what its list says, what banks dispute."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.core.money import Money
from portal.gateways.base import Answer, DisputeNews, DisputeState, Outcome, RefundList, RefundOrder, RefundOutcome
from portal.gateways.returns import BankDetails, DisputeList, DisputeReply


@dataclass
class Back:
    """`will` says what becomes of the next refunds; otherwise they are on their way until `becomes`."""

    rows: list[RefundOutcome] = field(default_factory=list)
    orders: list[RefundOrder] = field(default_factory=list)
    details: list[BankDetails] = field(default_factory=list)
    disputes: dict[str, DisputeNews] = field(default_factory=dict)
    replies: list[DisputeReply] = field(default_factory=list)
    coming: list[tuple[Outcome, Outcome | None]] = field(default_factory=list)
    is_silent: bool = False

    def will(self, said: Outcome, listed: Outcome | None) -> None:
        """The next refund is answered with `said`, and from then on listed as `listed`; None: it is in no list."""
        self.coming.append((said, listed))

    def becomes(self, note: str, outcome: Outcome, reason: str = "") -> None:
        """What the list says from now on."""
        self.rows = [replace(row, outcome=outcome, reason=reason) if row.note == note else row for row in self.rows]

    def beside(self, charge_ref: str, amount: Money, outcome: Outcome = Outcome.SUCCEEDED) -> RefundOutcome:
        """Given back at the gateway without us."""
        row = RefundOutcome(outcome, f"B{len(self.rows) + 1:04}", charge_ref, amount, note="by hand there")
        self.rows.append(row)
        return row

    def refund(self, order: RefundOrder) -> RefundOutcome:
        self.orders.append(order)
        said, listed = self.coming.pop(0) if self.coming else (Outcome.PENDING, Outcome.PENDING)
        row = RefundOutcome(said, f"B{len(self.rows) + 1:04}", order.charge_ref, order.amount, note=order.note)
        if listed is not None:
            self.rows.append(replace(row, outcome=listed))
        if said in (Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.DECLINED):
            return RefundOutcome(said, reason=str(said))
        return row

    def refunds_of(self, charge_ref: str) -> RefundList:
        if self.is_silent:
            return RefundList(Answer.SILENT, reason="no answer")
        return RefundList(Answer.FOUND, tuple(row for row in self.rows if row.charge_ref == charge_ref))

    def retry_refund(self, gateway_ref: str, details: BankDetails) -> RefundOutcome:
        self.details.append(details)
        note = next(row.note for row in self.rows if row.gateway_ref == gateway_ref)
        self.becomes(note, Outcome.PENDING)
        return next(row for row in self.rows if row.gateway_ref == gateway_ref)

    def disputed(
        self, gateway_ref: str, state: DisputeState, reference: str, amount: Money, due_at: datetime | None = None
    ) -> None:
        """What a question about the dispute finds from now on."""
        self.disputes[gateway_ref] = DisputeNews(
            gateway_ref, state, reference, amount=amount, reason="chargeback", due_at=due_at
        )

    def dispute(self, gateway_ref: str) -> DisputeList:
        if self.is_silent:
            return DisputeList(Answer.SILENT, reason="no answer")
        found = self.disputes.get(gateway_ref)
        return DisputeList(Answer.FOUND, (found,)) if found else DisputeList(Answer.NOT_FOUND)

    def answer_dispute(self, reply: DisputeReply) -> Outcome:
        self.replies.append(reply)
        state = DisputeState.LOST if reply.accepts else DisputeState.UNDER_REVIEW
        self.disputes[reply.gateway_ref] = replace(self.disputes[reply.gateway_ref], state=state)
        return Outcome.SUCCEEDED
