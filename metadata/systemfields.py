"""The fields that every object has; their values are columns of the record table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metadata.fieldtypes import RECORD_ID, TYPES, FieldType
from metadata.schema import Field, Label

USER_OBJECT = "user"
"""Api name of the built-in object of people."""


@dataclass(frozen=True, slots=True)
class SystemField:
    """What is the same in all objects."""

    api: str
    column: str
    type: FieldType
    label: Label
    number: int
    to: str | None = None
    read_only: bool = True


SYSTEM_FIELDS: Mapping[str, SystemField] = {
    f.api: f
    for f in (
        SystemField("id", "id", RECORD_ID, {"en": "Id", "zh_CN": "编号"}, -1),
        SystemField(
            "owner",
            "owner_id",
            TYPES["user"],
            {"en": "Owner", "zh_CN": "所有人"},
            -2,
            to=USER_OBJECT,
            read_only=False,
        ),
        SystemField(
            "created_at",
            "created_at",
            TYPES["datetime"],
            {"en": "Created at", "zh_CN": "创建时间"},
            -3,
        ),
        SystemField(
            "created_by",
            "created_by",
            TYPES["user"],
            {"en": "Created by", "zh_CN": "创建人"},
            -4,
            to=USER_OBJECT,
        ),
        SystemField(
            "updated_at",
            "updated_at",
            TYPES["datetime"],
            {"en": "Changed at", "zh_CN": "修改时间"},
            -5,
        ),
        SystemField(
            "updated_by",
            "updated_by",
            TYPES["user"],
            {"en": "Changed by", "zh_CN": "修改人"},
            -6,
            to=USER_OBJECT,
        ),
        SystemField("version", "version", TYPES["integer"], {"en": "Version", "zh_CN": "版本"}, -7),
    )
}


def system_fields(object_api: str, object_id: str) -> list[Field]:
    """The system fields of one object."""
    return [
        Field(
            id=f"{object_id}:{f.api}",
            api=f.api,
            number=f.number,
            key=f.column,
            object=object_api,
            label=f.label,
            type=f.type,
            options={},
            column=f.column,
            read_only=f.read_only,
            to=f.to,
        )
        for f in SYSTEM_FIELDS.values()
    ]
