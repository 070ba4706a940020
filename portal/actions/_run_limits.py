"""What both halves of a billing run go by: its heartbeat, and the lines at which it stops."""

from datetime import timedelta

from portal.core.business import Business
from portal.runs.stoplines import Limits

HEARTBEAT = "billing_run"


def limits_of(business: Business) -> Limits:
    """The stop lines as staff set them."""
    return Limits(
        times_median=int(business.policy("stop_line_invoice_times")),
        times_forecast=int(business.policy("stop_line_total_times")),
        clock_ahead=timedelta(hours=int(business.policy("run_hold_clock_hours"))),
    )
