"""A number that the system gives to each record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from metadata.fieldtypes.base import BadValue
from metadata.fieldtypes.texts import TextLike

_PART = re.compile(r"\{(YYYY|YY|MM|DD|0+)\}")


class Autonumber(TextLike):
    """A running number in a format such as `HT-{YYYY}-{0000}`; it starts anew in each period
    (year, month, day) that the format names."""

    name = "autonumber"
    label = {"en": "Automatic number", "zh_CN": "自动编号"}
    options_schema = {
        "format": {
            "type": "string",
            "minLength": 3,
            "maxLength": 60,
            "x-label": {
                "en": "Format, such as HT-{YYYY}-{0000}",
                "zh_CN": "格式，如 HT-{YYYY}-{0000}",
            },
        }
    }
    can_be_unique = False
    can_have_default = False
    computed = True
    widget = "autonumber"

    def check_options(self, options: Mapping[str, Any]) -> None:
        """The format has exactly one place for the number and nothing unknown in braces."""
        text = options.get("format", "")
        places = [part for part in _PART.findall(text) if part.startswith("0")]
        if len(places) != 1 or re.search("[{}]", _PART.sub("", text)):
            raise BadValue(
                "bad_format",
                "The format needs exactly one place for the number, such as {0000}, "
                "and may use {YYYY}, {YY}, {MM} and {DD}.",
            )
        if len(places[0]) > 12:
            raise BadValue("bad_format", "The number has at most 12 digits.")


def period_of(format_text: str, day: date) -> str:
    """The period in which numbers count up: "" for ever, or like "2026-05"."""
    parts = set(_PART.findall(format_text))
    if "DD" in parts:
        return day.isoformat()
    if "MM" in parts:
        return day.isoformat()[:7]
    return day.isoformat()[:4] if parts & {"YYYY", "YY"} else ""


def number_text(format_text: str, day: date, number: int) -> str:
    """The text of the `number`th record of its period."""
    texts = {
        "YYYY": f"{day.year:04}",
        "YY": f"{day.year % 100:02}",
        "MM": f"{day.month:02}",
        "DD": f"{day.day:02}",
    }
    return _PART.sub(lambda m: texts.get(m[1]) or f"{number:0{len(m[1])}}", format_text)
