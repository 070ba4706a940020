from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.core.states import Machine, MoveRefused
from portal.dunning.states import CASE
from portal.invoicing.states import CREDIT_NOTE, INVOICE, InvoiceEvent, InvoiceStatus
from portal.payments.states import (
    ATTEMPT,
    CLOSED,
    IN_DOUBT,
    LIVE,
    NEWS,
    PAYMENT,
    AttemptEvent,
    AttemptKind,
    AttemptStatus,
    is_supersedable,
)
from portal.quotes.states import QUOTE
from portal.runs.states import RUN, RUN_ITEM
from portal.subscriptions.states import ENDED, SCHEDULED_CHANGE, SUBSCRIPTION, SubscriptionEvent, SubscriptionStatus

S, E = SubscriptionStatus, SubscriptionEvent
A, D = AttemptStatus, AttemptEvent
ALL = [SUBSCRIPTION, SCHEDULED_CHANGE, INVOICE, CREDIT_NOTE, ATTEMPT, PAYMENT, NEWS, CASE, QUOTE, RUN, RUN_ITEM]
attempt_news = some.lists(some.sampled_from(list(AttemptEvent)), max_size=12)


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Turn(StrEnum):
    SWITCHED_ON = "switched_on"
    SWITCHED_OFF = "switched_off"


LIGHT = Machine[Light, Turn](
    name="traffic_light",
    moves={(Light.RED, Turn.SWITCHED_ON): Light.GREEN},
    ignored={(Light.GREEN, Turn.SWITCHED_ON)},
)


def walk(machine, status, events):
    """Where the events lead; what is refused changes nothing."""
    for event in events:
        try:
            status = machine.after(status, event) or status
        except MoveRefused:
            continue
    return status


def test_a_machine_has_three_answers():
    assert LIGHT.after(Light.RED, Turn.SWITCHED_ON) is Light.GREEN
    assert LIGHT.after(Light.GREEN, Turn.SWITCHED_ON) is None
    with pytest.raises(MoveRefused) as refusal:
        LIGHT.after(Light.RED, Turn.SWITCHED_OFF)
    assert refusal.value.message == "This traffic light is red, so it cannot be switched off."
    assert LIGHT.edges() == {(Light.RED, Light.GREEN)}
    assert LIGHT.can(Light.RED, Turn.SWITCHED_ON)
    assert not LIGHT.can(Light.GREEN, Turn.SWITCHED_ON)


def test_no_pair_both_moves_and_is_ignored():
    with pytest.raises(ValueError, match="both"):
        Machine(name="odd", moves=LIGHT.moves, ignored=frozenset(LIGHT.moves))


@pytest.mark.parametrize("machine", ALL, ids=lambda machine: machine.name)
def test_news_told_twice_never_leads_further_than_told_once(machine):
    for (_, event), after in machine.moves.items():
        assert walk(machine, after, [event]) is after


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (S.PENDING, E.ACTIVATED, S.ACTIVE),
        (S.PENDING, E.EXPIRED, S.EXPIRED),
        (S.TRIALING, E.TRIAL_ENDED, S.ACTIVE),
        (S.TRIALING, E.TRIAL_ENDED_PAUSED, S.PAUSED),
        (S.ACTIVE, E.FELL_PAST_DUE, S.PAST_DUE),
        (S.PAST_DUE, E.SUSPENDED, S.SUSPENDED),
        (S.SUSPENDED, E.SETTLED, S.ACTIVE),
        (S.ACTIVE, E.PAUSED, S.PAUSED),
        (S.PAUSED, E.RESUMED, S.ACTIVE),
        (S.SUSPENDED, E.GIVEN_UP, S.CANCELED),
        (S.PAUSED, E.CANCELED, S.CANCELED),
        (S.ACTIVE, E.SETTLED, None),
        (S.CANCELED, E.SETTLED, None),
        (S.SUSPENDED, E.FELL_PAST_DUE, None),
        (S.EXPIRED, E.ACTIVATED, None),
    ],
)
def test_a_subscription_moves_by_its_table(before, event, after):
    assert SUBSCRIPTION.after(before, event) is after


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (S.PAST_DUE, E.PAUSED),
        (S.PAST_DUE, E.CHANGE_SCHEDULED),
        (S.SUSPENDED, E.RENEWED),
        (S.PAUSED, E.RENEWED),
        (S.ACTIVE, E.SUSPENDED),
        (S.CANCELED, E.RESUMED),
        (S.EXPIRED, E.CANCELED),
    ],
)
def test_a_subscription_refuses_what_its_table_does_not_have(status, event):
    with pytest.raises(MoveRefused):
        SUBSCRIPTION.after(status, event)


@given(some.sampled_from(sorted(ENDED)), some.lists(some.sampled_from(list(E)), max_size=10))
def test_an_ended_subscription_never_comes_back(status, events):
    assert walk(SUBSCRIPTION, status, events) is status


@given(some.sampled_from(list(A)), attempt_news)
def test_success_is_taken_from_every_state_and_never_left(status, events):
    assert ATTEMPT.after(status, D.SUCCEEDED) in (A.SUCCEEDED, None)
    assert walk(ATTEMPT, status, [D.SUCCEEDED, *events]) is A.SUCCEEDED


@given(some.sampled_from(sorted(CLOSED)), attempt_news)
def test_a_closed_attempt_is_never_sent_again(status, events):
    assert walk(ATTEMPT, status, events) in CLOSED


@given(attempt_news)
def test_the_order_of_news_does_not_undo_a_success(events):
    assert (walk(ATTEMPT, A.SENDING, [*events, D.SUCCEEDED])) is A.SUCCEEDED


@pytest.mark.parametrize("status", [status for status in A if status is not A.SENDING])
def test_silence_never_makes_us_know_less(status):
    assert ATTEMPT.after(status, D.LOST) is None


def test_only_a_waiting_attempt_is_leased():
    assert {status for status in A if ATTEMPT.can(status, D.LEASED)} == {A.WAITING}


def test_nothing_supersedes_a_charge_or_what_is_being_sent():
    assert not any(is_supersedable(AttemptKind.CHARGE, status) for status in A)
    payables = {status for status in A if is_supersedable(AttemptKind.PAYABLE, status)}
    assert payables == {A.PENDING, A.ACTION_REQUIRED, A.UNKNOWN}


def test_what_is_in_doubt_is_live_and_what_is_closed_is_not():
    assert IN_DOUBT < LIVE
    assert not LIVE & CLOSED
    assert set(A) - LIVE - CLOSED == {A.SUPERSEDED}


def test_late_money_changes_no_void_invoice_and_takes_a_write_off_back():
    assert INVOICE.after(InvoiceStatus.VOID, InvoiceEvent.PAID) is None
    assert INVOICE.after(InvoiceStatus.WRITTEN_OFF, InvoiceEvent.PAID) is InvoiceStatus.PAID


def test_a_paid_invoice_is_neither_voided_nor_written_off():
    for event in (InvoiceEvent.VOIDED, InvoiceEvent.WRITTEN_OFF):
        with pytest.raises(MoveRefused):
            INVOICE.after(InvoiceStatus.PAID, event)
