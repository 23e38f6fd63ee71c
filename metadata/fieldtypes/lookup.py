"""A link to another record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement

from metadata.fieldtypes.base import BadValue, FieldType
from metadata.schema import Field

_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
MAX_ID = 2**63 - 1
_FILTER = {"$ref": "common.json#/$defs/condition"}
LOOKUP_OPTIONS: Mapping[str, Any] = {
    "to": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "x-label": {"en": "Object it points to", "zh_CN": "关联对象"},
    },
    "filter": {
        **_FILTER,
        "x-label": {"en": "Which records may be chosen", "zh_CN": "可选记录条件"},
    },
    "on_delete": {
        "enum": ["restrict", "clear", "cascade"],
        "x-label": {"en": "When the other record is deleted", "zh_CN": "关联记录删除时"},
    },
}


def read_id(value: Any) -> int | None:
    """A record id from a number, its digits, or `{"id": …}` as answers show a link."""
    if isinstance(value, Mapping) and set(value) <= {"id", "name"}:
        value = value.get("id")
    if value == "":
        return None
    if isinstance(value, str) and _ID.fullmatch(value.strip()):
        value = int(value.strip())
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        raise BadValue("not_an_id", "This must be the id of a record.")
    return value


class RecordId(FieldType):
    """The id of the record itself: a system field, not a type that a field document may have."""

    name = "id"
    label = {"en": "Record id", "zh_CN": "记录编号"}
    slot_kind = "r"
    operators = ("=", "!=", "in", "not_in", "is_empty", "is_not_empty")
    can_be_unique = True
    can_have_default = False
    widget = "text"

    def read(self, field: Field, value: Any) -> int | None:
        """An id."""
        return read_id(value)

    def store(self, field: Field, value: int) -> str:
        """A string: ids have more digits than some readers keep in a number."""
        return str(value)

    def load(self, field: Field, stored: Any) -> int:
        """The id."""
        return int(stored)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The id."""
        return stored_text.cast(BigInteger)

    def format(self, field: Field, value: int, locale: str, zone: str) -> str:
        """The id; who has the other record's name shows that instead."""
        return str(value)


class Lookup(RecordId):
    """The id of a record of another object."""

    name = "lookup"
    label = {"en": "Lookup", "zh_CN": "查找关系"}
    options_schema = LOOKUP_OPTIONS
    groupable = True
    widget = "lookup"

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An id to write; answers show `{"id", "name"}`."""
        return {"anyOf": [{"type": "string"}, {"type": "object"}]}
