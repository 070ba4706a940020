"""Named places where a test may stop the process, to prove that nothing is lost or done twice there.

Without a plan a point costs one comparison. A plan reads `name:nth:kind`, several separated by
commas; kinds: `raise`, `exit` (os._exit), `kill` (SIGKILL), `sleep`. Live keys refuse any plan.
"""

import os
import signal
import time
from collections import Counter

SLEEP_SECONDS = 3.0


class Crashed(BaseException):
    """Derived from BaseException so that no `except Exception` softens the crash."""


_plan: dict[str, tuple[int, str]] = {}
_hits: Counter[str] = Counter()


def load_plan(plan: str) -> None:
    """Replace the plan; an empty one switches every point off."""
    _plan.clear()
    _hits.clear()
    for step in filter(None, plan.split(",")):
        name, nth, kind = step.split(":")
        _plan[name] = (int(nth), kind)


def crash_point(name: str) -> None:
    """Stop here if the plan says so at this hit."""
    if name not in _plan:
        return
    nth, kind = _plan[name]
    _hits[name] += 1
    if _hits[name] != nth:
        return
    if kind == "raise":
        raise Crashed(name)
    if kind == "exit":
        os._exit(70)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(SLEEP_SECONDS)
