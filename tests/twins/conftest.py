"""A twin for each test, on one server."""

from collections.abc import Iterator

import pytest

from tests.twins.running import Listener, Running, listening, running


@pytest.fixture(scope="session")
def shared_twin() -> Iterator[Running]:
    with running(seed=7, webhook_timeout=2.0) as found:
        yield found


@pytest.fixture
def twin(shared_twin: Running) -> Running:
    shared_twin.twin.reset()
    shared_twin.twin.post.url = ""
    return shared_twin


@pytest.fixture
def listener(twin: Running) -> Iterator[Listener]:
    """Hears the news of `twin`."""
    with listening() as heard:
        twin.twin.post.url = heard.url
        yield heard
        twin.twin.post.url = ""
