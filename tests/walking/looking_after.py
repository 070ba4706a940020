"""What staff, second persons, workers and time do."""

from datetime import timedelta

from portal.actions._by_hand import Written
from portal.actions.decide_approval import decide_approval
from portal.actions.issue_invoice import issue_invoice
from portal.actions.pause_dunning import pause_dunning
from portal.actions.release_customer import release_customer
from portal.actions.release_run import release_run
from portal.actions.renew_subscriptions import renew_subscriptions
from portal.actions.retry_debt import retry_debt
from portal.actions.stop_dunning import stop_dunning
from portal.actions.suspend_for_debt import suspend_for_debt
from portal.actions.void_invoice import void_invoice
from portal.actions.write_off_invoice import write_off_invoice
from portal.core.days import midnight
from portal.customers.models import Customer
from portal.dunning.models import DunningCase
from portal.dunning.states import PauseKind
from portal.identity.approvals import Decision
from portal.identity.models import Approval
from portal.invoicing.drafts import ManualLine
from portal.invoicing.models import Invoice
from portal.runs.models import BillingRun
from portal.subscriptions.models import Subscription
from tests.walking.walk import CURRENCY, WHY, Walk
from tests.world import RULE


def voids(walk: Walk) -> None:
    void_invoice(walk.pick(Invoice).ref, reason=WHY, **walk.asking)


def writes_off(walk: Walk) -> None:
    write_off_invoice(walk.pick(Invoice).ref, reason=WHY, **walk.asking)


def bills_by_hand(walk: Walk) -> None:
    line = ManualLine("A day of training", walk.random.randint(1, 3), walk.amount(50_000_00))
    written = Written(lines=[line], currency=CURRENCY, due_days=walk.random.choice([0, 7, 30]))
    issue_invoice(walk.pick(Customer).id, written, **walk.acting)


def chases(walk: Walk) -> None:
    case = walk.pick(DunningCase)
    deed = walk.random.choice(["retry", "pause", "stop", "suspend"])
    if deed == "retry":
        retry_debt(case.ref, **walk.acting)
    elif deed == "pause":
        until = walk.today() + timedelta(days=walk.random.randint(1, 20))
        pause_dunning(case.ref, until=until, kind=walk.random.choice(list(PauseKind)), reason=WHY, **walk.acting)
    elif deed == "stop":
        stop_dunning(case.ref, reason=WHY, **walk.acting)
    else:
        suspend_for_debt(case.ref, reason=WHY, **walk.acting)


def second_person_decides(walk: Walk) -> None:
    waiting = walk.pick(Approval, Approval.decision.is_(None))
    decision = walk.random.choice([Decision.APPROVED, Decision.APPROVED, Decision.REJECTED])
    decide_approval(waiting.ref, decision, reason=WHY, actor=walk.people[1], at=walk.world.at)


def somebody_looks(walk: Walk) -> None:
    """At a run that waits for a person, and at customers that are set aside."""
    if walk.random.random() < 0.7:
        held = walk.pick(BillingRun, BillingRun.status == "held").ref
        release_run(held, reason=WHY, **walk.acting)
        while renew_subscriptions(held, limit=100, actor=RULE, at=walk.world.at):
            pass
    else:
        release_customer(walk.pick(Customer, Customer.parked_at.is_not(None)).id, reason=WHY, **walk.acting)


def time_passes(walk: Walk) -> None:
    walk.world.days(walk.random.choice([0.01, 0.2, 1, 1, 2, 5, 12, 31, 40]))


def a_renewal_is_near(walk: Walk) -> None:
    """The morning on which a period has ended and no run has billed the next yet."""
    subscription = walk.pick(Subscription, Subscription.period_end_on > walk.today())
    customer = walk.world.session.get_one(Customer, subscription.customer_id)
    walk.world.until(midnight(subscription.period_end_on, customer.zone) + timedelta(hours=2))


def workers_rest(walk: Walk) -> None:
    walk.world.sleep(walk.random.randint(1, 20))


def all_work(walk: Walk) -> None:
    walk.world.work()
