"""The stand: the real application with a few more views."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.settings import Settings
from tests.web.base.stand import make_stand


@pytest.fixture(scope="session")
def stand_app(settings: Settings) -> Flask:
    return make_stand(settings)


@pytest.fixture
def stand(stand_app: Flask) -> FlaskClient:
    return stand_app.test_client()


@pytest.fixture
def token(stand: FlaskClient) -> str:
    """A CSRF token that belongs to the session of `stand`."""
    found = re.search(r'X-CSRFToken": "([^"]+)"', stand.get("/stand/page").text)
    assert found
    return found.group(1)
