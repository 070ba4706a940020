"""What happened is told: events become mails, mails are sent."""

from jobs.app import drained, job
from jobs.queues import Lane
from portal.actions.relay_outbox import relay_outbox
from portal.actions.send_messages import send_messages

EVENTS, MAILS = 500, 50


@job(Lane.MESSAGES)
def relay_events() -> None:
    """Turn events into messages, each event in the transaction that marks it as told.

    Dying half way leaves the rest to be relayed; a message is unique per event, recipient and template.
    """
    if not drained(lambda at: relay_outbox(limit=EVENTS, at=at), EVENTS):
        relay_events.wake()


@job(Lane.MESSAGES)
def send_due() -> None:
    """Send the mails whose time has come.

    A mail is `sending` before the mail server hears of it. Dying then leaves it to the rule for doubtful
    mails: what would confuse twice is shown to staff, the rest goes out again.
    """
    if not drained(lambda at: send_messages(limit=MAILS, at=at), MAILS):
        send_due.wake()
