"""The smallest true things, made as the portal makes them. Each is committed, so that actions see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.create_subscription import create_subscription
from portal.actions.pause_subscription import pause_subscription
from portal.actions.plan_billing_run import plan_billing_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.actions.settle_payments import Heard, settle_payments
from portal.actions.suspend_subscription import suspend_subscription
from portal.balance import ledger
from portal.banking.models import BankAccount
from portal.catalogue.models import CreditType, Plan, PlanCredit, Price, TaxRate, TaxRule
from portal.catalogue.pricing import PriceModel
from portal.catalogue.versions import PriceWish, write_price
from portal.core import business as businesses
from portal.core.actors import Actor
from portal.core.ids import public_ref
from portal.core.money import Money
from portal.core.outbox import OutboxEntry
from portal.core.periods import Interval, Unit
from portal.core.secrets import vault
from portal.customers.models import Customer
from portal.gateways.base import ChargeOutcome, DeclineKind, Outcome, StoredMethod
from portal.invoicing.models import Invoice, InvoiceLine
from portal.journal import posting
from portal.journal.accounts import Account, JournalEvent, MoneyPlace, entries
from portal.payments import attempts, methods, queries
from portal.payments.attempts import ToCollect
from portal.payments.models import Attempt, GatewayAccount, PaymentMethod
from portal.payments.states import AttemptStatus, AttemptTrigger
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection, SubscriptionStatus
from portal.subscriptions.wishes import Beginning, CancelChoices, StartTerms

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
STAFF = Actor.operator("tests")
MONTH, YEAR = Interval(Unit.MONTH), Interval(Unit.YEAR)
_numbers = count(1)


@dataclass
class Make:
    """`at` is when things are made; tests move it on. Rows come back attached to `session`."""

    session: Session
    at: datetime = NOON

    def customer(self, *, zone: str = "Africa/Lagos", country: str = "NG", **changed: Any) -> Customer:
        number = next(_numbers)
        values = {
            "ref": public_ref("cus"), "name": f"Customer {number}", "email": f"c{number}@example.com", "address": "",
            "country": country, "class_": "business", "tax_number": "", "is_tax_exempt": False, "language": "en",
            "zone": zone, "version": 1, "created_at": self.at,
        }  # fmt: skip
        return self._kept(Customer(**(values | changed)))

    def balance(self, customer: Customer, minor: int, currency: str = "NGN") -> None:
        """Money the customer has with us: it came by bank, and no invoice took it."""
        amount = Money(minor, currency)
        ledger.add(self.session, customer.id, amount)
        moved = entries(JournalEvent.PAYMENT_OVERPAID, amount, MoneyPlace(Account.BANK, "tests"))
        posting.post(self.session, moved, on=self.at.date(), at=self.at, customer_id=customer.id, document="")
        self.session.commit()

    def tax(self, ppm: int, *, country: str = "*", code: str = "VAT", from_on: date = date(2000, 1, 1)) -> TaxRate:
        """From `from_on` on, everything sold in `country` bears this rate."""
        self._rule([code], country, from_on)
        return self._kept(TaxRate(code=code, name=code, ppm=ppm, from_on=from_on))

    def plan(self, *, tier: int | None = None, family: str = "main", kind: str = "plan", trial_days: int = 0) -> Plan:
        number = next(_numbers)
        return self._kept(
            Plan(
                ref=public_ref("pln"),
                family=family,
                tier=number if tier is None else tier,
                kind=kind,
                name=f"Plan {number}",
                summary="",
                features=[],
                product_class="service",
                trial_days=trial_days,
                archived_at=None,
                created_at=self.at,
            )
        )

    def price(
        self,
        amount_minor: int = 10_000_00,
        *,
        plan: Plan | None = None,
        currency: str = "NGN",
        interval: Interval = MONTH,
        model: PriceModel = PriceModel.PER_UNIT,
        tax_inclusive: bool = False,
    ) -> Price:
        """On sale, as the next version where the plan has one already. Untaxed unless the test says otherwise."""
        if self.session.scalar(select(TaxRule.id).limit(1)) is None:
            self._rule([])
        wish = PriceWish(
            currency=currency, interval=interval, amount_minor=amount_minor, model=model, tax_inclusive=tax_inclusive
        )
        plan = plan or self.plan()
        price = write_price(self.session, plan.id, wish, at=self.at)
        self.session.commit()
        return price

    def credits(self, plan: Plan, units: int, *, turn: str = "resets") -> CreditType:
        """The plan grants so many units each period."""
        kind = self._kept(CreditType(code=f"units-{next(_numbers)}", name="Units", turn=turn))
        self._kept(PlanCredit(plan_id=plan.id, credit_type_id=kind.id, units=units))
        return kind

    def account(self, *, currencies: Sequence[str] = ("NGN", "GHS", "USD")) -> GatewayAccount:
        """The one gateway account in test mode."""
        found = self.session.scalar(select(GatewayAccount))
        if found is not None:
            return found
        return self._kept(
            GatewayAccount(
                ref=public_ref("gwa"),
                gateway="paystack",
                mode="test",
                base_url="",
                hook_token="hook",
                secrets=None,
                former_secrets=None,
                currencies=list(currencies),
                is_enabled=True,
                calls_per_minute=900,
                stopped_reason=None,
                created_at=self.at,
            )
        )

    def bank(self, currency: str = "NGN", *, number: str = "1012345678", **changed: Any) -> BankAccount:
        """The company's account that stands on invoices of the currency."""
        found = self.session.scalar(select(BankAccount).where(BankAccount.currency == currency, BankAccount.is_shown))
        if found is not None:
            return found
        values = {
            "ref": public_ref("bnk"), "name": f"Main {currency}", "currency": currency, "holder": "Northwind Ltd",
            "bank": "Zenith Bank", "number": number, "bic": "ZEIBNGLA", "details": [], "status": "open",
            "is_shown": True, "created_at": self.at, "opened_at": self.at,
        }  # fmt: skip
        return self._kept(BankAccount(**(values | changed)))

    def method(self, customer: Customer, *, expires_on: date | None = date(2040, 12, 31)) -> PaymentMethod:
        """A stored card, the customer's default."""
        number = next(_numbers)
        stored = StoredMethod(
            token=f"AUTH_{number}", kind="card", brand="visa", last4=f"{number:04}"[-4:], expires_on=expires_on,
            bank="Test Bank", is_reusable=True, fingerprint=f"SIG_{number}", payer_email=customer.email,
        )  # fmt: skip
        account = self.account()
        kept = methods.keep(
            self.session, stored, customer_id=customer.id, account_id=account.id, vault=vault(), at=self.at
        )
        self.session.commit()
        return kept

    def subscription(
        self,
        price: Price | None = None,
        *,
        customer: Customer | None = None,
        status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
        quantity: int = 1,
        collection: Collection = Collection.PULL,
        trial_days: int = 0,
    ) -> Subscription:
        """With its first invoice: paid when active or paused, collected in vain when past due or suspended.

        A pulled one has a card, unless it is in trial.
        """
        customer = customer or self.customer()
        price = price or self.price()
        wants_card = collection is Collection.PULL and status is not SubscriptionStatus.TRIALING
        if wants_card and not queries.methods_of(self.session, customer.id):
            self.method(customer)
        beginning = {SubscriptionStatus.TRIALING: Beginning.TRIALING, SubscriptionStatus.DRAFT: Beginning.DRAFT}
        as_it_begins = beginning.get(status, Beginning.ACTIVE)
        if status in (SubscriptionStatus.PENDING, SubscriptionStatus.EXPIRED):
            as_it_begins = Beginning.PENDING
        asked = StartTerms(collection=collection, trial_days=trial_days or 14 * (status == "trialing"))
        ref = create_subscription(
            customer.id, [(price.ref, quantity)], beginning=as_it_begins, asked=asked, actor=STAFF, at=self.at
        )
        self._bring_to(ref, status)
        return self.one(Subscription, Subscription.ref == ref)

    def pay(self, invoice: Invoice, minor: int | None = None) -> None:
        """The gateway says that the invoice was paid, through its waiting attempt or another."""
        attempt = self._attempt(invoice)
        amount = Money(minor or attempt.amount_minor, attempt.currency)
        said = ChargeOutcome(
            Outcome.SUCCEEDED, attempt.reference, gateway_ref=f"tx-{next(_numbers)}", amount=amount,
            currency=amount.currency, mode="test",
        )  # fmt: skip
        self._settle(attempt, said)

    def decline(self, invoice: Invoice, kind: DeclineKind = DeclineKind.RETRY_LATER) -> None:
        """The gateway says that the charge was declined."""
        attempt = self._attempt(invoice)
        self._settle(attempt, ChargeOutcome(Outcome.DECLINED, attempt.reference, decline=kind, reason="declined"))

    def run(self, at: datetime) -> None:
        """A whole billing run, as of `at`; from now on it is that late."""
        self.at = at
        ref = plan_billing_run(None, actor=STAFF, at=at)
        while ref and renew_subscriptions(ref, limit=100, actor=STAFF, at=at):
            pass

    def invoices(self, subscription: Subscription) -> list[Invoice]:
        """All of the subscription's, oldest first, as they are now."""
        self.session.expire_all()
        wanted = select(Invoice).where(Invoice.subscription_id == subscription.id)
        return list(self.session.scalars(wanted.order_by(Invoice.id)))

    def invoice(self, subscription: Subscription) -> Invoice:
        """The latest one."""
        return self.invoices(subscription)[-1]

    def lines(self, invoice: Invoice) -> list[tuple[str, int]]:
        """Kind and amount of each line."""
        wanted = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
        return [(line.kind, line.amount_minor) for line in self.session.scalars(wanted)]

    def posted(self) -> list[str]:
        """The topics of the outbox, in order."""
        return list(self.session.scalars(select(OutboxEntry.topic).order_by(OutboxEntry.id)))

    def policy(self, **changed: Any) -> None:
        """What staff set."""
        business = businesses.read(self.session)
        business.settings = business.settings | changed
        self.session.commit()

    def one(self, table: Any, *where: Any) -> Any:
        self.session.expire_all()
        return self.session.scalars(select(table).where(*where)).one()

    def _bring_to(self, ref: str, status: SubscriptionStatus) -> None:
        subscription = self.one(Subscription, Subscription.ref == ref)
        paid = status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELED)
        if status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED):
            self.decline(self.invoice(subscription))
        elif paid and self.invoice(subscription).open_minor:
            self.pay(self.invoice(subscription))
        if status is SubscriptionStatus.SUSPENDED:
            suspend_subscription(ref, reason="test", actor=STAFF, at=self.at)
        elif status is SubscriptionStatus.PAUSED:
            pause_subscription(ref, on=self._today(subscription), actor=STAFF, at=self.at)
        elif status is SubscriptionStatus.CANCELED:
            cancel_subscription(ref, now=CancelChoices(), actor=STAFF, at=self.at)

    def _today(self, subscription: Subscription) -> date:
        return self.at.astimezone(self.session.get_one(Customer, subscription.customer_id).time_zone).date()

    def _attempt(self, invoice: Invoice) -> Attempt:
        live = queries.live_attempt(self.session, invoice.id)
        if live is None:
            customer = self.session.get_one(Customer, invoice.customer_id)
            found = queries.methods_of(self.session, customer.id)
            method = found[0] if found else self.method(customer)
            wanted = ToCollect(
                customer.id, invoice.id, method.gateway_account_id, method.id, invoice.open, AttemptTrigger.CUSTOMER
            )
            attempts.open_all(self.session, [wanted], at=self.at)
            live = queries.live_attempt(self.session, invoice.id)
        assert live is not None
        if live.status is AttemptStatus.WAITING:
            attempts.lease(self.session, live.gateway_account_id, at=self.at + timedelta(seconds=1))
        self.session.commit()
        return live

    def _settle(self, attempt: Attempt, said: ChargeOutcome) -> None:
        settle_payments([Heard(attempt.id, said)], actor=Actor.gateway("paystack"), at=self.at)
        self.session.expire_all()

    def _rule(self, codes: list[str], country: str = "*", from_on: date = date(2000, 1, 1)) -> None:
        known = select(TaxRule).where(TaxRule.country == country, TaxRule.from_on == from_on)
        values = {"country": country, "customer_class": "*", "product_class": "*", "from_on": from_on}
        rule = self.session.scalar(known) or TaxRule(**values, treatment="standard" if codes else "outside_scope")
        rule.rate_codes = codes
        self._kept(rule)

    def _kept(self, row: Any) -> Any:
        self.session.add(row)
        self.session.commit()
        return row
