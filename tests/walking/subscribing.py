"""What customers, and staff for them, do with subscriptions."""

from datetime import timedelta

from sqlalchemy import select

from portal.actions.cancel_subscription import cancel_subscription
from portal.actions.change_plan import change_plan
from portal.actions.end_trial import end_trial
from portal.actions.expire_subscription import expire_subscription
from portal.actions.extend_access import extend_access
from portal.actions.extend_trial import extend_trial
from portal.actions.pause_subscription import pause_subscription
from portal.actions.quote_change import quote_change
from portal.actions.quote_resume import quote_resume
from portal.actions.quote_start import quote_start
from portal.actions.restore_subscription import restore_subscription
from portal.actions.resubscribe import resubscribe
from portal.actions.resume_subscription import resume_subscription
from portal.actions.start_subscription import start_subscription
from portal.actions.undo_cancellation import undo_cancellation
from portal.actions.undo_pause import undo_pause
from portal.catalogue.models import Price
from portal.customers.models import Customer
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import CancelChoices, OpenInvoices, StartTerms
from tests.scripted import give_card
from tests.walking.walk import WHY, Nobody, Walk

MOST_CUSTOMERS = 4


def customer_comes(walk: Walk) -> None:
    if len(list(walk.world.session.scalars(select(Customer.id)))) >= MOST_CUSTOMERS:
        raise Nobody("Enough customers.")
    zone = walk.random.choice(["Africa/Lagos", "America/New_York", "Asia/Jakarta", "Pacific/Auckland"])
    customer = walk.world.make.customer(zone=zone)
    if walk.random.random() < 0.8:
        give_card(walk.world.session, customer, at=walk.world.at)
    subscribes(walk, customer)


def subscribes(walk: Walk, customer: Customer | None = None) -> None:
    customer = customer or walk.pick(Customer)
    price = walk.pick(Price)
    terms = StartTerms(
        collection=walk.random.choice([Collection.PULL, Collection.PULL, Collection.PUSH]),
        trial_days=walk.random.choice([0, 0, 0, 10]),
    )
    quote = quote_start(customer.id, [(price.ref, walk.random.randint(1, 3))], asked=terms, **walk.acting)
    start_subscription(quote, **walk.acting)


def resubscribes(walk: Walk) -> None:
    gone = walk.pick(Subscription, Subscription.status.in_(["canceled", "expired"]))
    price = walk.pick(Price)
    quote = quote_start(gone.customer_id, [(price.ref, 1)], previous_ref=gone.ref, **walk.acting)
    resubscribe(quote, **walk.acting)


def changes(walk: Walk) -> None:
    subscription, price = walk.pick(Subscription), walk.pick(Price)
    items = [(price.ref, walk.random.randint(1, 4))]
    quote = quote_change(subscription.ref, items, replace=walk.random.random() < 0.5, **walk.acting)
    if walk.random.random() < 0.8:
        change_plan(quote, **walk.acting)


def cancels(walk: Walk) -> None:
    subscription = walk.pick(Subscription)
    if walk.random.random() < 0.5:
        later = walk.today() + timedelta(days=walk.random.randint(0, 40))
        cancel_subscription(subscription.ref, on=walk.random.choice([None, later]), **walk.acting)
    else:
        choices = CancelChoices(walk.random.random() < 0.5, walk.random.choice(list(OpenInvoices)))
        cancel_subscription(subscription.ref, now=choices, **walk.acting)


def undoes(walk: Walk) -> None:
    walk.random.choice([undo_cancellation, undo_pause])(walk.pick(Subscription).ref, **walk.acting)


def pauses(walk: Walk) -> None:
    on = walk.today() + timedelta(days=walk.random.randint(0, 20))
    resume = on + timedelta(days=walk.random.randint(1, 60)) if walk.random.random() < 0.5 else None
    pause_subscription(walk.pick(Subscription).ref, on=on, resume_on=resume, **walk.acting)


def resumes(walk: Walk) -> None:
    resume_subscription(quote_resume(walk.pick(Subscription).ref, **walk.acting), **walk.acting)


def staff_touches(walk: Walk) -> None:
    subscription = walk.pick(Subscription)
    later = walk.today() + timedelta(days=walk.random.randint(1, 20))
    deed = walk.random.choice(["trial", "end", "access", "expire", "restore"])
    if deed == "trial":
        extend_trial(subscription.ref, until_on=later, reason=WHY, **walk.acting)
    elif deed == "end":
        end_trial(subscription.ref, **walk.acting)
    elif deed == "access":
        extend_access(subscription.ref, until_on=later, reason=WHY, **walk.acting)
    elif deed == "expire":
        expire_subscription(subscription.ref, **walk.acting)
    else:
        restore_subscription(subscription.ref, reason=WHY, **walk.acting)
