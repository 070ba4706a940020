"""Money goes back: reversals, credit notes, refunds, disputes."""

from datetime import timedelta

from sqlalchemy import select

from portal.actions.cancel_refund import cancel_refund
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.record_refund import Transferred, record_refund
from portal.actions.request_refund import request_refund
from portal.actions.resolve_disputes import hear_of_dispute
from portal.actions.resolve_refunds import ask_about_refunds
from portal.actions.reverse_payment import reverse_payment
from portal.actions.void_credit_note import void_credit_note
from portal.core.errors import Invalid, Refused
from portal.core.money import Money
from portal.gateways.base import DisputeState, Outcome
from portal.invoicing.models import CreditNote, Invoice, InvoiceLine
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.payments.models import Attempt, Payment
from portal.payments.refund_models import Dispute, Refund
from portal.payments.refund_states import RefundWay
from tests.rules.polyglots import picture
from tests.walking.walk import CURRENCY, WHY, Nobody, Walk
from tests.world import RULE

BACK = (
    (Outcome.PENDING, Outcome.SUCCEEDED),
    (Outcome.SUCCEEDED, Outcome.SUCCEEDED),
    (Outcome.PENDING, Outcome.DECLINED),
    (Outcome.UNKNOWN, Outcome.SUCCEEDED),
    (Outcome.UNKNOWN, None),
    (Outcome.DECLINED, None),
)
REFUND_ENDS = (Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.DECLINED)


def money_goes_back(walk: Walk) -> None:
    reverse_payment(walk.pick(Payment).ref, reason=WHY, **walk.asking)


def credits(walk: Walk) -> None:
    invoice = walk.pick(Invoice)
    lines = list(walk.world.session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)))
    chosen = walk.random.sample(lines, walk.random.randint(1, len(lines)))
    amounts = {line.position: walk.amount(abs(line.amount_minor)) for line in chosen if line.amount_minor}
    net = sum(one.minor for one in amounts.values())
    for total in (net + round(net * 0.075), net + int(net * 0.075), net + int(net * 0.075) + 1, net):
        off = min(total, invoice.open_minor)
        rest = total - off
        back = walk.random.choice([0, rest, walk.random.randint(0, rest)])
        places = Places(*(Money(one, CURRENCY) for one in (off, rest - back, back)))
        wish = NoteWish(amounts, places, walk.random.choice(list(NoteCause)[1:]), WHY)
        try:
            propose_credit_note(invoice.ref, wish, submit=True, **walk.asking)
        except (Refused, Invalid):
            continue
        return
    raise Nobody("It cannot be credited so.")


def note_is_voided(walk: Walk) -> None:
    void_credit_note(walk.pick(CreditNote).ref, reason=WHY, **walk.asking)


def refunds(walk: Walk) -> None:
    payment = walk.pick(Payment, Payment.customer_id.is_not(None))
    walk.gateway.back.coming.append(walk.random.choice(BACK))
    way = walk.random.choice([None, *RefundWay])
    request_refund(payment.ref, walk.amount(payment.amount_minor), reason=WHY, way=way, **walk.asking)


def refund_ends(walk: Walk) -> None:
    refund = walk.pick(Refund)
    deed = walk.random.choice(["record", "cancel", "gateway", "ask"])
    if deed == "record":
        account = walk.world.make.bank(CURRENCY)
        proof = picture(size=(walk.random.randint(10, 500), walk.random.randint(10, 500)))
        done = Transferred(account.ref, f"R{walk.random.randint(1, 10**9)}", walk.today(), proof)
        record_refund(refund.ref, done, **walk.acting)
    elif deed == "cancel":
        cancel_refund(refund.ref, reason=WHY, **walk.acting)
    elif deed == "gateway":
        rows = walk.gateway.back.rows
        if rows:
            walk.gateway.back.becomes(walk.random.choice(rows).note, walk.random.choice(REFUND_ENDS))
    else:
        payment = walk.world.session.get_one(Payment, refund.payment_id)
        ask_about_refunds(payment.ref, actor=RULE, at=walk.world.at)


def given_back_without_us(walk: Walk) -> None:
    payment = walk.pick(Payment, Payment.attempt_id.is_not(None))
    attempt = walk.world.session.get_one(Attempt, payment.attempt_id)
    said = walk.gateway.known.get(attempt.reference)
    if said is None or walk.random.random() < 0.5:
        raise Nobody("Not this time.")
    rows = walk.gateway.back.rows
    gone = sum(row.amount.minor for row in rows if row.charge_ref == said.gateway_ref)
    if gone < payment.amount_minor:
        walk.gateway.back.beside(said.gateway_ref, walk.amount(payment.amount_minor - gone))
        ask_about_refunds(payment.ref, actor=RULE, at=walk.world.at)


def disputes(walk: Walk) -> None:
    payment = walk.pick(Payment, Payment.attempt_id.is_not(None))
    attempt = walk.world.session.get_one(Attempt, payment.attempt_id)
    number = f"D{payment.id}"
    state = walk.random.choice(list(DisputeState))
    amount = Money(payment.amount_minor, CURRENCY)
    due_at = walk.world.at + timedelta(days=3)
    walk.gateway.back.disputed(number, state, attempt.reference, amount, due_at=due_at)
    hear_of_dispute(walk.gateway.account_id, number, actor=RULE, at=walk.world.at)


def dispute_goes_on(walk: Walk) -> None:
    dispute = walk.pick(Dispute)
    known = walk.gateway.back.disputes[dispute.gateway_ref]
    payment = walk.world.session.get_one(Payment, dispute.payment_id)
    attempt = walk.world.session.get_one(Attempt, payment.attempt_id)
    state = walk.random.choice(list(DisputeState))
    walk.gateway.back.disputed(dispute.gateway_ref, state, attempt.reference, known.amount or payment.amount)
    hear_of_dispute(walk.gateway.account_id, dispute.gateway_ref, actor=RULE, at=walk.world.at)
