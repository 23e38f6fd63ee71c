"""The second and third ring: the guarded session, and row security in the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.db.unit import Database, TenantWallError
from tenants import removal
from tenants.models import User
from tests.twins import Twin

READ_THROUGH_VIEWS = {"record", "record_search"}
"""Their owner's views carry the tenant's condition, so their owner is not bound by the policy."""


@pytest.fixture
def catalogue(database: Database) -> Iterator[Connection]:
    """A connection to look into the catalogue of the database."""
    with database.engine.connect() as connection:
        yield connection


def test_the_session_refuses_to_work_without_a_tenant(database: Database, twin: Twin) -> None:
    for statement in (
        select(User),
        select(User.email).where(User.tenant_id == twin.ours.id),
        update(User).values(name="x"),
        delete(User),
    ):
        with pytest.raises(TenantWallError), database.system("a test") as unit:
            unit.session.execute(statement)
    with pytest.raises(TenantWallError), database.system("a test") as unit:
        unit.session.add(_user(twin.ours.id, database.new_id()))


def _user(tenant_id: int, user_id: int) -> User:
    return User(
        tenant_id=tenant_id,
        id=user_id,
        email=f"{user_id}@x.example",
        name="X",
        state="active",
        is_admin=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_session_sees_one_tenant_whatever_is_asked(database: Database, twin: Twin) -> None:
    with database.scope(twin.ours.id) as scope:
        session = scope.unit.session
        everybody = session.scalars(select(User)).all()
        assert {user.tenant_id for user in everybody} == {twin.ours.id}
        theirs = session.scalars(select(User).where(User.tenant_id == twin.theirs.id)).all()
        assert theirs == []
        assert session.get(User, (twin.theirs.id, twin.theirs.user.id)) is None
        session.execute(update(User).values(name="Changed"))
    with database.scope(twin.theirs.id) as scope:
        assert "Changed" not in scope.unit.session.scalars(select(User.name)).all()


def test_the_session_writes_no_row_of_another_tenant(database: Database, twin: Twin) -> None:
    with pytest.raises(TenantWallError), database.scope(twin.ours.id) as scope:
        scope.unit.session.add(_user(twin.theirs.id, database.new_id()))


def test_every_table_with_a_tenant_is_protected(catalogue: Connection) -> None:
    rows = catalogue.execute(
        text(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
            "(SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "AND a.attname = 'tenant_id' AND NOT a.attisdropped "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "AND c.relnamespace = 'public'::regnamespace"
        )
    ).all()
    assert {"record", "app_user", "job", "saved_view"} <= {row.relname for row in rows}
    assert [r.relname for r in rows if not r.relrowsecurity] == []
    assert {r.relname for r in rows if not r.relforcerowsecurity} == READ_THROUGH_VIEWS
    assert [r.relname for r in rows if r.policies == 0] == []


def test_partitions_cannot_be_reached_past_their_table(catalogue: Connection) -> None:
    open_ones = catalogue.scalars(
        text(
            "SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' "
            "AND has_table_privilege('banyan_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        )
    ).all()
    assert open_ones == []


def test_tenant_id_comes_first_in_every_key(catalogue: Connection) -> None:
    rows = catalogue.execute(
        text(
            "SELECT i.indexrelid::regclass::text AS name, "
            "(SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid "
            " AND attnum = i.indkey[0]) AS first FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid "
            "AND a.attname = 'tenant_id' WHERE c.relnamespace = 'public'::regnamespace "
            "AND i.indisunique AND c.relname <> 'host'"
        )
    ).all()
    assert [row.name for row in rows if row.first != "tenant_id"] == []


def test_the_applications_role_is_neither_owner_nor_above_the_policies(
    catalogue: Connection,
) -> None:
    role = catalogue.execute(
        text(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles "
            "WHERE rolname = current_user"
        )
    ).one()
    assert tuple(role) == ("banyan_app", False, False, False)
    owned = catalogue.scalars(
        text("SELECT relname FROM pg_class WHERE relowner = 'banyan_app'::regrole")
    ).all()
    assert owned == []


def _relations(database: Database) -> list[str]:
    """All tables of tenants, and the views on them."""
    return [*removal.tenant_tables(database), *(f"{table}_rows" for table in READ_THROUGH_VIEWS)]


def test_every_view_is_one_of_those_that_are_tried(catalogue: Connection) -> None:
    views = catalogue.scalars(
        text("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    ).all()
    assert set(views) == {f"{table}_rows" for table in READ_THROUGH_VIEWS}


def test_rows_of_another_tenant_are_invisible_to_plain_sql(database: Database, twin: Twin) -> None:
    _write_record(database, twin.theirs.id)
    for table in _relations(database):
        with database.scope(twin.ours.id) as scope:
            tenants = scope.unit.connection.scalars(
                text(f"SELECT DISTINCT tenant_id FROM {table}")
            ).all()
        assert set(tenants) <= {twin.ours.id}, table


def test_without_a_tenant_plain_sql_sees_no_row(database: Database, twin: Twin) -> None:
    _write_record(database, twin.theirs.id)
    for table in _relations(database):
        with database.system("a test") as unit:
            assert unit.connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        with database.engine.connect() as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_plain_sql_changes_nothing_of_another_tenant(database: Database, twin: Twin) -> None:
    _write_record(database, twin.theirs.id)
    for table in removal.tenant_tables(database):
        with database.scope(twin.ours.id) as scope:
            where = {"theirs": twin.theirs.id}
            deleted = scope.unit.connection.execute(
                text(f"DELETE FROM {table} WHERE tenant_id = :theirs"), where
            )
            assert deleted.rowcount == 0, table
            changed = scope.unit.connection.execute(
                text(f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = :theirs"), where
            )
            assert changed.rowcount == 0, table
    with database.scope(twin.theirs.id) as scope:
        count = text("SELECT count(*) FROM record WHERE tenant_id = :t")
        assert scope.unit.connection.scalar(count, {"t": twin.theirs.id}) == 1


def _write_record(database: Database, tenant_id: int, as_tenant: int | None = None) -> None:
    with database.scope(as_tenant or tenant_id) as scope:
        scope.unit.connection.execute(
            text(
                "INSERT INTO record (tenant_id, object_id, id, created_at, updated_at, data) "
                "VALUES (:tenant_id, 1, :id, :now, :now, '{}')"
            ),
            {"tenant_id": tenant_id, "id": database.new_id(), "now": database.clock.now()},
        )


def test_plain_sql_writes_no_record_into_another_tenant(database: Database, twin: Twin) -> None:
    with pytest.raises(DBAPIError) as refused:
        _write_record(database, twin.theirs.id, as_tenant=twin.ours.id)
    assert getattr(refused.value.orig, "pgcode", None) == "42501"


def test_a_row_cannot_be_moved_to_another_tenant(database: Database, twin: Twin) -> None:
    statement = text("UPDATE app_user SET tenant_id = :theirs WHERE tenant_id = :ours")
    values = {"ours": twin.ours.id, "theirs": twin.theirs.id}
    with pytest.raises(DBAPIError), database.scope(twin.ours.id) as scope:
        scope.unit.connection.execute(statement, values)


def test_a_tenants_directory_entry_is_changed_by_itself_or_the_system_only(
    database: Database, twin: Twin
) -> None:
    with database.scope(twin.ours.id) as scope:
        for statement in (
            "UPDATE tenant SET state = 'suspended' WHERE id = :theirs",
            "DELETE FROM host WHERE tenant_id = :theirs",
            "DELETE FROM tenant WHERE id = :theirs",
        ):
            result = scope.unit.connection.execute(text(statement), {"theirs": twin.theirs.id})
            assert result.rowcount == 0


def test_the_tenant_of_a_connection_ends_with_its_transaction(
    database_url: str, twin: Twin
) -> None:
    """A pooled connection brings nothing of its last user along."""
    engine: Engine = create_engine(database_url, pool_size=1, max_overflow=0)
    try:
        database = Database(engine)
        with database.scope(twin.ours.id):
            pass
        with engine.connect() as connection:
            setting = text("SELECT current_setting('banyan.tenant_id', true)")
            assert connection.scalar(setting) in (None, "")
    finally:
        engine.dispose()
