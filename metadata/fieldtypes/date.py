"""A day of the calendar."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import ColumnElement, Date

from kernel.i18n import format_date
from metadata.fieldtypes.base import BadValue, FieldType
from metadata.fieldtypes.dates import read_day
from metadata.schema import Field

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
DATE_OPERATORS = (*COMPARISONS, "between", "during", "is_empty", "is_not_empty")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class DateType(FieldType):
    """A date, from 0001-01-01 to 9999-12-31, the same in every time zone."""

    name = "date"
    label = {"en": "Date", "zh_CN": "日期"}
    slot_kind = "d"
    temporal = "day"
    operators = DATE_OPERATORS
    measures = ("min", "max")
    groupable = True
    can_be_unique = True
    widget = "date"

    def read(self, field: Field, value: Any) -> dt.date | None:
        """An ISO date."""
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if value == "":
            return None
        if not isinstance(value, str) or not _ISO.fullmatch(value):
            raise BadValue("not_a_date", "This must be a date like 2026-05-31.")
        try:
            return dt.date.fromisoformat(value)
        except ValueError as error:
            raise BadValue("no_such_day", "%(text)s is not in the calendar.", text=value) from error

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An ISO date."""
        return {"type": "string", "format": "date"}

    def store(self, field: Field, value: dt.date) -> str:
        """An ISO date."""
        return value.isoformat()

    def load(self, field: Field, stored: str) -> dt.date:
        """The date."""
        return dt.date.fromisoformat(stored)

    def slot_value(self, field: Field, value: dt.date) -> dt.datetime:
        """Midnight UTC."""
        return dt.datetime.combine(value, dt.time(), tzinfo=dt.UTC)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The date."""
        return stored_text.cast(Date)

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> dt.date:
        """2026-01-02, 2026/1/2, 2026年1月2日, Jan 2, 2026."""
        return read_day(text)

    def format(self, field: Field, value: dt.date, locale: str, zone: str) -> str:
        """As the language writes it."""
        return format_date(value, locale)
