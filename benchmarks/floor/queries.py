"""The floor's statements, one function for each thing it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from benchmarks.floor.tables import COLUMNS, SEARCHED, search_vector

_ALL = ", ".join(f"r.{name}" for name in COLUMNS)
_NAMES = "a.name AS account_name, p.name AS partner_name, u.name AS owner_name"
_JOINS = """LEFT JOIN floor_account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id
LEFT JOIN floor_account p ON p.tenant_id = r.tenant_id AND p.id = r.partner_id
LEFT JOIN floor_user u ON u.tenant_id = r.tenant_id AND u.id = r.owner_id"""

_SESSION = text(
    """SELECT u.id, u.name FROM floor_session s
JOIN floor_user u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
WHERE s.tenant_id = :tenant AND s.token_hash = :hash AND s.expires_at > now()"""
)
_GET = f"""SELECT r.id, r.version, r.owner_id, r.created_at, r.created_by, r.updated_at,
r.updated_by, {_ALL}, {_NAMES} FROM floor_record r {_JOINS}
WHERE r.tenant_id = :tenant AND r.id = :id AND NOT r.deleted"""
_LIST = """SELECT r.id, r.version, r.name, r.code, r.stage, r.amount, r.close_date,
r.account_id, a.name AS account_name, r.owner_id, u.name AS owner_name FROM floor_record r
LEFT JOIN floor_account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id
LEFT JOIN floor_user u ON u.tenant_id = r.tenant_id AND u.id = r.owner_id
WHERE r.tenant_id = :tenant AND NOT r.deleted"""
_OWN = " AND r.owner_id = :owner"
_BY_STAGE = _LIST + " AND r.stage = :stage AND r.amount BETWEEN :low AND :high"
_BY_STAGE_END = " ORDER BY r.close_date DESC, r.id DESC LIMIT 51"
_BY_ACCOUNT = _LIST + " AND r.account_id = :account"
_BY_ACCOUNT_END = " ORDER BY r.id DESC LIMIT 51"
_GROUP = """SELECT r.stage, sum(r.amount) AS total, count(*) AS records FROM floor_record r
WHERE r.tenant_id = :tenant AND NOT r.deleted"""
_GROUP_END = " GROUP BY r.stage ORDER BY r.stage"
_SEARCH = """SELECT r.id, r.name FROM floor_search s
JOIN floor_record r ON r.tenant_id = s.tenant_id AND r.id = s.id AND NOT r.deleted
WHERE s.tenant_id = :tenant AND s.tsv @@ CAST(:query AS tsquery) AND s.txt LIKE :pattern"""
_SEARCH_OWN = " AND s.owner_id = :owner"
_SEARCH_END = " LIMIT 50"

GET, GET_OWN = text(_GET), text(_GET + _OWN)
BY_STAGE, BY_STAGE_OWN = text(_BY_STAGE + _BY_STAGE_END), text(_BY_STAGE + _OWN + _BY_STAGE_END)
BY_ACCOUNT = text(_BY_ACCOUNT + _BY_ACCOUNT_END)
BY_ACCOUNT_OWN = text(_BY_ACCOUNT + _OWN + _BY_ACCOUNT_END)
GROUP, GROUP_OWN = text(_GROUP + _GROUP_END), text(_GROUP + _OWN + _GROUP_END)
SEARCH, SEARCH_OWN = text(_SEARCH + _SEARCH_END), text(_SEARCH + _SEARCH_OWN + _SEARCH_END)
_INSERT = text(
    f"""INSERT INTO floor_record (tenant_id, owner_id, created_at, created_by, updated_at,
updated_by, {", ".join(COLUMNS)})
VALUES (:tenant, :owner, now(), :owner, now(), :owner, {", ".join(f":{c}" for c in COLUMNS)})
RETURNING id"""
)
_INSERT_SEARCH = text(
    """INSERT INTO floor_search (tenant_id, id, owner_id, txt, tsv)
VALUES (:tenant, :id, :owner, :txt, CAST(:tsv AS tsvector))"""
)
_LOCK = "SELECT version FROM floor_record r WHERE r.tenant_id = :tenant AND r.id = :id"
_LOCK_END = " AND NOT r.deleted FOR NO KEY UPDATE"
LOCK, LOCK_OWN = text(_LOCK + _LOCK_END), text(_LOCK + _OWN + _LOCK_END)
_UPDATES = {
    name: text(
        f"""UPDATE floor_record SET {name} = :value, version = version + 1, updated_at = now(),
