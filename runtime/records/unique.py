"""Unique values: a table whose primary key decides races; empty values never clash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from metadata.schema import Field, Object
from runtime.records import statements
from runtime.records.inputs import Draft
from runtime.scope import RecordScope

_LONGEST = 200


def unique_key(field: Field, value: Any) -> str:
    """The text that two records may not share: comparable, so `A@x` and `a@x` are one value."""
    text = str(field.type.comparable(field, value)) if field.to is None else str(value)
    if len(text) <= _LONGEST:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def claim(
    scope: RecordScope, object_: Object, drafts: Sequence[tuple[int, Draft]]
) -> list[tuple[Draft, Field]]:
    """Claim the unique values of records; returns what somebody else has.

    A record that loses one value gives up the others that it has just won.
    """
    wanted = [
        (record_id, draft, field, value)
        for record_id, draft in drafts
        for field, value in draft.values.items()
        if field.unique and value is not None
    ]
    if not wanted:
        return []
    rows = [
        {"record_id": record_id, "field_id": field.number, "val": unique_key(field, value)}
        for record_id, _draft, field, value in wanted
    ]
    connection = scope.unit.connection
    won = statements.claim_unique(
        connection, tenant_id=scope.tenant_id, object_number=object_.number, rows=rows
    )
    lost = [
        (record_id, draft, field)
        for record_id, draft, field, _value in wanted
        if (record_id, field.number) not in won
    ]
    if lost:
        losers = {record_id for record_id, _draft, _field in lost}
        returned = [claimed for claimed in won if claimed[0] in losers]
        statements.release_unique(connection, tenant_id=scope.tenant_id, claims=returned)
    return [(draft, field) for _id, draft, field in lost]
