"""Which tenants the scheduler must look at, and when.

Kept in Redis, so that no table is polled across tenants. It is a hint: what is lost with Redis
is found by the scheduler's round through all tenants.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from kernel.web.services import Services

_KEY = "banyan:attention"


def ask(services: Services, tenant_id: int, after: timedelta) -> None:
    """Have the scheduler look at a tenant in a while; an earlier appointment stays."""
    at = (services.clock.now() + after).timestamp()
    services.redis.zadd(_KEY, {str(tenant_id): at}, lt=True)


def take_due(services: Services) -> list[int]:
    """The tenants whose time has come; each is handed out once."""
    now = services.clock.now().timestamp()
    members = cast(list[bytes], services.redis.zrangebyscore(_KEY, "-inf", now))
    return [int(member) for member in members if services.redis.zrem(_KEY, member)]