updated_by = :by WHERE tenant_id = :tenant AND id = :id"""
    )
    for name in COLUMNS
}


def find_session(connection: Connection, tenant_id: int, token_hash: bytes) -> Row[Any] | None:
    """The user of a session that is still good."""
    return connection.execute(_SESSION, {"tenant": tenant_id, "hash": token_hash}).one_or_none()


def get(connection: Connection, tenant_id: int, owner: int | None, record_id: int) -> Any:
    """A record as JSON; None when it is not there. `owner` None sees all."""
    parameters = {"tenant": tenant_id, "id": record_id, "owner": owner}
    row = connection.execute(GET if owner is None else GET_OWN, parameters).one_or_none()
    return None if row is None else _whole(row)


def by_stage(
    connection: Connection, tenant_id: int, owner: int | None, stage: str, low: Any, high: Any
) -> Any:
    """The newest 50 of a stage whose amount lies in a range."""
    parameters = {"tenant": tenant_id, "owner": owner, "stage": stage, "low": low, "high": high}
    statement = BY_STAGE if owner is None else BY_STAGE_OWN
    return _page(connection.execute(statement, parameters).all())


def by_account(connection: Connection, tenant_id: int, owner: int | None, account: int) -> Any:
    """The newest 50 of an account."""
    parameters = {"tenant": tenant_id, "owner": owner, "account": account}
    statement = BY_ACCOUNT if owner is None else BY_ACCOUNT_OWN
    return _page(connection.execute(statement, parameters).all())


def by_stage_totals(connection: Connection, tenant_id: int, owner: int | None) -> Any:
    """Sum of the amounts and number of records of each stage."""
    statement = GROUP if owner is None else GROUP_OWN
    rows = connection.execute(statement, {"tenant": tenant_id, "owner": owner})
    groups = [{"groups": [r.stage], "measures": [str(r.total), r.records]} for r in rows]
    return {"rows": groups}


def search(connection: Connection, tenant_id: int, owner: int | None, words: str) -> Any:
    """Fifty records that contain the text."""
    query = " & ".join(f"'{token}'" for token in search_vector(words).split())
    pattern = f"%{words.lower()}%"  # the caller passes letters only
    parameters = {"tenant": tenant_id, "owner": owner, "query": query, "pattern": pattern}
    rows = connection.execute(SEARCH if owner is None else SEARCH_OWN, parameters)
    return {"records": [{"id": str(row.id), "name": row.name} for row in rows]}


def create(connection: Connection, tenant_id: int, owner: int, values: Mapping[str, Any]) -> Any:
    """Insert a record of checked values (by column) and answer with it."""
    row = dict.fromkeys(COLUMNS) | dict(values) | {"tenant": tenant_id, "owner": owner}
    row["tags"] = row["tags"] or []
    row["active"], row["renewed"] = bool(row["active"]), bool(row["renewed"])
    record_id = connection.execute(_INSERT, row).scalar_one()
    searched = "\n".join(str(row[name]) for name in SEARCHED if row[name])
    connection.execute(
        _INSERT_SEARCH,
        {"tenant": tenant_id, "id": record_id, "owner": owner, "txt": searched.lower(),
         "tsv": search_vector(searched)},
    )  # fmt: skip
    return get(connection, tenant_id, owner, record_id)


def update(
    connection: Connection,
    tenant_id: int,
    owner: int | None,
    record_id: int,
    version: int | None,
    name: str,
    value: Any,
    by: int,
) -> Any:
    """Change one column that is not searched; None when the record is not there, or not of
    the expected version."""
    parameters = {"tenant": tenant_id, "owner": owner, "id": record_id}
    found = connection.execute(LOCK if owner is None else LOCK_OWN, parameters).scalar()
    if found is None or (version is not None and version != found):
        return None
    connection.execute(
        _UPDATES[name], {"tenant": tenant_id, "id": record_id, "value": value, "by": by}
    )
    return get(connection, tenant_id, owner, record_id)


def _whole(row: Row[Any]) -> dict[str, Any]:
    shown = {name: _plain(row._mapping[name]) for name in COLUMNS}
    shown["account"] = _link(shown.pop("account_id"), row.account_name)
    shown["partner"] = _link(shown.pop("partner_id"), row.partner_name)
    return {
        "id": str(row.id),
        "version": row.version,
        "owner": _link(row.owner_id, row.owner_name),
        "created_at": _plain(row.created_at),
        "created_by": _link(row.created_by, row.owner_name),
        "updated_at": _plain(row.updated_at),
        "updated_by": _link(row.updated_by, row.owner_name),
        **shown,
    }


def _page(rows: Any) -> dict[str, Any]:
    following = [str(rows[49].close_date), str(rows[49].id)] if len(rows) > 50 else None
    return {"records": [_brief(row) for row in rows[:50]], "next": following}


def _brief(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "version": row.version,
        "name": row.name,
        "code": row.code,
        "stage": row.stage,
        "amount": str(row.amount),
        "close_date": row.close_date.isoformat(),
        "account": _link(row.account_id, row.account_name),
        "owner": _link(row.owner_id, row.owner_name),
    }


def _link(row_id: Any, name: str | None) -> dict[str, Any] | None:
    return None if row_id is None else {"id": str(row_id), "name": name}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
