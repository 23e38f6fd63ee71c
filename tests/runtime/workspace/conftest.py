"""Our tenant with the sample's objects, and clients of its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.db.unit import Database
from tests.runtime.workspace.sample import add_people, publish_sample
from tests.twins import Side, TenantClient, Twin


@pytest.fixture
def side(database: Database, twin: Twin) -> Side:
    """Our tenant, with the sample's objects and no record."""
    publish_sample(database, twin.ours)
    add_people(database, twin.ours)
    return twin.ours


@pytest.fixture
def user(side: Side, browse: Callable[..., TenantClient]) -> TenantClient:
    """An ordinary person."""
    return browse(side, side.user)


@pytest.fixture
def other(side: Side, browse: Callable[..., TenantClient]) -> TenantClient:
    """Another ordinary person."""
    return browse(side, side.other)


@pytest.fixture
def admin(side: Side, browse: Callable[..., TenantClient]) -> TenantClient:
    """The administrator."""
    return browse(side, side.admin)
