"""A person lets a gateway account be used again that was stopped because its key was refused."""

from datetime import datetime

from sqlalchemy import select

from portal.core import audit, tasks
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.payments.models import GatewayAccount


def restart_gateway(account_ref: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """The charges that wait are sent with the next slice; a key that is still refused stops it again. Not stopped:
    nothing."""
    if not reason.strip():
        raise Invalid("Please say what was done about it.", field="reason")
    with transaction() as session:
        wanted = select(GatewayAccount).where(GatewayAccount.ref == account_ref)
        account = session.scalar(wanted.with_for_update(key_share=True))
        if account is None:
            raise NotFound("There is no such account.")
        if account.stopped_reason is None:
            return
        before, account.stopped_reason = account.stopped_reason, None
        tasks.close_task(session, "gateway_refused", account.ref, by=actor.name, at=at)
        audit.record(
            session,
            actor,
            "gateway.restarted",
            at=at,
            subject=account.ref,
            reason=reason.strip(),
            was_stopped_for=before,
        )
