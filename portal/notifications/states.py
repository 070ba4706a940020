"""What may become of a message."""

from enum import StrEnum

from portal.core.states import Machine


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


class MessageEvent(StrEnum):
    LEASED = "leased"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    OUTDATED = "outdated"
    GIVEN_UP = "given_up"


MESSAGE = Machine[MessageStatus, MessageEvent](
    name="message",
    moves={
        (MessageStatus.QUEUED, MessageEvent.LEASED): MessageStatus.SENDING,
        (MessageStatus.QUEUED, MessageEvent.OUTDATED): MessageStatus.SUPPRESSED,
        (MessageStatus.SENDING, MessageEvent.ACCEPTED): MessageStatus.SENT,
        (MessageStatus.SENDING, MessageEvent.DEFERRED): MessageStatus.QUEUED,
        (MessageStatus.SENDING, MessageEvent.GIVEN_UP): MessageStatus.FAILED,
        (MessageStatus.SENDING, MessageEvent.RETURNED): MessageStatus.BOUNCED,
        (MessageStatus.SENT, MessageEvent.CONFIRMED): MessageStatus.DELIVERED,
        (MessageStatus.SENT, MessageEvent.RETURNED): MessageStatus.BOUNCED,
    },
    ignored={
        (MessageStatus.DELIVERED, MessageEvent.CONFIRMED),
        (MessageStatus.BOUNCED, MessageEvent.RETURNED),
        (MessageStatus.SUPPRESSED, MessageEvent.OUTDATED),
    },
)
