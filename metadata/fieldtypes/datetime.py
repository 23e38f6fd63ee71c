"""An instant."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, DateTime

from kernel.i18n import format_datetime
from metadata.fieldtypes.base import BadValue, FieldType
from metadata.fieldtypes.date import DATE_OPERATORS
from metadata.fieldtypes.dates import read_moment
from metadata.schema import Field


class DateTimeType(FieldType):
    """Date and time of day; kept in UTC, shown in the reader's time zone."""

    name = "datetime"
    label = {"en": "Date and time", "zh_CN": "日期时间"}
    slot_kind = "d"
    temporal = "instant"
    operators = DATE_OPERATORS
    measures = ("min", "max")
    groupable = True
    widget = "datetime"

    def read(self, field: Field, value: Any) -> dt.datetime | None:
        """ISO 8601 with `Z` or an offset; without one it is UTC."""
        if value == "":
            return None
        try:
            moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
            if not isinstance(moment, dt.datetime):
                raise ValueError
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=dt.UTC)
            return moment.astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise BadValue(
                "not_a_datetime", "This must be a date and time like 2026-05-31T09:30:00Z."
            ) from error

    def json_schema(self, field: Field) -> dict[str, Any]:
        """ISO 8601."""
        return {"type": "string", "format": "date-time"}

    def store(self, field: Field, value: dt.datetime) -> str:
        """ISO 8601 in UTC with `Z`."""
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"

    def load(self, field: Field, stored: str) -> dt.datetime:
        """The instant, in UTC."""
        return dt.datetime.fromisoformat(stored)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The instant."""
        return stored_text.cast(DateTime(timezone=True))

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> dt.datetime:
        """2026-01-02 13:45, 2026年1月2日 13:45, Jan 2, 2026 1:45 pm; in `zone`."""
        return read_moment(text, zone)

    def format(self, field: Field, value: dt.datetime, locale: str, zone: str) -> str:
        """As the language writes it, in the reader's zone."""
        return format_datetime(value, zone, locale)
