"""A whole number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kernel.i18n import format_decimal
from metadata.fieldtypes.numbers import RANGE_OPTIONS, NumberLike
from metadata.schema import Field


class Integer(NumberLike):
    """A whole number of at most 15 digits: programs in any language read it exactly."""

    name = "integer"
    stored_as_text = False
    label = {"en": "Whole number", "zh_CN": "整数"}
    options_schema = {
        **RANGE_OPTIONS,
        "grouping": {
            "type": "boolean",
            "x-label": {
                "en": "Show thousands separators (not for years)",
                "zh_CN": "显示千位分隔符（年份不适用）",
            },
        },
    }
    groupable = True
    digits = 15

    def fit(self, field: Field, number: Decimal) -> int:
        """The number as `int`."""
        if number.is_finite() and number and number.adjusted() >= self.digits:
            self.refuse_digits(self.digits)
        return int(super().fit(field, number))

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A JSON number."""
        return {"type": "integer"}

    def store(self, field: Field, value: Any) -> int:
        """A JSON number."""
        return int(value)

    def load(self, field: Field, stored: Any) -> int:
        """The number."""
        return int(stored)

    def format(self, field: Field, value: Any, locale: str, zone: str) -> str:
        """With separators, unless they make no sense, as in years."""
        if not field.options.get("grouping", True):
            return str(value)
        return format_decimal(value, scale=0, locale=locale)
