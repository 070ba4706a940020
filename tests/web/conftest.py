"""What every test of a page may ask for."""

import pytest
from flask.testing import FlaskClient

from tests.web.browsing import Browser


@pytest.fixture
def reader(client: FlaskClient) -> Browser:
    """A reader that carries form tokens from page to page."""
    return Browser(client)
