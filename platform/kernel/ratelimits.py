"""How often something may be tried. The counts live in Redis and so survive a restart."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import Redis, RedisError

from kernel.errors import TooMany, Unavailable


class RateLimits:
    """Counters by name. Without Redis they refuse: guessing must not become free of charge."""

    def __init__(self, redis: Redis) -> None:
        # The pool is what connects; the address only tells `limits` which client to use.
        storage = RedisStorage("redis://", connection_pool=redis.connection_pool)
        self._limiter = FixedWindowRateLimiter(storage)

    def check(self, limit: str, *name: str) -> None:
        """Raise `TooMany` when `limit` ("10 per 15 minutes") is used up for this name."""
        try:
            item = parse(limit)
            if not self._limiter.test(item, *name):
                raise self._refusal(item, name)
        except RedisError as error:
            raise Unavailable() from error

    def count(self, limit: str, *name: str) -> None:
        """Count one attempt; raise `TooMany` when that was one too many."""
        try:
            item = parse(limit)
            if not self._limiter.hit(item, *name):
                raise self._refusal(item, name)
        except RedisError as error:
            raise Unavailable() from error

    def reset(self, limit: str, *name: str) -> None:
        """Forget the attempts of a name."""
        try:
            self._limiter.clear(parse(limit), *name)
        except RedisError as error:
            raise Unavailable() from error

    def _refusal(self, item: RateLimitItem, name: tuple[str, ...]) -> TooMany:
        reset_at = self._limiter.get_window_stats(item, *name).reset_time
        seconds = max(1, math.ceil(reset_at - time.time()))
        return TooMany(headers={"Retry-After": str(seconds)})
