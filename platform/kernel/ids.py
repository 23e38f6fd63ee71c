"""Identifiers: time-ordered 63-bit numbers for rows, ULIDs for metadata documents.

A row id holds 41 bits of milliseconds since 2025-01-01, 10 bits of node and 12 bits of sequence
(the layout of Twitter's Snowflake). A process leases its node number from a database sequence,
so ids are unique without asking the database for each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ulid import ULID

_EPOCH_MS = 1_735_689_600_000
_NODE_BITS = 10
_SEQUENCE_BITS = 12
NODES = 1 << _NODE_BITS


class IdMaker:
    """Makes increasing ids for one node; safe for threads.

    When a millisecond's 4,096 ids are used up it borrows from the next ones, so that a bulk
    load never waits; ids of one node stay unique because the last used instant only grows.
    """

    def __init__(self, node: int, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000):
        self._node = node % NODES
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> int:
        """The next id."""
        with self._lock:
            tick = (self._now_ms() - _EPOCH_MS) << _SEQUENCE_BITS
            self._last = max(self._last + 1, tick)
            millis, sequence = divmod(self._last, 1 << _SEQUENCE_BITS)
        return (((millis << _NODE_BITS) | self._node) << _SEQUENCE_BITS) | sequence


def new_ulid() -> str:
    """A new document id: 26 characters, sortable by time."""
    return str(ULID())
