"""From the text of a cell to the value of a field."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from kernel.errors import FieldError
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field
from runtime.transfer.cells import TypedText, restore
from runtime.transfer.plan import Plan

_NUMBERED_DATE = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?!\d)")


def mapped_text(text: str, values: dict[str, str], default: str) -> str:
    """What a cell says, after the value map (case aside) and the default for blank cells."""
    plain = restore(text)
    stripped = plain.strip()
    if values:
        found = values.get(stripped)
        if found is None:
            found = values.get(stripped.casefold())
        if found is not None:
            return found
    if not stripped:
        return default
    return text if plain is text else plain


def value_map(values: Any) -> dict[str, str]:
    """A value map by its texts and by their folded forms; the exact text wins."""
    folded = {str(text).strip().casefold(): str(meant) for text, meant in values.items()}
    return folded | {str(text).strip(): str(meant) for text, meant in values.items()}


def to_value(field: Field, text: str, plan: Plan, locale: str, zone: str) -> Any:
    """The value that a non-blank text means for a field. Raises `BadValue`."""
    numeric = field.type.slot_kind == "n"
    if isinstance(text, TypedText):
        if numeric and text.endswith("%") and field.type.name != "percent":
            text = f"{Decimal(text[:-1]) / 100:f}"  # the cell only looks like a percentage
    elif numeric and plan.decimal == ",":
        text = _with_point(text)
    elif field.type.temporal is not None and plan.dates != "ymd":
        text = _year_first(text, plan.dates)
    return field.type.parse_text(field, str(text), locale, zone=zone)


def _with_point(text: str) -> str:
    """1.234,50 as 1234.50."""
    return text.replace(".", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")


def _year_first(text: str, order: str) -> str:
    match = _NUMBERED_DATE.match(text)
    if match is None:
        return text
    first, second, year = match.groups()
    day, month = (first, second) if order == "dmy" else (second, first)
    return f"{year}-{month}-{day}{text[match.end() :]}"


def refusal(field: str, error: BadValue) -> FieldError:
    """The error of a cell."""
    return FieldError(field, error.code, error.text)
