"""Testing the connection to a gateway: one call without any effect, while a person waits for what it tells."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.actions import _accounts, _gateways
from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound, PortalError
from portal.core.logging import log
from portal.core.secrets import SecretUnreadable
from portal.gateways.base import Ability, Answer, OfferedChannel
from portal.gateways.probes import Probe, probed
from portal.payments.models import GatewayAccount


def probe_gateway(account_ref: str, *, actor: Actor, at: datetime) -> bool:
    """Ask the gateway who we are, keep what it told, and say whether the connection works. Nothing is charged.

    The gateway is asked with nothing open, ten seconds for each question; one that lists its ways to pay is asked
    for them too.
    """
    with transaction() as session:
        account = session.scalar(select(GatewayAccount).where(GatewayAccount.ref == account_ref))
        if account is None:
            raise NotFound("There is no such account.")
        session.expunge(account)
    probe, offered = _asked(account)
    with transaction() as session:
        kept = _accounts.locked(session, account_ref)
        kept.last_test = _told(probe, offered, actor, at)
        audit.record(
            session, actor, "gateway.tested", at=at, subject=account_ref, ok=probe.ok, latency_ms=probe.latency_ms
        )  # fmt: skip
    return probe.ok


def _asked(account: GatewayAccount) -> tuple[Probe, tuple[OfferedChannel, ...]]:
    try:
        adapter = _gateways.adapter_of(account)
        probe = adapter.probe()
        if not probe.ok or Ability.DIRECT not in adapter.abilities:
            return probe, ()
        told = _gateways.offering(account).channels()
        return probe, told.channels if told.answer is Answer.FOUND else ()
    except PortalError as refusal:
        return probed(refusal.sentence, refusal.values), ()
    except SecretUnreadable:
        return probed("The keys cannot be read with our encryption keys: store them again."), ()
    except Exception as error:
        log().error("probe broke", account=account.ref, error=repr(error), exc_info=error)
        return probed("The answer could not be understood."), ()


def _told(probe: Probe, offered: tuple[OfferedChannel, ...], actor: Actor, at: datetime) -> dict[str, Any]:
    channels = [{"code": f"{one.channel}:{one.code}", "name": one.name, "is_active": one.is_active} for one in offered]
    return asdict(probe) | {"at": at.isoformat(), "by": actor.name, "channels": channels}
