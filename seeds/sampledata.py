"""Creates the records that a package brings in `data/`.

A record may have a `key` by which other records of the package name it in their lookups; people
are named by their e-mail address, other records as in the API by `{"match": {field: value}}`.
Dates may be relative to the day of installing: `{"$date": "today", "days": -7}`, for instants
with a `"time": "09:30"` in the actor's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kernel.errors import FieldError
from kernel.i18n import lazy
from metadata.fieldtypes import BadValue
from metadata.schema import Field, Object, Schema
from runtime import records
from runtime.scope import RecordScope
from seeds.archive import BadPackage, fault
from seeds.package import DataFile

KEY = "key"
PERSON = "user"
_BATCH = 500
_MOST_DAYS = 36_500
_EXAMPLE = '{"$date": "today", "days": -7, "time": "09:30"}'


@dataclass(frozen=True, slots=True)
class Relative:
    """A day relative to that of installing, perhaps with a time of day."""

    days: int
    clock: time | None

    def spelled(self, today: date, zone: ZoneInfo) -> str:
        """The day, or the instant in UTC, as records take it."""
        day = today + timedelta(days=self.days)
        if self.clock is None:
            return day.isoformat()
        local = datetime.combine(day, self.clock, tzinfo=zone)
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A record of a package that is to be created; `links` are its lookups by key."""

    where: str
    object: Object
    key: str | None
    values: Mapping[str, Any]
    links: Mapping[Field, str]


@dataclass(slots=True)
class _Plan:
    """What is found while data files are read."""

    rows: list[Row] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)
    faults: list[FieldError] = field(default_factory=list)


def plan(schema: Schema, files: Iterable[DataFile]) -> tuple[list[Row], list[FieldError]]:
    """The records of data files, and what is wrong with them as far as it can be told."""
    found = _Plan()
    for file in files:
        object_ = schema.objects.get(file.object)
        if object_ is None:
            message = lazy("There is no object “%(name)s”.", name=file.object[:80])
            found.faults.append(fault(f"{file.file}#/object", "unknown_object", message))
            continue
        for index, given in enumerate(file.records):
            _read_row(found, f"{file.file}#/records/{index}", object_, given)
    for row in found.rows:
        for link, key in row.links.items():
            if link.to != PERSON and _target(link, key) not in found.keys:
                message = lazy("No record of the package has the key “%(key)s”.", key=key[:80])
                found.faults.append(fault(f"{row.where}/{link.api}", "unknown_key", message))
    return found.rows, found.faults


def load(scope: RecordScope, files: Iterable[DataFile]) -> int:
    """Create all records; answers how many. Raises `BadPackage` with each one that is refused."""
    waiting, faults = plan(scope.schema, files)
    keys = {(row.object.api, row.key) for row in waiting}
    ids: dict[tuple[str, str], int] = {}
    created = 0
    while waiting and not faults:
        ready: list[Row] = []
        rest: list[Row] = []
        for row in waiting:
            wanted = {_target(*link) for link in row.links.items()} & keys
            (ready if wanted <= ids.keys() else rest).append(row)
        if not ready:
            message = lazy("Records of the package refer to each other in a circle.")
            faults = [fault(row.where, "circle", message) for row in rest[:20]]
            break
        faults = list(_create(scope, ready, ids))
        created += len(ready)
        waiting = rest
    if faults:
        raise BadPackage(errors=faults)
    return created


def _read_row(found: _Plan, where: str, object_: Object, given: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {}
    links: dict[Field, str] = {}
    for name, value in given.items():
        target = object_.fields.get(name)
        if name == KEY:
            continue
        if target is None:
            message = lazy("There is no field “%(name)s”.", name=name[:80])
            found.faults.append(fault(f"{where}/{name}", "unknown_field", message))
        elif target.to is not None and isinstance(value, str):
            links[target] = value
        elif isinstance(value, Mapping) and "$date" in value:
            values[name] = _relative(value)
            if values[name] is None:
                message = lazy("This is no relative date like %(example)s.", example=_EXAMPLE)
                found.faults.append(fault(f"{where}/{name}", "bad_date", message))
        else:
            values[name] = value
            found.faults += _wrong_value(where, target, value)
    key = str(given[KEY]) if KEY in given else None
    if key is not None:
        if (object_.api, key) in found.keys:
            message = lazy("The key “%(key)s” occurs twice.", key=key[:80])
            found.faults.append(fault(f"{where}/{KEY}", "duplicate", message))
        found.keys.add((object_.api, key))
    found.rows.append(Row(where, object_, key, values, links))


def _wrong_value(where: str, target: Field, value: Any) -> Iterator[FieldError]:
    if value is None or target.to is not None or target.column is not None:
        return
    try:
        target.type.read(target, value)
    except BadValue as error:
        yield fault(f"{where}/{target.api}", error.code, error.text)


def _relative(value: Mapping[str, Any]) -> Relative | None:
    days, clock = value.get("days", 0), value.get("time")
    if value["$date"] != "today" or value.keys() - {"$date", "days", "time"}:
        return None
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > _MOST_DAYS:
        return None
    try:
        return Relative(days, None if clock is None else time.fromisoformat(clock))
    except (TypeError, ValueError):
        return None


def _target(link: Field, key: str) -> tuple[str, str]:
    return (link.to or "", key)


def _create(
    scope: RecordScope, rows: Sequence[Row], ids: dict[tuple[str, str], int]
) -> Iterator[FieldError]:
    """Create records whose lookups are known, note their ids, answer what is refused."""
    by_object: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_object[row.object.api].append(row)
    for api, batch in by_object.items():
        for start in range(0, len(batch), _BATCH):
            part = batch[start : start + _BATCH]
            values = [_values(scope, row, ids) for row in part]
            for row, result in zip(part, records.create_many(scope, api, values), strict=True):
                if result.id is not None and row.key is not None:
                    ids[api, row.key] = result.id
                for error in result.errors:
                    yield fault(f"{row.where}/{error.field}", error.code, error.message)


def _values(scope: RecordScope, row: Row, ids: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    zone = ZoneInfo(scope.actor.zone)
    today = scope.unit.clock.now().astimezone(zone).date()
    values = {
        name: value.spelled(today, zone) if isinstance(value, Relative) else value
        for name, value in row.values.items()
    }
    for link, key in row.links.items():
        known = ids.get(_target(link, key))
        values[link.api] = str(known) if known is not None else {"match": {"email": key}}
    return values
