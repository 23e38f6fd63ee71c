"""Which records a person looked at last. Kept in Redis: a convenience that may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis import RedisError

from kernel.logging import get_logger
from kernel.web.services import current_services
from metadata.schema import Object
from runtime.records import Record
from runtime.records.shape import find_names
from runtime.scope import RecordScope

log = get_logger(__name__)

KEPT = 20
KEPT_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that was looked at."""

    object: Object
    id: int
    name: str


def remember(scope: RecordScope, record: Record) -> None:
    """Note that the actor looks at a record."""
    key, member = _key(scope), f"{record.object.number}:{record.id}"
    try:
        with current_services().redis.pipeline() as pipe:
            pipe.zadd(key, {member: scope.unit.clock.now().timestamp()})
            pipe.zremrangebyrank(key, 0, -KEPT - 1)
            pipe.expire(key, KEPT_SECONDS)
            pipe.execute()
    except RedisError:
        log.warning("recent records are not kept", exc_info=True)


def recently_seen(scope: RecordScope, limit: int) -> list[Seen]:
    """What the actor looked at last and may still see, the latest first."""
    try:
        members: list[Any] = current_services().redis.zrevrange(_key(scope), 0, KEPT - 1)
    except RedisError:
        log.warning("recent records cannot be read", exc_info=True)
        return []
    pairs = [tuple(map(int, member.split(b":"))) for member in members]
    names = find_names(scope, (record_id for _number, record_id in pairs))
    return [
        Seen(scope.schema.by_number[number], record_id, names[record_id] or f"#{record_id}")
        for number, record_id in pairs
        if number in scope.schema.by_number and record_id in names
    ][:limit]


def _key(scope: RecordScope) -> str:
    return f"recent:{scope.tenant_id}:{scope.actor.id}"
