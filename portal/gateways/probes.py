"""What a test of the connection to a gateway told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues."""
    return sentence


CONNECTED: Mapping[str, str] = {
    "live": _("Connected to %(gateway)s in live mode."),
    "test": _("Connected to %(gateway)s in test mode."),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the connection works, in a sentence for staff. `account` names mode and currencies.

    `sentence` is English; `template` is the same with its blanks, filled from `values`, to be said in other languages.
    `clock_ahead` is by how many seconds our clock is ahead of the gateway's, None where it did not tell its time.
    """

    ok: bool
    latency_ms: int
    account: str
    sentence: str
    clock_ahead: int | None = None
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def probed(
    template: str,
    values: Mapping[str, object] | None = None,
    *,
    ok: bool = False,
    latency_ms: int = 0,
    account: str = "",
    clock_ahead: int | None = None,
) -> Probe:
    """A test that told this; the blanks of `template` are filled from `values`."""
    said = {name: str(value) for name, value in (values or {}).items()}
    return Probe(ok, latency_ms, account, template % said if said else template, clock_ahead, template, said)
