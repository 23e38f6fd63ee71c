"""What the text-like types share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, func

from metadata.fieldtypes.base import BadValue, FieldType
from metadata.schema import Field
from metadata.text import fold, sort_key

# NUL cannot be stored, a lone surrogate is no character; other controls are never meant.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp"})
_LINE_BREAK = re.compile("[\r\n\x85\u2028\u2029]")


class TextLike(FieldType):
    """Base of the types whose value is a `str`."""

    slot_kind: ClassVar[str | None] = "t"
    operators: ClassVar[tuple[str, ...]] = (
        "=",
        "!=",
        "in",
        "not_in",
        "contains",
        "not_contains",
        "starts_with",
        "is_empty",
        "is_not_empty",
    )
    can_be_unique = True
    multiline: ClassVar[bool] = False
    default_length: ClassVar[int] = 255

    def length(self, field: Field) -> int:
        """The longest text that the field takes, in characters."""
        return int(field.options.get("length", self.default_length))

    def read(self, field: Field, value: Any) -> str | None:
        """Text without blanks around it; None when nothing is left."""
        text = self.clean(value)
        limit = self.length(field)
        if len(text) > limit:
            raise BadValue(
                "too_long",
                "At most %(limit)s characters fit; this has %(length)s.",
                limit=limit,
                length=len(text),
            )
        return text or None

    def clean(self, value: Any) -> str:
        """The input as text that can be stored, however long."""
        if not isinstance(value, str):
            raise BadValue("not_text", "This must be a text.")
        text = value.strip()
        if text and all(unicodedata.category(c) in _INVISIBLE for c in text):
            text = ""  # nobody could read or click it
        if _CONTROL.search(text):
            raise BadValue("control_character", "This contains a control character.")
        if self.multiline:
            return text.replace("\r\n", "\n").replace("\r", "\n")
        if _LINE_BREAK.search(text):
            raise BadValue("line_break", "This must be one line.")
        return text

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A string of limited length."""
        return {"type": "string", "maxLength": self.length(field)}

    def companion(self, field: Field, value: str) -> str | None:
        """The pinyin sort key, for texts that the database cannot sort by itself."""
        return None if value.isascii() else sort_key(value)

    def slot_value(self, field: Field, value: str) -> str:
        """The sort key: the slot orders and narrows, the data decide."""
        return sort_key(value)

    def comparable(self, field: Field, value: str) -> str:
        """The text without the difference of case."""
        return fold(value)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The folded text."""
        return func.lower(stored_text, type_=Text())

    def format(self, field: Field, value: str, locale: str, zone: str) -> str:
        """As it is."""
        return value


def length_option(maximum: int) -> Mapping[str, Any]:
    """The option `length` of a text type."""
    return {
        "length": {
            "type": "integer",
            "minimum": 1,
            "maximum": maximum,
            "x-label": {"en": "Longest text (characters)", "zh_CN": "最大长度（字符）"},
        }
    }
