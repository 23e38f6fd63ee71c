"""Fixtures of the tests of work in the background."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """The application, with the test inside it as a job or a command is."""
    with app.app_context():
        yield app
