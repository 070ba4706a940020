"""A twin for each test, on one server."""

from collections.abc import Iterator

import pytest

from tests.twins.running import Listener, Running, listening, running
from tests.twins.running_ipaymu import RunningIpaymu, running_ipaymu


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


@pytest.fixture(scope="session")
def shared_ipaymu() -> Iterator[RunningIpaymu]:
    with running_ipaymu(seed=7, webhook_timeout=2.0) as found:
        yield found


@pytest.fixture
def ipaymu(shared_ipaymu: RunningIpaymu) -> RunningIpaymu:
    shared_ipaymu.twin.reset()
    shared_ipaymu.twin.post.url = ""
    return shared_ipaymu


@pytest.fixture
def ear(ipaymu: RunningIpaymu) -> Iterator[Listener]:
    """Hears the callbacks of `ipaymu`."""
    with listening() as heard:
        ipaymu.twin.post.url = heard.url
        yield heard
        ipaymu.twin.post.url = ""
