"""The shapes of requests and answers, as marshmallow schemas; `openapi.json` is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from kernel.errors import FieldError, Invalid
from kernel.i18n import Text, lazy
from metadata.fieldtypes.base import ErrorText
from runtime.query.selection import DEFAULT_LIMIT, MAX_LIMIT


class RequestSchema(Schema):
    """A request body: what it does not name is refused."""

    class Meta:
        unknown = RAISE
        ordered = True


class AnswerSchema(Schema):
    """An answer: described, never used to load."""

    class Meta:
        unknown = EXCLUDE


class WholeNumber(fields.Integer):
    """An integer, not `true` and not `"5"`."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class QueryRequest(RequestSchema):
    """A list."""

    where = fields.Dict(allow_none=True, metadata={"description": "A condition."})
    sort = fields.List(
        fields.String(), allow_none=True, metadata={"example": ["-close_date", "name"]}
    )
    fields_ = fields.List(fields.String(), allow_none=True, data_key="fields", attribute="fields")
    limit = WholeNumber(
        load_default=DEFAULT_LIMIT, strict=True, validate=validate.Range(1, MAX_LIMIT)
    )
    cursor = fields.String(allow_none=True, validate=validate.Length(max=4000))


class GroupingRequest(RequestSchema):
    """A key of a report."""

    field = fields.String(required=True)
    by = fields.String(
        allow_none=True, validate=validate.OneOf(["day", "week", "month", "quarter", "year"])
    )


class MeasureRequest(RequestSchema):
    """A figure of a report."""

    fn = fields.String(
        required=True, validate=validate.OneOf(["count", "sum", "avg", "min", "max"])
    )
    field = fields.String(allow_none=True)


class AggregateRequest(RequestSchema):
    """A report."""

    where = fields.Dict(allow_none=True)
    group_by = fields.List(fields.Nested(GroupingRequest), allow_none=True)
    measures = fields.List(fields.Nested(MeasureRequest), allow_none=True)


class TokenRequest(RequestSchema):
    """Who wants a token."""

    email = fields.String(required=True, validate=validate.Length(1, 320))
    password = fields.String(required=True, validate=validate.Length(1, 1024))


class TokenAnswer(AnswerSchema):
    """The token, shown once."""

    token = fields.String(required=True)


class FieldProblem(AnswerSchema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class ProblemAnswer(AnswerSchema):
    """An error (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(FieldProblem))


class JobAnswer(AnswerSchema):
    """The progress of a job."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(["queued", "running", "done", "failed", "cancelled"]),
    )
    total = fields.Integer(allow_none=True)
    succeeded = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    message = fields.String(allow_none=True)
    results_url = fields.String(allow_none=True)


class ObjectSummary(AnswerSchema):
    """An object."""

    id = fields.String(required=True)
    api = fields.String(required=True)
    label = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    plural = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    name_field = fields.String(required=True)
    icon = fields.String(required=True)


class ObjectsAnswer(AnswerSchema):
    """The objects of the tenant."""

    objects = fields.List(fields.Nested(ObjectSummary), required=True)


class ChoiceAnswer(AnswerSchema):
    """A choice of a picklist."""

    code = fields.String(required=True)
    label = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    retired = fields.Boolean(required=True)


class FieldAnswer(AnswerSchema):
    """A field. `to` is there for lookups, `values` for picklists."""

    id = fields.String(required=True)
    api = fields.String(required=True)
    label = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    type = fields.String(required=True)
    required = fields.Boolean(required=True)
    unique = fields.Boolean(required=True)
    read_only = fields.Boolean(required=True)
    operators = fields.List(fields.String(), required=True)
    to = fields.String()
    values = fields.List(fields.Nested(ChoiceAnswer))


class ObjectAnswer(ObjectSummary):
    """An object with its fields."""

    fields_ = fields.List(
        fields.Nested(FieldAnswer), data_key="fields", attribute="fields", required=True
    )


class JobStarted(AnswerSchema):
    """A job that was accepted."""

    job = fields.String(required=True)


QUERY = QueryRequest()
AGGREGATE = AggregateRequest()
TOKEN = TokenRequest()

_MESSAGES: Mapping[str, Text] = {
    "Missing data for required field.": lazy("This field is required."),
    "Unknown field.": lazy("There is no such field."),
    "Field may not be null.": lazy("This field is required."),
    "Not a valid string.": lazy("This must be a text."),
    "Not a valid integer.": lazy("This must be a whole number."),
    "Not a valid list.": lazy("This must be a list."),
    "Not a valid mapping type.": lazy("This must be a JSON object."),
    "Invalid input type.": lazy("This must be a JSON object."),
}
_DEFAULT = lazy("This value is not valid.")


def load(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """The checked body; raises `Invalid` with an error for each bad place."""
    try:
        return dict(schema.load(body))
    except ValidationError as error:
        raise Invalid(errors=list(_flatten(error.messages, ""))) from error


def _flatten(messages: Any, at: str) -> list[FieldError]:
    if isinstance(messages, dict):
        errors: list[FieldError] = []
        for key, inner in messages.items():
            if key == "_schema":  # of the whole, not of a field
                errors += _flatten(inner, at)
                continue
            step = f"[{key}]" if isinstance(key, int) else (f".{key}" if at else str(key))
            errors += _flatten(inner, f"{at}{step}"[:200])
        return errors
    first = messages[0] if isinstance(messages, list) and messages else messages
    if isinstance(first, ErrorText):
        return [FieldError(at, first.code, first)]
    text = str(first)
    code = {"Missing data for required field.": "required", "Unknown field.": "unknown_field"}
    return [FieldError(at, code.get(text, "invalid"), _MESSAGES.get(text, _DEFAULT))]
