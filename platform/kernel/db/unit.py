"""The unit of work: one transaction of one tenant, undone unless its block ends normally."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, event, text
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from kernel.clock import Clock, SystemClock
from kernel.db.base import TenantRow
from kernel.ids import NODES, IdMaker
from kernel.logging import get_logger
from kernel.scope import SYSTEM, Actor, Scope

log = get_logger(__name__)

_ENTER = "SELECT set_config('banyan.tenant_id', %s, true), set_config('banyan.system', %s, true); "


def _entry(tenant_id: int | None) -> tuple[str, str]:
    return ("", "on") if tenant_id is None else (str(tenant_id), "")


class TenantWallError(RuntimeError):
    """A programming error: tenant rows were touched without, or outside of, a tenant."""


class Unit:
    """An open transaction. `tenant_id` is None in system work on the directory."""

    def __init__(self, database: Database, connection: Connection, tenant_id: int | None) -> None:
        self.database = database
        self.connection = connection
        self.tenant_id = tenant_id
        self.clock = database.clock
        self._after_commit: list[Callable[[], object]] = []

    @cached_property
    def session(self) -> TenantSession:
        """The ORM session of this transaction, made when it is first used."""
        return TenantSession(self.connection, self.tenant_id)

    def new_id(self) -> int:
        """A new row id."""
        return self.database.new_id()

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call something once the transaction is safely in the database."""
        self._after_commit.append(call)

    def finish(self) -> None:
        """Write what is pending and commit, then run what waits for the commit.

        By then the work is done for good, so a failure of what waits is logged and not raised.
        """
        if "session" in self.__dict__:
            self.session.flush()
        self.connection.commit()
        for call in self._after_commit:
            try:
                call()
            except Exception:
                log.exception("a call after commit failed")

    def undo(self) -> None:
        """Undo everything; the unit stays a unit of its tenant, for what an error page reads."""
        if "session" in self.__dict__:
            self.session.close()
        self.connection.rollback()
        self._after_commit.clear()
        self.connection.exec_driver_sql(_ENTER, _entry(self.tenant_id))

    def close(self) -> None:
        """Give the connection back; what was not committed by `finish` is undone."""
        if "session" in self.__dict__:
            self.session.close()
        self.connection.close()


class TenantSession(Session):
    """An ORM session that sees the rows of one tenant and refuses to work without one."""

    def __init__(self, connection: Connection, tenant_id: int | None) -> None:
        super().__init__(bind=connection, autoflush=True, expire_on_commit=False)
        self.tenant_id = tenant_id


@event.listens_for(TenantSession, "do_orm_execute")
def _keep_to_tenant(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, TenantSession)
    if any(issubclass(mapper.class_, TenantRow) for mapper in state.all_mappers):
        if session.tenant_id is None:
            raise TenantWallError("tenant rows need a tenant scope")
        tenant_id = session.tenant_id
        state.statement = state.statement.options(
            with_loader_criteria(
                TenantRow, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
            )
        )


@event.listens_for(TenantSession, "before_flush")
def _write_own_rows_only(session: Session, _context: Any, _instances: Any) -> None:
    assert isinstance(session, TenantSession)
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, TenantRow):
            continue
        if session.tenant_id is None:
            raise TenantWallError("tenant rows need a tenant scope")
        if row.tenant_id is None:
            row.tenant_id = session.tenant_id
        elif row.tenant_id != session.tenant_id:
            raise TenantWallError("a row of another tenant")


class Database:
    """The way to the data: opens units of work for a tenant or for the directory."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self.engine = engine
        self.clock = clock or SystemClock()
        self._ids: IdMaker | None = None

    def new_id(self) -> int:
        """A new row id; the first call leases this process's node number."""
        if self._ids is None:
            with self.engine.begin() as connection:
                node = connection.execute(text("SELECT nextval('node_seq')")).scalar_one()
            self._ids = IdMaker(int(node) % NODES)
        return self._ids()

    def forget_process_state(self) -> None:
        """After a fork: drop inherited connections and the parent's node number."""
        self.engine.dispose(close=False)
        self._ids = None

    @contextmanager
    def scope(self, tenant_id: int, actor: Actor = SYSTEM) -> Iterator[Scope]:
        """A unit of work of one tenant. Commits when the block ends, else rolls back."""
        with self._unit(tenant_id) as unit:
            yield Scope(tenant_id=tenant_id, actor=actor, unit=unit)

    @contextmanager
    def system(self, reason: str) -> Iterator[Unit]:
        """The one exit from tenants: work on the directory. `reason` is logged."""
        log.debug("system scope", extra={"reason": reason})
        with self._unit(None) as unit:
            yield unit

    def open(self, tenant_id: int | None) -> Unit:
        """An open unit; whoever opens it calls `finish` when all went well, and `close` always."""
        return self.open_with(tenant_id, "")[0]

    def open_with(
        self, tenant_id: int | None, first: str, parameters: tuple[object, ...] = ()
    ) -> tuple[Unit, CursorResult[Any]]:
        """An open unit and the result of its first statement, for one trip to the server."""
        connection = self.engine.connect()
        try:
            result = connection.exec_driver_sql(_ENTER + first, (*_entry(tenant_id), *parameters))
        except BaseException:
            connection.close()
            raise
        return Unit(self, connection, tenant_id), result

    @contextmanager
    def _unit(self, tenant_id: int | None) -> Iterator[Unit]:
        unit = self.open(tenant_id)
        try:
            yield unit
            unit.finish()
        finally:
            unit.close()
