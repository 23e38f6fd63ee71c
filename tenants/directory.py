"""Which tenant a host name belongs to: a small table, remembered by each process."""

from __future__ import annotations

import time
from threading import Lock

from sqlalchemy import text

from kernel.db.unit import Database

_KEEP_SECONDS = 60.0
_KEEP_UNKNOWN_SECONDS = 3.0
_MOST = 50_000

_FIND = text("SELECT tenant_id FROM host WHERE host = :host")


class Directory:
    """Host names to tenants. What a tenant is now (suspended, gone) is read with each request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[int | None, float]] = {}
        self._lock = Lock()

    def resolve(self, host: str) -> int | None:
        """The tenant at `host` (lower case, no port); None when nobody lives there."""
        if not host:
            return None
        now = time.monotonic()
        known = self._known.get(host)
        if known is not None and known[1] > now:
            return known[0]
        with self._database.system("find the tenant of a host") as unit:
            tenant_id = unit.connection.execute(_FIND, {"host": host}).scalar_one_or_none()
        keep = _KEEP_SECONDS if tenant_id is not None else _KEEP_UNKNOWN_SECONDS
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[host] = (tenant_id, now + keep)
        return tenant_id

    def forget(self, tenant_id: int) -> None:
        """Look the hosts of a tenant up again next time."""
        with self._lock:
            for host in [h for h, (known, _) in self._known.items() if known == tenant_id]:
                del self._known[host]
