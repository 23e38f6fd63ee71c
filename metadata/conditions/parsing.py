"""From JSON to a condition: every name, operator and value is checked here, once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from kernel.errors import FieldError, Invalid
from kernel.i18n import Text, lazy
from metadata.conditions.nodes import (
    All,
    Compare,
    Condition,
    DateRef,
    Not,
    Scalar,
    UserRef,
    Value,
)
from metadata.conditions.nodes import Any as AnyOf
from metadata.fieldtypes.base import BadValue
from metadata.operators import OPERATORS, Operator
from metadata.paths import PathError, resolve_path
from metadata.periods import PERIODS
from metadata.schema import Field, Object, Path, Schema

MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 1000
MAX_TEXT = 1000
MAX_DAYS = 36_600

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ConditionError(Invalid):
    """A condition that means nothing. `at` is the JSON path of the bad part: `where.all[0].op`."""

    code = "invalid_condition"
    title = lazy("The condition is not valid.")

    def __init__(self, at: str, code: str, message: Text) -> None:
        super().__init__(errors=[FieldError(at, code, message)])
        self.at = at
        self.reason = message


def parse(json: Any, object: Object, schema: Schema, at: str = "where") -> Condition | None:
    """The condition that JSON means for an object's records; None for no condition.

    `None`, `{}` and an outermost `{"all": []}` are no condition. `at` names the place of the
    JSON in its document, for messages. Raises `ConditionError` for the first bad part.
    """
    if json is None or json == {} or json == {"all": []}:
        return None
    return _Parser(object, schema).node(json, at, 1)


@dataclass(slots=True)
class _Parser:
    object: Object
    schema: Schema
    nodes: int = field(default=0, init=False)

    def node(self, json: Any, at: str, depth: int) -> Condition:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise _too_many(
                at, "too_deep", "Conditions are nested at most %(limit)s deep.", MAX_DEPTH
            )
        if self.nodes > MAX_NODES:
            raise _too_many(at, "too_many", "A condition has at most %(limit)s parts.", MAX_NODES)
        if not isinstance(json, Mapping):
            raise ConditionError(at, "not_a_condition", lazy("A condition must be a JSON object."))
        match list(json):
            case ["all"]:
                return All(self._parts(json["all"], f"{at}.all", depth))
            case ["any"]:
                return AnyOf(self._parts(json["any"], f"{at}.any", depth))
            case ["not"]:
                return Not(self.node(json["not"], f"{at}.not", depth + 1))
        return self._compare(json, at)

    def _parts(self, json: Any, at: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(json, list) or not json:
            raise ConditionError(
                at, "empty_group", lazy("A group must list at least one condition.")
            )
        return tuple(self.node(part, f"{at}[{n}]", depth + 1) for n, part in enumerate(json))

    def _compare(self, json: Mapping[str, Any], at: str) -> Compare:
        unknown = [key for key in json if key not in ("field", "op", "value")]
        if unknown or "field" not in json or "op" not in json:
            message = lazy('A condition has either "all", "any" or "not", or "field" and "op".')
            raise ConditionError(at, "not_a_condition", message)
        path = self._path(json["field"], f"{at}.field")
        operator = _operator(json["op"], path.field, f"{at}.op")
        if operator.arity == "none":
            if json.get("value") is not None:
                message = lazy("%(operator)s takes no value.", operator=operator.name)
                raise ConditionError(f"{at}.value", "unexpected_value", message)
            return Compare(path, operator)
        return Compare(
            path, operator, _value(json.get("value"), path.field, operator, f"{at}.value")
        )

    def _path(self, name: Any, at: str) -> Path:
        if not isinstance(name, str):
            raise ConditionError(at, "no_such_field", lazy("The name of a field must be a text."))
        try:
            return resolve_path(name, self.object, self.schema)
        except PathError as error:
            raise ConditionError(at, "no_such_field", error.text) from error


def _too_many(at: str, code: str, message: str, limit: int) -> ConditionError:
    return ConditionError(at, code, lazy(message, limit=limit))


def _operator(name: Any, field: Field, at: str) -> Operator:
    if isinstance(name, str) and name in field.type.operators:
        return OPERATORS[name]
    message = lazy(
        "%(field)s takes the operators %(operators)s.",
        field=field.name,
        operators=", ".join(field.type.operators),
    )
    raise ConditionError(at, "bad_operator", message)


def _value(json: Any, field: Field, operator: Operator, at: str) -> Value:
    if operator.arity == "one":
        return _scalar(json, field, operator, at)
    if not isinstance(json, list):
        raise ConditionError(at, "not_a_list", lazy("This must be a list of values."))
    if operator.arity == "two" and len(json) != 2:
        raise ConditionError(at, "not_two", lazy("This must be a list of two values."))
    if not json:
        raise ConditionError(at, "empty_list", lazy("Choose at least one value."))
    if len(json) > MAX_VALUES:
        raise _too_many(at, "too_many", "A list has at most %(limit)s values.", MAX_VALUES)
    return tuple(_scalar(part, field, operator, f"{at}[{n}]") for n, part in enumerate(json))


def _scalar(json: Any, field: Field, operator: Operator, at: str) -> Scalar:
    if json is None or json == "":
        message = lazy("A value is missing; is_empty finds records without one.")
        raise ConditionError(at, "missing_value", message)
    if isinstance(json, str):
        _check_text(json, at)
    if operator.takes == "period":
        return _period(json, at)
    if isinstance(json, Mapping) and ("$user" in json or "$date" in json):
        return _reference(json, field, at)
    if operator.takes == "part":
        return _part(json, field, at)
    return _typed(json, field, at)


def _check_text(text: str, at: str) -> None:
    if len(text) > MAX_TEXT:
        raise _too_many(at, "too_long", "A text has at most %(limit)s characters.", MAX_TEXT)
    if _UNSTORABLE.search(text):
        message = lazy("This text contains characters that cannot be stored.")
        raise ConditionError(at, "bad_text", message)


def _period(json: Any, at: str) -> str:
    if not isinstance(json, str) or json not in PERIODS:
        message = lazy("This must be one of %(names)s.", names=", ".join(PERIODS))
        raise ConditionError(at, "bad_period", message)
    return json


def _reference(json: Mapping[str, Any], field: Field, at: str) -> UserRef | DateRef:
    if json == {"$user": "id"} and field.to == "user":
        return UserRef()
    if "$date" in json and set(json) <= {"$date", "days"} and field.type.temporal:
        days = json.get("days", 0)
        whole = isinstance(days, int) and not isinstance(days, bool)
        if json["$date"] == "today" and whole and abs(days) <= MAX_DAYS:
            return DateRef(days)
    message = lazy(
        'A value can be {"$user": "id"} on people, and {"$date": "today", "days": n} on dates.'
    )
    raise ConditionError(at, "bad_reference", message)


def _part(json: Any, field: Field, at: str) -> str:
    if not isinstance(json, str):
        raise ConditionError(at, "not_text", lazy("This must be a text."))
    if not field.type.comparable(field, json):
        message = lazy("This text has nothing that values of the field could contain.")
        raise ConditionError(at, "bad_text", message)
    return json


def _typed(json: Any, field: Field, at: str) -> Scalar:
    if field.picklist is not None:
        return _code(json, field, at)
    try:
        if field.type.temporal == "instant" and isinstance(json, str) and _DAY.fullmatch(json):
            return date.fromisoformat(json)
        value: Scalar | None = field.type.read(_unbounded(field), json)
    except BadValue as error:
        raise ConditionError(at, error.code, error.text) from error
    except ValueError as error:
        message = lazy("%(text)s is not in the calendar.", text=json)
        raise ConditionError(at, "no_such_day", message) from error
    if value is None:
        raise ConditionError(at, "missing_value", lazy("A value is missing."))
    return value


def _code(json: Any, field: Field, at: str) -> str:
    """A code of the picklist; retired ones too, since old records have them."""
    assert field.picklist is not None
    if not isinstance(json, str) or json not in field.picklist.by_code:
        message = lazy("%(text)s is not one of the choices.", text=str(json)[:80])
        raise ConditionError(at, "not_a_choice", message)
    return json


def _unbounded(field: Field) -> Field:
    """The field without its smallest and largest value, which bind records, not questions."""
    if "min" not in field.options and "max" not in field.options:
        return field
    options = {name: v for name, v in field.options.items() if name not in ("min", "max")}
    return replace(field, options=options)
