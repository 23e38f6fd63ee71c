"""A percentage."""

from __future__ import annotations

from decimal import Decimal

from metadata.fieldtypes.numbers import SCALE_OPTIONS, NumberLike
from metadata.schema import Field


class Percent(NumberLike):
    """A share in hundredths: the value 12.5 is read as 12.5%."""

    name = "percent"
    label = {"en": "Percent", "zh_CN": "百分比"}
    options_schema = SCALE_OPTIONS
    measures = ("avg", "min", "max")
    widget = "percent"
    default_scale = 2

    def spelled(self, text: str) -> Decimal:
        """With or without the sign: `12.5%` and `12.5` are the same."""
        return super().spelled(text.strip().rstrip("%％"))

    def format(self, field: Field, value: Decimal, locale: str, zone: str) -> str:
        """With its sign."""
        return super().format(field, value, locale, zone) + "%"
