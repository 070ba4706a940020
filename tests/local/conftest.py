"""A folder for what `./run` keeps."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Others may pass through it: PostgreSQL runs as another user when the tests run as root."""
    made = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)
