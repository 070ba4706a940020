"""A world with a bit of everything, for the invariants to look at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions.change_plan import change_plan
from portal.actions.create_subscription import create_subscription
from portal.actions.decide_approval import decide_approval
from portal.actions.propose_credit_note import NoteWish, propose_credit_note
from portal.actions.quote_change import quote_change
from portal.actions.record_payment import record_payment
from portal.actions.record_unmatched import record_unmatched
from portal.actions.seal_audit import seal_audit
from portal.banking.receipts import Wire
from portal.core.actors import Actor
from portal.core.money import Money
from portal.customers.models import Customer
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.models import Invoice
from portal.invoicing.note_drafts import Places
from portal.invoicing.states import NoteCause
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.book.transfers import live_by_statement
from tests.factories import STAFF
from tests.people import make_user
from tests.scripted import SOFT
from tests.world import World, gateway, make, world

__all__ = ["gateway", "make", "world"]


@pytest.fixture
def subscribe(world: World) -> Callable[..., Subscription]:
    """subscribe(price, …): active from now on, its first invoice collected as the gateway's script says."""

    def begin(price: Any, *, collection: Collection = Collection.PULL, customer: Any = None) -> Subscription:
        customer = customer or world.make.customer()
        world.make.method(customer)
        ref = create_subscription(
            customer.id, [(price.ref, 1)], beginning=Beginning.ACTIVE, asked=StartTerms(collection=collection),
            actor=STAFF, at=world.at,
        )  # fmt: skip
        world.work()
        return world.make.one(Subscription, Subscription.ref == ref)

    return begin


def _approved(world: World, invoice: Invoice) -> None:
    """A credit note that one person drew up and another approved, and one that waits."""
    ada, bayo = (make_user(world.session, "billing") for _ in range(2))
    zero = Money.zero("NGN")
    for minor in (100_00, 50_00):
        places = Places(zero, Money(minor * 1075 // 1000, "NGN"), zero)
        wish = NoteWish({1: Money(minor, "NGN")}, places, NoteCause.GOODWILL, "Sorry")
        propose_credit_note(invoice.ref, wish, submit=True, actor=Actor.staff(ada.id, "Ada"), at=world.at)
    ref = world.session.scalars(select(Approval.ref).order_by(Approval.id)).first()
    decide_approval(ref, Decision.APPROVED, reason="", actor=Actor.staff(bayo.id, "Bayo"), at=world.at)


def _transfers(world: World, payer: Subscription) -> None:
    """Money that came by bank: of a customer, and of nobody known."""
    account = world.make.bank()
    wire = Wire(account.ref, Money(1_000_00, "NGN"), world.at.date(), "advance")
    record_payment(payer.customer_id, wire, [], actor=STAFF, at=world.at)
    record_unmatched(replace(wire, reference="no name"), actor=STAFF, at=world.at)


@pytest.fixture
def lively(world: World, subscribe: Callable[..., Subscription]) -> World:
    """Renewals, taxes and units; a debt with tries and mails; a paid upgrade; a credit note; a recovered debt."""
    make, me = world.make, Actor.operator("somebody")
    basic, pro = make.plan(tier=1), make.plan(tier=2)
    make.credits(basic, 100)
    make.credits(basic, 10, turn="accumulates")
    cheap, dear, odd = make.price(3_100_00, plan=basic), make.price(6_200_00, plan=pro), make.price(500_00)
    make.tax(75_000)
    subscribe(cheap)
    upgrading = subscribe(cheap)
    failing = subscribe(cheap)
    world.gateway.will(SOFT)
    subscribe(cheap)
    subscribe(cheap, collection=Collection.PUSH)
    world.days(1.5)
    quote = quote_change(upgrading.ref, [(dear.ref, 1)], actor=me, at=world.at)
    change_plan(quote, actor=me, at=world.at)
    world.work()
    back = quote_change(upgrading.ref, [(odd.ref, 1)], actor=me, at=world.at)
    change_plan(back, actor=me, at=world.at)
    payer = world.session.get_one(Customer, failing.customer_id).email
    for order in world.gateway.orders:
        if order.payer_email == payer:
            world.gateway.card_will(order.method_token, SOFT)
    world.days(33)
    _transfers(world, upgrading)
    _approved(world, make.invoices(upgrading)[0])
    live_by_statement(world)
    seal_audit(at=world.at)
    world.at += timedelta(minutes=1)
    world.session.rollback()
    return world
