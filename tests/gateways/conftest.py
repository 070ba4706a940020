"""An adapter and its twin."""

from collections.abc import Iterator

import pytest

from portal.gateways.paystack import Paystack
from portal.gateways.protocols import Deadlines
from portal.gateways.registry import adapter_for
from tests.twins.running import KEY, Listener, Running, listening, running


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


@pytest.fixture
def gateway(twin: Running) -> Paystack:
    """The adapter, impatient."""
    return adapter_for("paystack", secrets={"secret_key": KEY}, base_url=twin.url, deadlines=Deadlines(1.0, 1.0, 1.0))
