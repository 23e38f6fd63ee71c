"""What an import is to do: the person's choices, as JSON in the import's row."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from kernel.errors import FieldError, Invalid
from kernel.i18n import lazy
from runtime.transfer.readers import FileFormat

MODES = ("insert", "update", "upsert")
MATCH_ID = "id"
MAX_VALUES = 5_000
"""Entries of a column's value map."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where a column of the file goes. `column` None is a constant: `default` in every row."""

    column: str | None
    field: str
    by: tuple[str, ...] = ()
    """For lookups: the fields of the other object that the text is compared with, in order."""
    create_missing: bool = False
    """For lookups: create a record of the other object when there is none with this text."""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Texts of the file and what they mean."""
    default: str = ""
    """What a blank cell means."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Object, file format, mode and columns of an import."""

    object: str
    format: FileFormat
    mode: str = "insert"
    match: str | None = None
    """Field by which existing records are found (`update` and `upsert`)."""
    columns: tuple[ColumnPlan, ...] = ()
    decimal: str = "."
    dates: str = "ymd"
    """Order of the numbers in dates such as 03/04/2026: ymd, dmy or mdy."""
    clear_blanks: bool = False
    """Whether a blank cell empties the field of an existing record or leaves it alone."""

    def as_json(self) -> dict[str, Any]:
        """The plan as it is stored."""
        document: dict[str, Any] = orjson.loads(orjson.dumps(asdict(self)))
        return document

    def changed(self, **changes: Any) -> Plan:
        """The plan with other choices."""
        return replace(self, **changes)


def plan_from_json(document: Any) -> Plan:
    """A plan from stored or given JSON; raises `Invalid` naming the part that is wrong."""
    errors = sorted(_VALIDATOR.iter_errors(document), key=lambda error: list(error.path))
    if errors:
        raise Invalid(
            lazy("The mapping is not valid."),
            errors=[
                FieldError(
                    ".".join(map(str, error.path)) or "mapping", "invalid", error.message[:300]
                )
                for error in errors[:20]
            ],
        )
    columns = tuple(
        ColumnPlan(**{**column, "by": tuple(column.get("by", ()))})
        for column in document.get("columns", ())
    )
    shape = FileFormat(**document.get("format", {"kind": "csv"}))
    rest = {k: v for k, v in document.items() if k not in ("columns", "format")}
    return Plan(format=shape, columns=columns, **rest)


_TEXT = {"type": "string", "maxLength": 1000}
_OPTIONAL = {"type": ["string", "null"], "maxLength": 300}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["object"],
    "properties": {
        "object": _TEXT,
        "format": {
            "type": "object",
            "additionalProperties": False,
            "required": ["kind"],
            "properties": {
                "kind": {"enum": ["csv", "xlsx", "ndjson"]},
                "encoding": _OPTIONAL,
                "delimiter": _OPTIONAL,
                "sheet": _OPTIONAL,
            },
        },
        "mode": {"enum": list(MODES)},
        "match": _OPTIONAL,
        "columns": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["column", "field"],
                "properties": {
                    "column": {"type": ["string", "null"]},
                    "field": _TEXT,
                    "by": {"type": "array", "items": _TEXT, "maxItems": 5},
                    "create_missing": {"type": "boolean"},
                    "values": {
                        "type": "object",
                        "maxProperties": MAX_VALUES,
                        "additionalProperties": {"type": "string", "maxLength": 10_000},
                    },
                    "default": {"type": "string", "maxLength": 10_000},
                },
            },
        },
        "decimal": {"enum": [".", ","]},
        "dates": {"enum": ["ymd", "dmy", "mdy"]},
        "clear_blanks": {"type": "boolean"},
    },
}
_VALIDATOR = Draft202012Validator(_SCHEMA)
