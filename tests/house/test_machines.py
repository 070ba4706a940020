"""Every table of states is whole: nothing is unreachable, the end is the end, each pair has one deliberate answer."""

import importlib
from enum import StrEnum
from typing import Any

import pytest

from portal.core.states import Machine
from tests.house.source import modules, verdict

BIRTHS = {"created"}  # stand in histories and move nothing
MACHINES = {
    f"{path}:{name}": value
    for path in modules("portal")
    if path.endswith("states.py") and path != "portal/core/states.py"
    for name, value in vars(importlib.import_module(path.removesuffix(".py").replace("/", "."))).items()
    if isinstance(value, Machine) and not name.startswith("_")
}


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> Machine[Any, Any]:
    return MACHINES[request.param]


def test_there_are_machines():
    assert MACHINES


def test_every_status_is_reachable(machine):
    reached = set(machine.moves.values())
    begins = [status for status, _ in machine.moves if status not in reached]
    whole = reached | set(begins)
    verdict([str(status) for status in _statuses(machine) if status not in whole], "No move leads there or from there:")
    assert len(set(begins)) <= 2, f"{machine.name} begins in too many places: {begins}"


def test_the_end_is_the_end(machine):
    """From every status some last status, or a circle of living ones, is reached."""
    ends = set(machine.moves.values()) - {status for status, _ in machine.moves}
    moves = [f"{status} {event}" for status, event in machine.moves if status in ends]
    verdict(moves, "A last status has no moves:")


def test_every_event_does_something(machine):
    used = {event for _, event in machine.moves}
    verdict([str(event) for event in _events(machine) if event not in used | BIRTHS], "No status moves at that event:")


def test_what_is_ignored_names_known_statuses_and_events(machine):
    unknown = [
        f"{status} {event}"
        for status, event in machine.ignored
        if status not in _statuses(machine) or event not in _events(machine)
    ]
    verdict(unknown, "Not a pair of this machine:")


def _statuses(machine: Machine[Any, Any]) -> list[StrEnum]:
    return list(type(next(iter(machine.moves))[0]))


def _events(machine: Machine[Any, Any]) -> list[StrEnum]:
    return list(type(next(iter(machine.moves))[1]))
