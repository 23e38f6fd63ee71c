"""An object with more fields than there are slots: what the compiler makes with and without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from kernel.ids import new_ulid
from metadata import store
from metadata.schema import Field, Object
from runtime import records
from runtime.scope import RecordScope
from runtime.tables import record
from tests.runtime.api.conftest import CHOICES, Bench, bench

__all__ = ["bench"]

# Number of fields of each type; those at the end of each list have no slot.
WIDTH = {"text": 10, "number": 10, "datetime": 4, "date": 4, "picklist": 8, "checkbox": 4}
USED = (
    *("text0", "text9", "number0", "number9", "datetime0", "date0", "date3"),
    *("picklist0", "picklist7", "checkbox0", "checkbox3"),
)
"""The fields that have values: of each type one with a slot and one without."""
VALUES: dict[str, tuple[Any, ...]] = {
    "text": (None, "b", "A", "a b", "中国", "阿里", "Émile", "z" * 70, "z" * 70 + "a"),
    "number": (None, "0", "-1.5", "0.1", "0.10001", "12345678901234567890.12"),
    "datetime": (None, "2026-01-31T23:30:00Z", "2026-02-01T00:30:00Z", "1999-12-31T00:00:00.5Z"),
    "date": (None, "2026-01-31", "2026-02-01", "0001-01-01", "9999-12-31"),
    "picklist": (None, "red", "green", "blue"),
    "checkbox": (None, True, False),
}
FIRMS = ("beta", "Alpha", "中国", None)
ROWS = 90


@dataclass(frozen=True)
class Wide:
    """The records, as they were written: values by field, ids in order of creation."""

    bench: Bench
    rows: dict[int, dict[str, Any]]

    def object(self, scope: RecordScope) -> Object:
        """The object."""
        return scope.schema.objects["wide"]


def python_value(name: str, given: Any) -> Any:
    """A given value as Python compares it."""
    if given is None:
        return None
    if name.startswith("number"):
        return Decimal(given)
    if name.startswith("datetime"):
        return datetime.fromisoformat(given).astimezone(UTC)
    return date.fromisoformat(given) if name.startswith("date") else given


@pytest.fixture
def wide(bench: Bench) -> Wide:
    """Many records with equal, different and empty values."""
    with bench.database.scope(bench.side.id, bench.side.admin) as scope:
        store.install_documents(scope, _documents(), "wide")
    with bench.scope(bench.side.user) as scope:
        firms = [
            records.create(scope, "firm", {"name": name}).id if name else None for name in FIRMS
        ]
        given = [_row(n, firms) for n in range(ROWS)]
        made = records.create_many(scope, "wide", given)
        assert all(result.problem is None for result in made)
        object_ = scope.schema.objects["wide"]
        assert {bool(object_.fields[name].slot_live) for name in USED} == {True, False}
        for name in ("checkbox0", "checkbox3"):
            older = [m.id for m, row in zip(made, given, strict=True) if row[name] is None]
            _make_older(scope, object_.fields[name], older)
    rows = {}
    for n, (result, values) in enumerate(zip(made, given, strict=True)):
        assert result.id is not None
        row = {name: python_value(name, values[name]) for name in USED}
        rows[result.id] = row | {"firm": FIRMS[n % len(FIRMS)], "firm_id": firms[n % len(FIRMS)]}
    return Wide(bench, rows)


def _make_older(scope: RecordScope, field: Field, ids: list[int | None]) -> None:
    """Make records such as were there before a field: only they have an empty checkbox."""
    values: dict[str, Any] = {"data": record.c.data.op("-")(field.key)}
    if field.slot is not None:
        values[field.slot] = None
    scope.unit.connection.execute(
        update(record)
        .where(record.c.tenant_id == scope.tenant_id, record.c.id.in_(ids))
        .values(**values)
    )


def _documents() -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = [
        {"kind": "object", "api": "wide", "name_field": "text0", "access": {"default": "read"}},
        {"kind": "field", "api": "wide.firm", "type": "lookup", "to": "firm"},
    ]
    for kind, width in WIDTH.items():
        options: dict[str, Any] = {"values": CHOICES} if kind == "picklist" else {}
        options |= {"scale": 5} if kind == "number" else {}
        documents += [
            {"kind": "field", "api": f"wide.{kind}{n}", "type": kind, **options}
            for n in range(width)
        ]
    return [{"id": new_ulid(), "label": {"en": d["api"]}, **d} for d in documents]


def _row(n: int, firms: list[int | None]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for place, name in enumerate(USED):
        values = VALUES[name.rstrip("0123456789")]
        row[name] = values[(n * (2 * place + 1) + n // (place + 2)) % len(values)]
    firm = firms[n % len(firms)]
    return row | {"firm": None if firm is None else str(firm)}
