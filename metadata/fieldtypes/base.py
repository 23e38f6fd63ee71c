"""What a field type is: one small class that says how its values are kept, read, shown, compared.

Three forms of a value are told apart everywhere:

- the *value*: a Python object (`Decimal`, `date`, `str`, `bool`, `int`, ...), `None` for empty;
- the *stored* form: what stands in a record's JSON (and, for nearly all types, in API answers);
- the *slot* form: what the typed, indexed column holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import fields as wire
from sqlalchemy import ColumnElement, String

if TYPE_CHECKING:
    from metadata.schema import Field


class FieldType:
    """Base of all field types. An instance has no state; `metadata.fieldtypes.TYPES` lists them."""

    name: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    slot_kind: ClassVar[str | None] = None
    """Family of the slot: n numeric, d timestamptz, r bigint, p int, t text; None: never a slot."""
    operators: ClassVar[tuple[str, ...]]
    """Names in `metadata.operators.OPERATORS`."""
    options_schema: ClassVar[Mapping[str, Any]] = {}
    """JSON Schema `properties` of the options that this type adds to a field document."""
    measures: ClassVar[tuple[str, ...]] = ()
    """Aggregates a report may take over the field, of sum, avg, min, max."""
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = False
    widget: ClassVar[str]
    """Name of the macros that show and edit the value (`runtime` templates)."""

    def wire_field(self, field: Field) -> wire.Field[Any]:
        """The marshmallow field that checks API input and turns it into a value."""
        raise NotImplementedError

    def store(self, field: Field, value: Any) -> Any:
        """Value to stored form. `value` is never None."""
        return value

    def load(self, field: Field, stored: Any) -> Any:
        """Stored form to value. `stored` is never None."""
        return stored

    def slot_value(self, field: Field, value: Any) -> Any:
        """Value to slot form; None leaves the slot empty."""
        return value

    def comparable(self, field: Field, value: Any) -> Any:
        """Value to what operators compare in Python (text is folded, a picklist is its code)."""
        return value

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """SQL of the comparable made from `data ->> key` (used when there is no live slot)."""
        return stored_text.cast(String)

    def parse_text(self, field: Field, text: str, locale: str) -> Any:
        """Text that a person typed or a file holds to a value. Raises `ValueError` with a
        message for people. Blank text is handled by the caller."""
        raise NotImplementedError

    def format(self, field: Field, value: Any, locale: str, zone: str) -> str:
        """Value to the text that people read."""
        raise NotImplementedError
