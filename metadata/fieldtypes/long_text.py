"""Text of several lines."""

from __future__ import annotations

from metadata.fieldtypes.texts import TextLike, length_option


class LongText(TextLike):
    """Several lines, at most 32,000 characters unless the field says otherwise."""

    name = "long_text"
    label = {"en": "Long text", "zh_CN": "多行文本"}
    slot_kind = None
    operators = ("contains", "not_contains", "starts_with", "is_empty", "is_not_empty")
    options_schema = length_option(100_000)
    sortable = False
    can_be_unique = False
    widget = "long_text"
    multiline = True
    default_length = 32_000
