"""What views, jobs and commands of a process work with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flask import current_app
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from kernel.clock import Clock, SystemClock
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.ratelimits import RateLimits
from kernel.settings import Settings

QUEUES = ("default", "bulk")


@dataclass(frozen=True)
class Services:
    """The settings and the connections of a process."""

    settings: Settings
    database: Database
    redis: Redis
    clock: Clock

    def queue(self, name: str) -> Queue:
        """One of `QUEUES`. What it carries is JSON, so that nothing in Redis can become code."""
        if name not in QUEUES:
            raise ValueError(f"no queue {name!r}")
        return Queue(name, connection=self.redis, serializer=JSONSerializer)

    @cached_property
    def rate_limits(self) -> RateLimits:
        """The counters of attempts, kept in Redis."""
        return RateLimits(self.redis)


def build_services(
    settings: Settings, *, clock: Clock | None = None, pool_size: int = 10
) -> Services:
    """Connect as the settings say; nothing is sent to the servers before it is needed."""
    clock = clock or SystemClock()
    return Services(
        settings=settings,
        database=Database(make_engine(settings.database_url, pool_size=pool_size), clock),
        redis=Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2),
        clock=clock,
    )


def current_services() -> Services:
    """The services of the running application."""
    services = current_app.extensions["banyan"]
    assert isinstance(services, Services)
    return services
