"""Cells of files: text, whether it was typed by the file, and formulas made harmless.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula. An export therefore
puts an apostrophe before such text, and before text that already has apostrophes there, so that
an import that takes exactly one away gives back the very same text.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_RISKY = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(r'"[^"]*"|\\.')  # literal text in a number format
_ARMED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")


class TypedText(str):
    """The text of a cell to which the file itself gave a type (a number or date of a workbook):
    the decimal mark and the order of days and months that people chose do not apply to it."""

    __slots__ = ()


def neutralise(text: str) -> str:
    """The text as a cell that no spreadsheet runs as a formula."""
    return "'" + text if _RISKY.match(text) else text


def restore(text: str) -> str:
    """The text that `neutralise` was given."""
    return text[1:] if _ARMED.match(text) else text


def cell_text(value: Any, number_format: str = "General") -> str:
    """The text of a workbook cell's value. Numbers have the 15 digits that spreadsheets keep."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return TypedText("true" if value else "false")
        case datetime():
            return TypedText(value.date() if _is_midnight(value) else value.isoformat(" "))
        case date() | time():
            return TypedText(value.isoformat())
        case int() | float():
            return TypedText(_number_text(value, number_format))
        case timedelta():
            return TypedText(value)
    return str(value)


def _is_midnight(value: datetime) -> bool:
    return value.time() == time()


def _number_text(value: int | float, number_format: str) -> str:
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if "%" in _QUOTED.sub("", number_format.split(";")[0]):
        return f"{(number * 100).normalize():f}%"
    return f"{number:f}"
