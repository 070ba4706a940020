"""Money comes in, or seems to: cards, pages, the gateway's moods, transfers, evidence."""

from sqlalchemy import select

from portal.actions._attempt_asked import Verdict
from portal.actions._wires import NeedsALook, Part
from portal.actions.choose_payment_method import choose_payment_method
from portal.actions.open_payable import Wish, open_payable
from portal.actions.pay_invoice import pay_invoice
from portal.actions.record_payment import record_payment
from portal.actions.remove_payment_method import remove_payment_method
from portal.actions.settle_attempt import Evidence, settle_attempt
from portal.banking.receipts import Wire
from portal.core.money import Money
from portal.customers.models import Customer
from portal.gateways.base import Outcome
from portal.invoicing.models import Invoice
from portal.payments.models import Attempt, PaymentMethod
from portal.payments.states import AttemptTrigger
from tests.rules.polyglots import picture
from tests.scripted import HARD, SOFT, give_card
from tests.walking.walk import CURRENCY, WHY, Nobody, Walk

ANSWERS = (SOFT, SOFT, HARD, Outcome.UNKNOWN, Outcome.PENDING, Outcome.ACTION_REQUIRED, Outcome.NOT_SENT)
LATER = (Outcome.SUCCEEDED, Outcome.SUCCEEDED, SOFT, HARD)
WAITING = (Outcome.UNKNOWN, Outcome.PENDING, Outcome.ACTION_REQUIRED)


def card(walk: Walk) -> None:
    chance = walk.random.random()
    if chance < 0.5:
        give_card(walk.world.session, walk.pick(Customer), at=walk.world.at)
        return
    method = walk.pick(PaymentMethod)
    deed = choose_payment_method if chance < 0.8 else remove_payment_method
    deed(method.ref, customer_id=method.customer_id, **walk.acting)


def pays_by_card(walk: Walk) -> None:
    pay_invoice(walk.pick(Invoice).ref, trigger=AttemptTrigger.CUSTOMER, **walk.acting)


def opens_a_page(walk: Walk) -> None:
    wish = Wish("https://b.example/{reference}", "https://b.example", is_switching=walk.random.random() < 0.5)
    open_payable(walk.pick(Invoice, Invoice.open_minor > 0).ref, wish, **walk.acting)


def pays_on_a_page(walk: Walk) -> None:
    pages = sorted(walk.gateway.pages)
    if not pages:
        raise Nobody("No page is open.")
    reference = walk.random.choice(pages)
    if reference not in walk.gateway.known:
        walk.gateway.pays(reference, walk.random.choice(LATER))


def gateway_is_moody(walk: Walk) -> None:
    walk.gateway.will(*[walk.random.choice(ANSWERS) for _ in range(walk.random.randint(1, 3))])


def gateway_decides(walk: Walk) -> None:
    """What was open there comes to an end."""
    open_ones = [ref for ref, said in walk.gateway.known.items() if said.outcome in WAITING]
    if not open_ones:
        raise Nobody("Nothing is open there.")
    reference = walk.random.choice(open_ones)
    if any(order.reference == reference for order in walk.gateway.orders):
        walk.gateway.becomes(reference, walk.random.choice(LATER))


def money_arrives(walk: Walk) -> None:
    customer = walk.pick(Customer)
    found = select(Invoice).where(Invoice.customer_id == customer.id, Invoice.open_minor > 0).order_by(Invoice.id)
    owed = list(walk.world.session.scalars(found))[: walk.random.randint(0, 2)]
    most = sum(one.open_minor for one in owed) + walk.random.choice([0, 0, 5_000_00])
    account = walk.world.make.bank(CURRENCY)
    wire = Wire(account.ref, walk.amount(most), walk.today(), reference=f"W{walk.random.randint(1, 10**9)}")
    parts = [Part(one.ref) for one in owed]
    try:
        record_payment(customer.id, wire, parts, **walk.asking)
    except NeedsALook as asked:
        record_payment(customer.id, wire, parts, seen=[one.name for one in asked.questions], **walk.asking)


def settles_by_evidence(walk: Walk) -> None:
    attempt = walk.pick(Attempt)
    verdict = walk.random.choice(list(Verdict))
    proof = picture(size=(walk.random.randint(10, 500), walk.random.randint(10, 500)))
    paid = verdict is Verdict.PAID
    amount = Money(attempt.amount_minor, attempt.currency) if paid else None
    number = f"T9{walk.random.randint(1, 10**6):06}" if paid else ""
    evidence = Evidence(verdict, WHY, proof, amount, number)
    settle_attempt(attempt.reference, evidence, **walk.asking)
