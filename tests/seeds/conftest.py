"""Fixtures of the tests of templates: a tenant without any."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from kernel.db.unit import Database
from tenants.service import create_tenant

NewTenant = Callable[[], int]

_numbers = count()


@pytest.fixture
def new_tenant(database: Database) -> NewTenant:
    """Makes empty tenants."""

    def make() -> int:
        slug = f"seeded-{next(_numbers)}"
        return create_tenant(
            database,
            slug,
            slug,
            base_domain="seeds.test",
            locale="zh_CN",
            zone="Asia/Shanghai",
            currency="CNY",
        )

    return make
