"""A small company with one customer: invoices that were really issued, payments, cases."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalogue.models import Plan, Price, TaxRate
from portal.catalogue.models import TaxRule as RuleRow
from portal.catalogue.pricing import PriceModel, PriceTerms
from portal.core import business, outbox
from portal.core.ids import attempt_reference, public_ref
from portal.core.money import Money
from portal.core.periods import Period, Unit
from portal.customers.models import Customer
from portal.dunning.models import DunningCase, DunningDebt, DunningPolicy
from portal.invoicing import lifecycle
from portal.invoicing.drafting import for_period
from portal.invoicing.drafts import Buyer, PricedItem, TaxBook
from portal.invoicing.models import Invoice
from portal.invoicing.states import InvoiceKind
from portal.invoicing.taxes import TaxRate as Rate
from portal.invoicing.taxes import TaxRule
from portal.payments.models import Attempt, GatewayAccount, Payment, PaymentAllocation, PaymentMethod
from portal.subscriptions.models import Subscription, SubscriptionItem

NOON = datetime(2026, 11, 3, 11, 0, tzinfo=UTC)
PERIOD = Period(date(2026, 11, 3), date(2026, 12, 3))
NEXT = Period(date(2026, 12, 3), date(2027, 1, 3))


@dataclass
class World:
    """One plan of 900,000 minor units per seat and month, taxed at 7.5%; five seats unless said otherwise."""

    session: Session
    customer: Customer
    plan: Plan
    price: Price
    rate: TaxRate
    subscription: Subscription
    method: PaymentMethod

    def bill(self, *, at: datetime = NOON, quantity: int = 5, due_days: int = 0, period: Period = PERIOD) -> Invoice:
        terms = PriceTerms(PriceModel.PER_UNIT, self.price.currency, self.price.amount_minor)
        item = PricedItem(None, self.price.id, self.plan.id, self.plan.name, "plan", "service", terms, False, quantity)
        rates = [Rate(self.rate.code, self.rate.ppm, self.rate.from_on, self.rate.id, self.rate.name)]
        book = TaxBook([TaxRule("*", (self.rate.code,), self.rate.from_on)], rates)
        buyer = Buyer(self.customer.id, self.customer.country, self.customer.class_, False, book)
        draft = for_period(
            buyer, [item], period, subscription_id=self.subscription.id, number=1, kind=InvoiceKind.PERIOD
        )
        issued = lifecycle.issue(
            self.session,
            lifecycle.Order(draft, self.customer, due_days=due_days),
            business=business.read(self.session),
            spending=min,
            at=at,
        )
        self.session.commit()
        return self.session.get_one(Invoice, issued.invoice_id)

    def attempt(self, invoice: Invoice, status: str, *, at: datetime = NOON, **changed: Any) -> Attempt:
        row = Attempt(
            reference=attempt_reference(), customer_id=self.customer.id, invoice_id=invoice.id,
            gateway_account_id=self.method.gateway_account_id, method_id=self.method.id, kind="charge", status=status,
            trigger="schedule", amount_minor=invoice.open_minor or 1, currency=invoice.currency, reason="", sends=1,
            queries=0, misses=0, created_at=at, **changed,
        )  # fmt: skip
        self.session.add(row)
        self.session.commit()
        return row

    def pay(self, invoice: Invoice, *, at: datetime = NOON, minor: int | None = None) -> Payment:
        """Money that arrived for the invoice, allocated to it."""
        amount = Money(invoice.open_minor if minor is None else minor, invoice.currency)
        attempt = self.attempt(invoice, "succeeded", at=at, closed_at=at)
        payment = Payment(
            ref=public_ref("pay"), customer_id=self.customer.id, attempt_id=attempt.id,
            gateway_account_id=self.method.gateway_account_id, gateway_ref=attempt.reference, status="booked",
            amount_minor=amount.minor, currency=amount.currency, fee_minor=0, refunded_minor=0, received_on=at.date(),
            created_at=at,
        )  # fmt: skip
        self.session.add(payment)
        self.session.flush()
        self.session.add(
            PaymentAllocation(payment_id=payment.id, invoice_id=invoice.id, amount_minor=amount.minor, created_at=at)
        )
        lifecycle.mark_paid(invoice, amount, at=at)
        self.session.commit()
        return payment

    def chase(self, *invoices: Invoice, at: datetime = NOON) -> DunningCase:
        policy = self.session.scalars(select(DunningPolicy).where(DunningPolicy.is_default)).one()
        case = DunningCase(
            ref=public_ref("dc"), customer_id=self.customer.id, currency=self.price.currency, policy_id=policy.id,
            status="open", paused_reason="", opened_at=at, next_action_at=at,
        )  # fmt: skip
        self.session.add(case)
        self.session.flush()
        for invoice in invoices:
            self.session.add(
                DunningDebt(case_id=case.id, invoice_id=invoice.id, began_on=at.date(), step=1, is_hard=False)
            )
        self.session.commit()
        return case

    def happened(self, topic: str, *, at: datetime = NOON, **facts: Any) -> None:
        outbox.post(self.session, topic, at=at, customer_id=self.customer.id, **facts)
        self.session.commit()


def make_world(session: Session, *, currency: str = "NGN", language: str = "en", **customer: Any) -> World:
    house = business.read(session)
    house.name, house.legal_name, house.email = "Kaya Data", "Kaya Data Ltd", "billing@kayadata.example"
    house.address, house.country, house.zone = "14 Akin Adesola Street\nLagos", "NG", "Africa/Lagos"
    buyer = Customer(**(_customer(currency, language) | customer))
    plan = Plan(
        ref=public_ref("pln"), family="base", tier=1, kind="plan", name="Team", summary="", features=[],
        product_class="service", trial_days=0, created_at=NOON,
    )  # fmt: skip
    rate = TaxRate(code="vat", name="VAT", ppm=75_000, from_on=date(2020, 1, 1))
    account = GatewayAccount(
        ref=public_ref("ga"), gateway="paystack", mode="test", base_url="http://127.0.0.1", hook_token=public_ref("h"),
        currencies=[currency], is_enabled=True, calls_per_minute=900, created_at=NOON,
    )  # fmt: skip
    rule = RuleRow(
        country="*", customer_class="*", product_class="*", rate_codes=["vat"], treatment="standard",
        from_on=rate.from_on,
    )  # fmt: skip
    session.add_all([buyer, plan, rate, rule, account])
    session.flush()
    price = Price(
        ref=public_ref("prc"), plan_id=plan.id, version=1, currency=currency, interval_unit=Unit.MONTH,
        interval_count=1, model=PriceModel.PER_UNIT, amount_minor=900_000, tiers=[], package_units=1,
        billed_in="advance", tax_inclusive=False, created_at=NOON,
    )  # fmt: skip
    subscription = Subscription(**_subscription(buyer.id, currency))
    method = PaymentMethod(
        ref=public_ref("pm"), customer_id=buyer.id, gateway_account_id=account.id, kind="card", token=b"x",
        payer_email=buyer.email, fingerprint=public_ref("f"), brand="visa", last4="4081", bank="",
        expires_on=date(2027, 1, 31), is_default=True, is_refused=False, created_at=NOON,
    )  # fmt: skip
    session.add_all([price, subscription, method])
    session.flush()
    session.add(SubscriptionItem(subscription_id=subscription.id, price_id=price.id, quantity=5, from_on=PERIOD.start))
    session.commit()
    return World(session, buyer, plan, price, rate, subscription, method)


def _customer(currency: str, language: str) -> dict[str, Any]:
    return {
        "ref": public_ref("cus"), "name": "Ibadan Insights", "email": "books@ibadan.example", "address": "1 Ring Road",
        "country": "NG", "class_": "business", "tax_number": "TIN 1", "is_tax_exempt": False, "language": language,
        "zone": "Africa/Lagos", "currency": currency, "version": 1, "created_at": NOON,
    }  # fmt: skip


def _subscription(customer_id: int, currency: str) -> dict[str, Any]:
    return {
        "ref": public_ref("sub"), "customer_id": customer_id, "status": "active", "currency": currency,
        "interval_unit": Unit.MONTH, "interval_count": 1, "collection": "pull", "due_days": 0,
        "anchor_on": PERIOD.start, "period_number": 0, "period_start_on": PERIOD.start, "period_end_on": PERIOD.end,
        "started_on": PERIOD.start, "next_bill_on": PERIOD.end, "cancel_reason": "", "version": 1,
        "next_action_at": datetime(2026, 12, 2, 23, tzinfo=UTC), "created_at": NOON,
    }  # fmt: skip
