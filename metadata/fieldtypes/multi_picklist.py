"""Several choices of a picklist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import JSONB

from metadata.fieldtypes.base import BadValue, FieldType
from metadata.fieldtypes.choices import (
    CHOICE_OPTIONS,
    check_source,
    choice_label,
    choices,
    chosen,
    chosen_by_text,
)
from metadata.schema import Field

_SEPARATOR = re.compile(r"[;；\n]")


class MultiPicklist(FieldType):
    """Codes of several choices, each once, in the order of the picklist."""

    name = "multi_picklist"
    stored_as_text = False
    label = {"en": "Multiple choice", "zh_CN": "多选"}
    operators = ("has_any", "has_all", "has_none", "is_empty", "is_not_empty")
    options_schema = CHOICE_OPTIONS
    sortable = False
    widget = "multi_picklist"

    def check_options(self, options: Mapping[str, Any]) -> None:
        """One source of choices."""
        check_source(options)

    def read(self, field: Field, value: Any) -> tuple[str, ...] | None:
        """A list of codes."""
        if value == "":
            return None
        if not isinstance(value, list | tuple):
            raise BadValue("not_a_list", "This must be a list of choices.")
        return self._in_order(field, {chosen(field, code) for code in value})

    def _in_order(self, field: Field, codes: set[str]) -> tuple[str, ...] | None:
        return tuple(v.code for v in choices(field).values if v.code in codes) or None

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A list of codes."""
        codes = [v.code for v in choices(field).values]
        return {"type": "array", "items": {"type": "string", "enum": codes}}

    def store(self, field: Field, value: tuple[str, ...]) -> list[str]:
        """A list of codes."""
        return list(value)

    def load(self, field: Field, stored: Any) -> tuple[str, ...]:
        """The codes."""
        return tuple(stored)

    def comparable(self, field: Field, value: tuple[str, ...]) -> frozenset[str]:
        """The set of codes."""
        return frozenset(value)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The list as jsonb."""
        return stored_text.cast(JSONB)

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> Any:
        """Codes or labels with semicolons between them."""
        parts = [part for part in _SEPARATOR.split(text) if part.strip()]
        return self._in_order(field, {chosen_by_text(field, part) for part in parts})

    def format(self, field: Field, value: tuple[str, ...], locale: str, zone: str) -> str:
        """The labels."""
        return "; ".join(choice_label(field, code, locale) for code in value)
