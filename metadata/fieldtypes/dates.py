"""Reading dates and times of day as people write them in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from metadata.fieldtypes.base import BadValue

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_TIME = (
    r"(?:\s*[tT\s]\s*(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})分?"
    r"(?::?(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?秒?)?"
    r"\s*(?P<half>[ap]m)?\s*(?P<offset>z|[+-]\d{2}:?\d{2})?)?"
)
_FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE | re.ASCII)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})[\s-]{_MONTH}[\s-](?P<year>\d{{4}})",
    )
)


def read_moment(text: str, zone: str) -> datetime:
    """Date and time of day; an instant without an offset is in `zone`, the answer is in UTC."""
    day, parts = _read(text)
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise _not_a_date(text)
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    fraction = (parts["fraction"] or "").ljust(6, "0")
    try:
        clock = time(hour, int(parts["minute"] or 0), int(parts["second"] or 0), int(fraction))
        return _in_utc(day, clock, parts["offset"], zone)
    except (ValueError, OverflowError) as error:
        raise _not_a_date(text) from error


def read_day(text: str) -> date:
    """A date; a time of day is accepted when it is midnight (spreadsheets add it)."""
    day, parts = _read(text)
    clock = [parts[name] for name in ("hour", "minute", "second", "fraction")]
    if any(int(part or 0) for part in clock) or parts["half"] or parts["offset"]:
        raise BadValue(
            "has_time", "%(text)s has a time of day; a date is wanted.", text=text.strip()[:80]
        )
    return day


def _read(text: str) -> tuple[date, dict[str, str | None]]:
    plain = unicodedata.normalize("NFKC", text).strip()
    match = next((m for form in _FORMS if (m := form.fullmatch(plain))), None)
    if match is None:
        raise _not_a_date(text)
    parts = match.groupdict()
    try:
        month = _month(parts["name"]) if parts.get("name") else int(parts["month"])
        return date(int(parts["year"]), month, int(parts["day"])), parts
    except ValueError as error:
        raise BadValue(
            "no_such_day", "%(text)s is not in the calendar.", text=text.strip()[:80]
        ) from error


def _month(name: str) -> int:
    short = name.lower()[:3]
    if short not in _MONTHS:
        raise ValueError(name)
    return _MONTHS.index(short) + 1


def _in_utc(day: date, clock: time, offset: str | None, zone: str) -> datetime:
    if offset is None:
        return datetime.combine(day, clock, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if offset.lower() == "z":
        return datetime.combine(day, clock, tzinfo=UTC)
    zone_text = offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    return datetime.fromisoformat(f"{day}T{clock}{zone_text}").astimezone(UTC)


def _not_a_date(text: str) -> BadValue:
    return BadValue(
        "not_a_date",
        "%(text)s is not a date. Write it like 2026-05-31.",
        text=text.strip()[:80],
    )
