"""A row of the file made into values, with an error for each cell that does not fit.

Lookups stay text here: `runtime.transfer.lookups` finds their records for many rows at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import FieldError
from kernel.i18n import lazy
from kernel.scope import Actor
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field
from runtime.transfer.binding import BoundColumn, BoundPlan
from runtime.transfer.conversion import mapped_text, refusal, to_value
from runtime.transfer.readers import Row


@dataclass(slots=True)
class Prepared:
    """A row on its way: `values` by api name, `links` still to be found, what is wrong."""

    row: Row
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    links: dict[BoundColumn, str] = dataclasses.field(default_factory=dict)
    errors: list[FieldError] = dataclasses.field(default_factory=list)
    match: Any = None
    """The comparable by which the existing record is found."""

    def refuse(self, field: str, code: str, message: Any) -> None:
        """Note an error."""
        self.errors.append(FieldError(field, code, message))


def prepare(actor: Actor, bound: BoundPlan, row: Row) -> Prepared:
    """The values of a row."""
    prepared = Prepared(row)
    if row.error is not None:
        prepared.refuse("", "bad_row", row.error)
    if bound.writes_json:
        prepared.values = dict(row.values or {})
        _take_match(bound, prepared)
        return prepared
    for column in bound.columns:
        _prepare_cell(actor, bound, column, prepared)
    if bound.match_column is not None:
        prepared.match = _comparable(bound.match_column.field, prepared.values)
        if bound.match_column.field.api == "id":
            prepared.values.pop("id", None)
    return prepared


def _prepare_cell(actor: Actor, bound: BoundPlan, column: BoundColumn, prepared: Prepared) -> None:
    field = column.field
    text = mapped_text(column.text(prepared.row.cells), column.values, column.default)
    if not text.strip():
        if bound.plan.clear_blanks and bound.plan.mode != "insert":
            prepared.values[field.api] = None
    elif field.to is not None:
        prepared.links[column] = text.strip()
    else:
        try:
            prepared.values[field.api] = cell_value(actor, bound, field, text)
        except BadValue as error:
            prepared.errors.append(refusal(field.api, error))


def cell_value(actor: Actor, bound: BoundPlan, field: Field, text: str) -> Any:
    """The value of a text that is not blank. Raises `BadValue`."""
    return to_value(field, text, bound.plan, actor.locale, actor.zone)


def _take_match(bound: BoundPlan, prepared: Prepared) -> None:
    """The match of a line of API values; its own id is not a value to write."""
    if bound.match is None:
        return
    prepared.match = _comparable(bound.match, prepared.values)
    if bound.match.api == "id":
        prepared.values.pop("id", None)


def _comparable(field: Field, values: Mapping[str, Any]) -> Any:
    value = values.get(field.api)
    try:
        read = None if value is None else field.type.read(field, value)
    except BadValue:
        return None
    return None if read is None else field.type.comparable(field, read)


def key_of(actor: Actor, bound: BoundPlan, column: BoundColumn, row: Row) -> Any:
    """What the cell of a column is compared by; None when it is blank or does not fit."""
    text = mapped_text(column.text(row.cells), column.values, column.default)
    return text_key(actor, bound, column.field, text)


def text_key(actor: Actor, bound: BoundPlan, field: Field, text: str) -> Any:
    """What a text is compared by as a value of a field; None when it is none."""
    if not text.strip():
        return None
    try:
        value = cell_value(actor, bound, field, text)
    except BadValue:
        return None
    return None if value is None else field.type.comparable(field, value)


def missing_match(prepared: Prepared, field: Field) -> None:
    """Note that a row cannot be matched because the value is not there."""
    if not any(error.field == field.api for error in prepared.errors):
        prepared.refuse(
            field.api, "required", lazy("The value by which the record is found is missing.")
        )
