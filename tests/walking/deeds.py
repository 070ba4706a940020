"""All deeds of a walk, and how often each is chosen beside the others."""

from collections.abc import Callable

from tests.walking import giving_back, looking_after, paying, subscribing
from tests.walking.walk import Walk

DEEDS: tuple[tuple[Callable[[Walk], None], int], ...] = (
    (looking_after.time_passes, 22),
    (looking_after.all_work, 10),
    (looking_after.a_renewal_is_near, 5),
    (looking_after.workers_rest, 2),
    (subscribing.customer_comes, 8),
    (subscribing.subscribes, 4),
    (subscribing.resubscribes, 3),
    (subscribing.changes, 9),
    (subscribing.cancels, 4),
    (subscribing.undoes, 3),
    (subscribing.pauses, 4),
    (subscribing.resumes, 4),
    (subscribing.staff_touches, 4),
    (paying.card, 5),
    (paying.pays_by_card, 5),
    (paying.opens_a_page, 6),
    (paying.pays_on_a_page, 6),
    (paying.gateway_is_moody, 8),
    (paying.gateway_decides, 6),
    (paying.money_arrives, 7),
    (giving_back.money_goes_back, 3),
    (giving_back.credits, 7),
    (giving_back.note_is_voided, 2),
    (giving_back.refunds, 4),
    (giving_back.refund_ends, 5),
    (giving_back.given_back_without_us, 2),
    (giving_back.disputes, 3),
    (giving_back.dispute_goes_on, 4),
    (looking_after.voids, 3),
    (looking_after.writes_off, 2),
    (looking_after.bills_by_hand, 3),
    (looking_after.chases, 4),
    (paying.settles_by_evidence, 3),
    (looking_after.second_person_decides, 6),
    (looking_after.somebody_looks, 8),
)


def step(walk: Walk) -> None:
    """The next deed."""
    walk.take(walk.random.choices([deed for deed, _ in DEEDS], [often for _, often in DEEDS])[0])
