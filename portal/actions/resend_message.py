"""Staff send a mail again that a customer did not get, or lost."""

from datetime import datetime

from sqlalchemy import func, select

from portal.core import audit, once
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import NotFound, Refused
from portal.core.ids import public_ref
from portal.customers import queries as customers
from portal.notifications import queries
from portal.notifications.models import Message
from portal.notifications.states import MessageStatus

AGAIN = ":again:"
ENDED = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.BOUNCED, MessageStatus.FAILED})


def resend_message(customer_ref: str, message_ref: str, *, form_key: str = "", actor: Actor, at: datetime) -> None:
    """Queue it once more, as an event of its own: it is written anew from what is true when it is sent, and left out
    if it is not needed any more. What came back goes to the customer's present address. A second click sends no more.
    """
    with transaction() as session:
        customer = customers.lock(session, customers.by_ref(session, customer_ref).id)
        message = queries.by_ref(session, message_ref)
        if message.customer_id != customer.id:
            raise NotFound("There is no such message.")
        if message.status not in ENDED:
            raise Refused("This mail was not sent yet. Nothing was changed.")
        if once.answered(session, "resend", form_key) is not None:
            return
        once.keep(session, "resend", form_key, at=at)
        first = message.event.partition(AGAIN)[0]
        before = session.scalar(select(func.count()).where(Message.event.startswith(first + AGAIN, autoescape=True)))
        session.add(
            Message(
                ref=public_ref("msg"),
                event=f"{first}{AGAIN}{(before or 0) + 1}",
                template=message.template,
                recipient=customer.email if message.status is MessageStatus.BOUNCED else message.recipient,
                language=message.language,
                customer_id=customer.id,
                subject_ref=message.subject_ref,
                document=message.document,
                facts=message.facts,
                status=MessageStatus.QUEUED,
                tries=0,
                note="",
                created_at=at,
                next_action_at=at,
            )
        )
        facts = {"message": message.ref, "template": message.template}
        audit.record(session, actor, "message.resent", at=at, customer_id=customer.id, subject=customer.ref, **facts)
