"""Yes or no."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement

from kernel.i18n import _, use_locale
from metadata.fieldtypes.base import BadValue, FieldType
from metadata.schema import Field

_SPELLINGS = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "on", "x", "✓", "√", "☑"), True),
    **dict.fromkeys(("是", "对", "真", "有"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "off", "✗", "×", "☐"), False),
    **dict.fromkeys(("否", "不", "假", "无"), False),
}


class Checkbox(FieldType):
    """True or false; a new record has false unless the field says otherwise."""

    name = "checkbox"
    label = {"en": "Checkbox", "zh_CN": "复选框"}
    slot_kind = "p"
    stored_as_text = False
    absent = False
    operators = ("=", "!=", "is_empty", "is_not_empty")
    groupable = True
    widget = "checkbox"

    def read(self, field: Field, value: Any) -> bool:
        """A JSON boolean."""
        if not isinstance(value, bool):
            raise BadValue("not_a_boolean", "This must be true or false.")
        return value

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def slot_value(self, field: Field, value: bool) -> int:
        """1 or 0."""
        return int(value)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The boolean."""
        return stored_text.cast(Boolean)

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> bool:
        """yes, no, true, false, 1, 0, 是, 否 and the like."""
        value = _SPELLINGS.get(text.strip().lower())
        if value is None:
            raise BadValue(
                "not_a_boolean", "%(text)s is neither yes nor no.", text=text.strip()[:80]
            )
        return value

    def format(self, field: Field, value: bool, locale: str, zone: str) -> str:
        """Yes or no."""
        with use_locale(locale):
            return _("Yes") if value else _("No")
