"""Where the tasks that wait for a person are dealt with: the numbers beside the staff's places."""

from collections import Counter
from collections.abc import Mapping

PLACES: Mapping[str, str] = {
    "approval_waiting": "/billing/approvals",
    "attempt_in_doubt": "/billing/attempts-in-doubt",
    "bank_line_stuck": "/billing/money-inbox",
    "customer_parked": "/clients/",
    "difference": "/billing/reconciliation",
    "dispute_not_covered": "/billing/disputes",
    "dispute_open": "/billing/disputes",
    "gateway_refused": "/billing/gateways",
    "money_unmatched": "/billing/money-inbox",
    "refund_by_hand": "/billing/refunds",
    "refund_differs": "/billing/refunds",
    "refund_failed": "/billing/refunds",
    "refund_found": "/billing/refunds",
    "refund_in_doubt": "/billing/refunds",
    "refund_needs_details": "/billing/refunds",
    "run_held": "/billing/runs",
    "statement_lost": "/billing/money-inbox",
    "transfer_proof": "/billing/money-inbox",
}
PRESSING = frozenset({"run_held", "customer_parked", "dispute_open", "gateway_refused", "refund_needs_details"})
"""Kinds for which money or service stands still until somebody acts."""


def numbers(waiting: Mapping[str, int]) -> dict[str, int]:
    """How much waits at each place; kinds that have no place of their own are found on the health page."""
    found: Counter[str] = Counter()
    for kind, number in waiting.items():
        found[PLACES.get(kind, "/billing/health")] += number
    return dict(found)


def hot(waiting: Mapping[str, int]) -> frozenset[str]:
    """The places where something stands still."""
    return frozenset(PLACES[kind] for kind in PRESSING & waiting.keys())
