"""Reading what callers ask for: field names, sort keys, groupings and measures by api name.

Used by the API, list pages and reports alike; errors name the place in the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernel.errors import FieldError, Invalid
from kernel.i18n import Text, lazy
from metadata.paths import PathError, resolve_path
from metadata.schema import Grouping, Measure, Object, Path, Schema, SortKey
from runtime.query.aggregation import PERIODS

MAX_FIELDS = 100
MAX_SORT_KEYS = 5
MAX_GROUPINGS = 2
MAX_MEASURES = 10
MEASURE_FUNCTIONS = ("count", "sum", "avg", "min", "max")


def _refused(at: str, code: str, message: Text) -> Invalid:
    return Invalid(errors=[FieldError(at, code, message)])


def read_path(schema: Schema, object_: Object, name: Any, at: str) -> Path:
    """The path of a dotted name; raises `Invalid`."""
    if not isinstance(name, str):
        raise _refused(at, "not_a_field", lazy("This must be the name of a field."))
    try:
        return resolve_path(name, object_, schema)
    except PathError as error:
        raise _refused(at, "unknown_field", error.text) from error


def read_fields(
    schema: Schema, object_: Object, names: Sequence[Any] | None, at: str = "fields"
) -> tuple[Path, ...] | None:
    """The asked columns; None means all fields of the object."""
    if names is None:
        return None
    if len(names) > MAX_FIELDS:
        raise _refused(at, "too_many", lazy("At most %(limit)s fields.", limit=MAX_FIELDS))
    found = (read_path(schema, object_, n, f"{at}[{i}]") for i, n in enumerate(names))
    return tuple({path.api: path for path in found}.values())


def read_sort(
    schema: Schema, object_: Object, names: Sequence[Any] | None, at: str = "sort"
) -> tuple[SortKey, ...]:
    """Sort keys such as `-close_date`."""
    if names is not None and len(names) > MAX_SORT_KEYS:
        raise _refused(at, "too_many", lazy("At most %(limit)s sort keys.", limit=MAX_SORT_KEYS))
    keys = []
    for index, name in enumerate(names or ()):
        place = f"{at}[{index}]"
        descending = isinstance(name, str) and name.startswith("-")
        path = read_path(schema, object_, name[1:] if descending else name, place)
        if not path.field.type.sortable:
            raise _refused(place, "not_sortable", lazy("Lists cannot be sorted by this field."))
        keys.append(SortKey(path, descending))
    return tuple(keys)


def read_groupings(
    schema: Schema, object_: Object, groups: Sequence[Any] | None, at: str = "group_by"
) -> tuple[Grouping, ...]:
    """Keys such as `{"field": "close_date", "by": "month"}`."""
    if groups is not None and len(groups) > MAX_GROUPINGS:
        raise _refused(at, "too_many", lazy("At most %(limit)s keys.", limit=MAX_GROUPINGS))
    return tuple(
        _read_grouping(schema, object_, group, f"{at}[{index}]")
        for index, group in enumerate(groups or ())
    )


def _read_grouping(schema: Schema, object_: Object, group: Any, at: str) -> Grouping:
    given = {"field": group} if isinstance(group, str) else group
    if not isinstance(given, dict) or not {"field"} <= given.keys() <= {"field", "by"}:
        raise _refused(at, "not_a_grouping", lazy("This must be an object with field and by."))
    path = read_path(schema, object_, given["field"], f"{at}.field")
    if not path.field.type.groupable:
        raise _refused(f"{at}.field", "not_groupable", lazy("Records cannot be grouped by this."))
    by = given.get("by")
    if by is not None and (by not in PERIODS or path.field.type.slot_kind != "d"):
        raise _refused(
            f"{at}.by",
            "bad_period",
            lazy(
                "Dates are grouped by %(periods)s; other fields as they are.",
                periods=", ".join(PERIODS),
            ),
        )
    return Grouping(path, by)


def read_measures(
    schema: Schema, object_: Object, measures: Sequence[Any] | None, at: str = "measures"
) -> tuple[Measure, ...]:
    """Figures such as `{"fn": "sum", "field": "amount"}`; none means a count."""
    if measures is not None and len(measures) > MAX_MEASURES:
        raise _refused(at, "too_many", lazy("At most %(limit)s figures.", limit=MAX_MEASURES))
    return tuple(
        _read_measure(schema, object_, measure, f"{at}[{index}]")
        for index, measure in enumerate(measures or ({"fn": "count"},))
    )


def _read_measure(schema: Schema, object_: Object, measure: Any, at: str) -> Measure:
    if not isinstance(measure, dict) or not {"fn"} <= measure.keys() <= {"fn", "field"}:
        raise _refused(at, "not_a_measure", lazy("This must be an object with fn and field."))
    fn = measure["fn"]
    if fn not in MEASURE_FUNCTIONS:
        raise _refused(
            f"{at}.fn",
            "unknown_function",
            lazy("The figure must be one of %(names)s.", names=", ".join(MEASURE_FUNCTIONS)),
        )
    if measure.get("field") is None:
        if fn != "count":
            raise _refused(f"{at}.field", "required", lazy("This figure needs a field."))
        return Measure("count")
    path = read_path(schema, object_, measure["field"], f"{at}.field")
    if fn != "count" and fn not in path.field.type.measures:
        raise _refused(f"{at}.field", "bad_measure", lazy("This field has no such figure."))
    return Measure(fn, path)
