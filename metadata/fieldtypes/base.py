"""What a field type is: one small class that says how its values are kept, read, shown, compared.

Three forms of a value are told apart everywhere:

- the *value*: a Python object (`Decimal`, `date`, `str`, `bool`, `int`, ...), `None` for empty;
- the *stored* form: what stands in a record's JSON (and, for nearly all types, in API answers);
- the *slot* form: what the typed, indexed column holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from marshmallow import ValidationError
from marshmallow import fields as wire
from sqlalchemy import ColumnElement, String

from kernel.i18n import LazyText

if TYPE_CHECKING:
    from metadata.schema import Field


class ErrorText(LazyText):
    """A message for people that carries the stable code of its error for programs."""

    __slots__ = ("code",)

    def __init__(self, code: str, message: str, values: Mapping[str, Any]) -> None:
        super().__init__(message, values)
        self.code = code


class BadValue(ValueError):
    """A value that a field does not take: `BadValue("too_long", "At most %(n)s ...", n=80)`."""

    def __init__(self, code: str, message: str, **values: Any) -> None:
        self.text = ErrorText(code, message, values)
        super().__init__(self.text)

    @property
    def code(self) -> str:
        """The stable code of the error."""
        return self.text.code

    def __str__(self) -> str:
        return str(self.text)


class WireField(wire.Field[Any]):
    """The marshmallow field of a metadata field: checks with the type, speaks both languages.

    Messages are `ErrorText`s (lazy, with a `code`).
    """

    default_error_messages = {
        "required": [ErrorText("required", "This field is required.", {})],
        "null": [ErrorText("required", "This field is required.", {})],
        "validator_failed": [ErrorText("invalid", "This value is not valid.", {})],
    }

    def __init__(self, field: Field) -> None:
        super().__init__(
            required=field.required and field.default is None and not field.read_only,
            allow_none=not field.required,
            metadata=field.type.json_schema(field),
        )
        self.field = field

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            result = self.field.type.read(self.field, value)
        except BadValue as error:
            raise ValidationError([error.text]) from error
        if result is None and self.field.required:
            raise self.make_error("null")
        return result

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else self.field.type.store(self.field, value)


class FieldType:
    """Base of all field types. An instance has no state; `metadata.fieldtypes.TYPES` lists them."""

    name: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    slot_kind: ClassVar[str | None] = None
    """Family of the slot: n numeric, d timestamptz, r bigint, p int, t text; None: never a slot."""
    stored_as_text: ClassVar[bool] = True
    """Whether the stored form is a JSON string (the cheapest thing to read)."""
    operators: ClassVar[tuple[str, ...]]
    """Names in `metadata.operators.OPERATORS`."""
    options_schema: ClassVar[Mapping[str, Any]] = {}
    """JSON Schema `properties` of the options that this type adds to a field document."""
    measures: ClassVar[tuple[str, ...]] = ()
    """Aggregates a report may take over the field, of sum, avg, min, max."""
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = False
    can_be_unique: ClassVar[bool] = False
    can_have_default: ClassVar[bool] = True
    computed: ClassVar[bool] = False
    """Whether the system makes the value, so that nobody writes it."""
    temporal: ClassVar[Literal["day", "instant"] | None] = None
    """Whether values are dates or instants; conditions may then name relative days and periods."""
    absent: ClassVar[Any] = None
    """The value that conditions take for an empty one (an unticked checkbox); None: unknown."""
    widget: ClassVar[str]
    """Name of the macros that show and edit the value (`runtime` templates)."""

    def wire_field(self, field: Field) -> wire.Field[Any]:
        """The marshmallow field that checks API input and turns it into a value."""
        return WireField(field)

    def read(self, field: Field, value: Any) -> Any:
        """API input (never None) to a value, None when it is blank. Raises `BadValue`."""
        raise NotImplementedError

    def json_schema(self, field: Field) -> dict[str, Any]:
        """JSON Schema of the value as programs send and receive it."""
        return {"type": "string"}

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise `BadValue` when options contradict each other (the JSON Schema has passed)."""

    def store(self, field: Field, value: Any) -> Any:
        """Value to stored form. `value` is never None."""
        return value

    def load(self, field: Field, stored: Any) -> Any:
        """Stored form to value. `stored` is never None."""
        return stored

    def companion(self, field: Field, value: Any) -> str | None:
        """What stands in the record's JSON beside the value, under the field's key and `~`."""
        return None

    def slot_value(self, field: Field, value: Any) -> Any:
        """Value to slot form; None leaves the slot empty."""
        return value

    def comparable(self, field: Field, value: Any) -> Any:
        """Value to what operators compare in Python (text is folded, a picklist is its code)."""
        return value

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """SQL of the comparable made from `data ->> key` (used when there is no live slot)."""
        return stored_text.cast(String)

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> Any:
        """Text that a person typed or a file holds to a value; instants without an offset are
        in `zone`. Raises `BadValue` (a `ValueError`) with a message for people. Blank text is
        handled by the caller."""
        return self.read(field, text)

    def format(self, field: Field, value: Any, locale: str, zone: str) -> str:
        """Value to the text that people read."""
        raise NotImplementedError
