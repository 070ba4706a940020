"""What a subscription can be, and what may happen to it."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class SubscriptionStatus(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"


class SubscriptionEvent(StrEnum):
    OFFERED = "offered"  # a draft now waits for its start or first payment
    TRIAL_STARTED = "trial_started"
    ACTIVATED = "activated"
    EXPIRED = "expired"
    TRIAL_EXTENDED = "trial_extended"
    TRIAL_ENDED = "trial_ended"
    TRIAL_ENDED_UNPAID = "trial_ended_unpaid"  # the first payment is awaited
    TRIAL_ENDED_PAUSED = "trial_ended_paused"  # no method to pay with
    CHANGED = "changed"
    CHANGE_SCHEDULED = "change_scheduled"
    CHANGE_CANCELED = "change_canceled"
    RENEWED = "renewed"
    FELL_PAST_DUE = "fell_past_due"
    SETTLED = "settled"
    SUSPENDED = "suspended"
    PAUSE_SCHEDULED = "pause_scheduled"
    PAUSE_CANCELED = "pause_canceled"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLATION_SCHEDULED = "cancellation_scheduled"
    CANCELLATION_UNDONE = "cancellation_undone"
    ACCESS_EXTENDED = "access_extended"
    CANCELED = "canceled"
    GIVEN_UP = "given_up"
    RESUBSCRIBED = "resubscribed"  # on the one left behind; the successor is created


CREATED = "created"
"""Opens the history of a subscription: its birth, which is no move."""

EDITED = "edited"
"""Another page of the history: how it is collected has changed, which is no move either."""


class Collection(StrEnum):
    """We take the money, or the customer sends it."""

    PULL = "pull"
    PUSH = "push"


_S, _E = SubscriptionStatus, SubscriptionEvent

SERVED = frozenset({_S.TRIALING, _S.ACTIVE, _S.PAST_DUE})
RENEWING = frozenset({_S.ACTIVE, _S.PAST_DUE})
LIVE = frozenset({_S.PENDING, _S.TRIALING, _S.ACTIVE, _S.PAST_DUE, _S.SUSPENDED, _S.PAUSED})
ENDED = frozenset({_S.CANCELED, _S.EXPIRED})

SUBSCRIPTION = Machine[SubscriptionStatus, SubscriptionEvent](
    name="subscription",
    moves={
        (_S.DRAFT, _E.OFFERED): _S.PENDING,
        (_S.DRAFT, _E.TRIAL_STARTED): _S.TRIALING,
        (_S.DRAFT, _E.ACTIVATED): _S.ACTIVE,
        (_S.DRAFT, _E.CANCELED): _S.CANCELED,
        (_S.PENDING, _E.TRIAL_STARTED): _S.TRIALING,
        (_S.PENDING, _E.ACTIVATED): _S.ACTIVE,
        (_S.PENDING, _E.EXPIRED): _S.EXPIRED,
        (_S.TRIALING, _E.TRIAL_EXTENDED): _S.TRIALING,
        (_S.TRIALING, _E.TRIAL_ENDED): _S.ACTIVE,
        (_S.TRIALING, _E.TRIAL_ENDED_UNPAID): _S.PENDING,
        (_S.TRIALING, _E.TRIAL_ENDED_PAUSED): _S.PAUSED,
        (_S.ACTIVE, _E.FELL_PAST_DUE): _S.PAST_DUE,
        (_S.PAST_DUE, _E.SETTLED): _S.ACTIVE,
        (_S.SUSPENDED, _E.SETTLED): _S.ACTIVE,
        (_S.PAST_DUE, _E.SUSPENDED): _S.SUSPENDED,
        (_S.ACTIVE, _E.PAUSE_SCHEDULED): _S.ACTIVE,
        (_S.ACTIVE, _E.PAUSE_CANCELED): _S.ACTIVE,
        (_S.PAST_DUE, _E.PAUSE_CANCELED): _S.PAST_DUE,
        (_S.ACTIVE, _E.PAUSED): _S.PAUSED,
        (_S.PAUSED, _E.RESUMED): _S.ACTIVE,
        (_S.PAST_DUE, _E.GIVEN_UP): _S.CANCELED,
        (_S.SUSPENDED, _E.GIVEN_UP): _S.CANCELED,
        (_S.CANCELED, _E.RESUBSCRIBED): _S.CANCELED,
        # A change that was scheduled before is carried out past due too; no further one can be asked for.
        **{(status, _E.CHANGED): status for status in SERVED},
        **{(status, _E.CHANGE_SCHEDULED): status for status in (_S.TRIALING, _S.ACTIVE)},
        **{(status, _E.CHANGE_CANCELED): status for status in LIVE},
        **{(status, _E.RENEWED): status for status in RENEWING},
        **{(status, _E.CANCELLATION_SCHEDULED): status for status in LIVE},
        **{(status, _E.CANCELLATION_UNDONE): status for status in LIVE},
        **{(status, _E.ACCESS_EXTENDED): status for status in LIVE},
        **{(status, _E.CANCELED): _S.CANCELED for status in LIVE},
    },
    # A gateway, a due day and a second click may come when the thing is settled otherwise.
    ignored={
        *((status, _E.SETTLED) for status in _S if status not in (_S.DRAFT, _S.PAST_DUE, _S.SUSPENDED)),
        *((status, _E.FELL_PAST_DUE) for status in _S if status not in (_S.DRAFT, _S.ACTIVE)),
        *((status, _E.ACTIVATED) for status in _S if status not in (_S.DRAFT, _S.PENDING)),
        *((status, _E.SUSPENDED) for status in (_S.SUSPENDED, _S.PAUSED, *ENDED)),
        *((status, _E.GIVEN_UP) for status in (_S.PAUSED, *ENDED)),
        (_S.CANCELED, _E.CANCELED),
        (_S.CANCELED, _E.EXPIRED),
        (_S.EXPIRED, _E.EXPIRED),
        (_S.PAUSED, _E.PAUSED),
    },
)


class ScheduledChangeStatus(StrEnum):
    PENDING = "pending"
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELED = "canceled"


class ScheduledChangeEvent(StrEnum):
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELED = "canceled"


_C, _D = ScheduledChangeStatus, ScheduledChangeEvent

SCHEDULED_CHANGE = Machine[ScheduledChangeStatus, ScheduledChangeEvent](
    name="scheduled_change",
    moves={
        (_C.PENDING, _D.EXECUTED): _C.EXECUTED,
        (_C.PENDING, _D.FAILED): _C.FAILED,
        (_C.PENDING, _D.CANCELED): _C.CANCELED,
    },
    ignored={
        (_C.EXECUTED, _D.EXECUTED),
        (_C.FAILED, _D.FAILED),
        (_C.CANCELED, _D.CANCELED),
        (_C.FAILED, _D.CANCELED),
        # The invoice that it waited for was paid after the change had lapsed: the money is booked, the plan stays.
        (_C.CANCELED, _D.EXECUTED),
        (_C.FAILED, _D.EXECUTED),
    },
)
