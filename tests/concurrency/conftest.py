"""Races are run on real servers, and end with every invariant."""

import pytest

from tests.concurrency.rig import door, news, proved, rig, shared_twin, stumble, twin

__all__ = ["door", "news", "proved", "rig", "shared_twin", "stumble", "twin"]


@pytest.fixture(autouse=True)
def _proved(proved: None) -> None:
    pass
