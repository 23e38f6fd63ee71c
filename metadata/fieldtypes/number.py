"""A decimal number."""

from __future__ import annotations

from metadata.fieldtypes.numbers import SCALE_OPTIONS, NumberLike


class Number(NumberLike):
    """A decimal number; zeros at its end are not kept."""

    name = "number"
    label = {"en": "Number", "zh_CN": "数字"}
    options_schema = SCALE_OPTIONS
    default_scale = 4
