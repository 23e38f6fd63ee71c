"""One choice of a picklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement

from metadata.fieldtypes.base import FieldType
from metadata.fieldtypes.choices import (
    CHOICE_OPTIONS,
    check_source,
    choice_label,
    choices,
    chosen,
    chosen_by_text,
)
from metadata.schema import Field


class PicklistType(FieldType):
    """The code of one choice."""

    name = "picklist"
    label = {"en": "Picklist", "zh_CN": "单选"}
    slot_kind = "p"
    operators = ("=", "!=", "in", "not_in", "is_empty", "is_not_empty")
    options_schema = CHOICE_OPTIONS
    groupable = True
    widget = "picklist"

    def check_options(self, options: Mapping[str, Any]) -> None:
        """One source of choices."""
        check_source(options)

    def read(self, field: Field, value: Any) -> str | None:
        """A code of the picklist that is not retired."""
        return None if value == "" else chosen(field, value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """One of the codes."""
        return {"type": "string", "enum": [v.code for v in choices(field).values]}

    def slot_value(self, field: Field, value: str) -> int | None:
        """The number of the choice."""
        choice = choices(field).by_code.get(value)
        return choice.number if choice else None

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The code."""
        return stored_text

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> str:
        """A code, or a label in either language."""
        return chosen_by_text(field, text)

    def format(self, field: Field, value: str, locale: str, zone: str) -> str:
        """The label of the choice."""
        return choice_label(field, value, locale)
