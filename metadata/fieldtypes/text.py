"""A line of text."""

from __future__ import annotations

from typing import Any

from metadata.fieldtypes.texts import TextLike, length_option
from metadata.schema import Field


class Text(TextLike):
    """One line, at most 255 characters."""

    name = "text"
    label = {"en": "Text", "zh_CN": "单行文本"}
    options_schema = length_option(255)
    groupable = True
    widget = "text"

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> Any:
        """Line breaks, common in files, become blanks."""
        return self.read(field, " ".join(text.splitlines()))
