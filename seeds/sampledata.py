"""Creates the records that a package brings in `data/`.

A record may have a `key` by which other records of the package name it in their lookups; people
are named by their e-mail address, other records as in the API by `{"match": {field: value}}`.
Dates may be relative to the day of installing: `{"$date": "today", "days": -7}`, for instants
with a `"time": "09:30"` in the actor's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kernel.errors import FieldError
from kernel.i18n import lazy
from metadata.schema import Field, Object
from runtime import records
from runtime.scope import RecordScope
from seeds.archive import BadPackage, fault
from seeds.package import DataFile

KEY = "key"
PERSON = "user"
_BATCH = 500
_MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A record of the package that is still to be created."""

    where: str
    object: Object
    given: Mapping[str, Any]

    def links(self) -> Iterable[tuple[Field, str]]:
        """The lookups that name a record by its key."""
        for name, value in self.given.items():
            target = self.object.fields.get(name)
            if target is not None and target.to is not None and isinstance(value, str):
                yield target, value


@dataclass(slots=True)
class _Loading:
    """What is known while the records of a package are created."""

    scope: RecordScope
    today: date
    keys: set[tuple[str, str]] = field(default_factory=set)
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    faults: list[FieldError] = field(default_factory=list)


def load(scope: RecordScope, files: Iterable[DataFile]) -> int:
    """Create all records; answers how many. Raises `BadPackage` with each one that is refused."""
    zone = ZoneInfo(scope.actor.zone)
    loading = _Loading(scope, scope.unit.clock.now().astimezone(zone).date())
    waiting = _rows(loading, files)
    _stop(loading)
    created = 0
    while waiting:
        ready = [row for row in waiting if _is_ready(loading, row)]
        if not ready:
            message = lazy("Records of the package refer to each other in a circle.")
            raise BadPackage(errors=[fault(row.where, "circle", message) for row in waiting[:20]])
        waiting = [row for row in waiting if row not in ready]
        _create(loading, ready)
        created += len(ready)
        _stop(loading)
    return created


def _rows(loading: _Loading, files: Iterable[DataFile]) -> list[_Row]:
    rows = []
    for file in files:
        object_ = loading.scope.schema.objects.get(file.object)
        if object_ is None:
            message = lazy("There is no object “%(name)s”.", name=file.object[:80])
            loading.faults.append(fault(f"{file.file}#/object", "unknown_object", message))
            continue
        for index, given in enumerate(file.records):
            row = _Row(f"{file.file}#/records/{index}", object_, given)
            rows.append(row)
            _note_key(loading, row)
    for row in rows:
        for target, key in row.links():
            if target.to != PERSON and (target.to or "", key) not in loading.keys:
                message = lazy("No record of the package has the key “%(key)s”.", key=key[:80])
                loading.faults.append(fault(f"{row.where}/{target.api}", "unknown_key", message))
    return rows


def _note_key(loading: _Loading, row: _Row) -> None:
    if KEY not in row.given:
        return
    key = (row.object.api, str(row.given[KEY]))
    if key in loading.keys:
        message = lazy("The key “%(key)s” occurs twice.", key=key[1][:80])
        loading.faults.append(fault(f"{row.where}/{KEY}", "duplicate", message))
    loading.keys.add(key)


def _is_ready(loading: _Loading, row: _Row) -> bool:
    wanted = ((target.to or "", key) for target, key in row.links())
    return all(key not in loading.keys or key in loading.ids for key in wanted)


def _create(loading: _Loading, rows: list[_Row]) -> None:
    by_object: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_object[row.object.api].append(row)
    for api, batch in by_object.items():
        for start in range(0, len(batch), _BATCH):
            part = batch[start : start + _BATCH]
            values = [_values(loading, row) for row in part]
            results = records.create_many(loading.scope, api, values)
            for row, result in zip(part, results, strict=True):
                if result.id is not None and KEY in row.given:
                    loading.ids[row.object.api, str(row.given[KEY])] = result.id
                loading.faults += (
                    fault(f"{row.where}/{error.field}", error.code, error.message)
                    for error in result.errors
                )


def _values(loading: _Loading, row: _Row) -> dict[str, Any]:
    values = {name: value for name, value in row.given.items() if name != KEY}
    for target, key in row.links():
        known = loading.ids.get((target.to or "", key))
        values[target.api] = str(known) if known is not None else {"match": {"email": key}}
    for name, value in values.items():
        if isinstance(value, Mapping) and "$date" in value:
            values[name] = _day(loading, row, name, value)
    return values


def _day(loading: _Loading, row: _Row, name: str, value: Mapping[str, Any]) -> str | None:
    days, clock = value.get("days", 0), value.get("time")
    known = value["$date"] == "today" and not value.keys() - {"$date", "days", "time"}
    if known and isinstance(days, int) and abs(days) <= _MOST_DAYS:
        day = loading.today + timedelta(days=days)
        if clock is None:
            return day.isoformat()
        try:
            zone = ZoneInfo(loading.scope.actor.zone)
            local = datetime.combine(day, time.fromisoformat(clock), tzinfo=zone)
        except (TypeError, ValueError):
            pass
        else:
            return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    message = lazy("This is not a relative date like %(example)s.", example=_EXAMPLE)
    loading.faults.append(fault(f"{row.where}/{name}", "bad_date", message))
    return None


_EXAMPLE = '{"$date": "today", "days": -7, "time": "09:30"}'


def _stop(loading: _Loading) -> None:
    if loading.faults:
        raise BadPackage(errors=loading.faults)
