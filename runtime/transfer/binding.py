"""A plan tied to the tenant's metadata and to the columns of a file, checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kernel.errors import FieldError, Forbidden, Invalid
from kernel.i18n import Text, label_text, lazy
from metadata.schema import Field, Object, Schema
from runtime import access
from runtime.scope import RecordScope
from runtime.transfer.conversion import value_map
from runtime.transfer.plan import MATCH_ID, ColumnPlan, Plan

OWNER = "owner"


@dataclass(frozen=True, slots=True, eq=False)
class BoundColumn:
    """A column of the file that fills a field. `place` is None for a constant."""

    place: int | None
    field: Field
    by: tuple[Field, ...]
    create_missing: bool
    values: dict[str, str]
    default: str

    def text(self, cells: Sequence[str]) -> str:
        """What the row says for this column, before the value map."""
        return "" if self.place is None else cells[self.place]


@dataclass(frozen=True, slots=True, eq=False)
class BoundPlan:
    """All of a plan that running it needs."""

    plan: Plan
    schema: Schema
    object: Object
    columns: tuple[BoundColumn, ...]
    match: Field | None
    match_column: BoundColumn | None

    @property
    def writes_json(self) -> bool:
        """Whether the rows hold API values instead of text."""
        return self.plan.format.kind == "ndjson"


def writable_fields(object_: Object) -> tuple[Field, ...]:
    """The fields that an import can fill, the owner among them."""
    fields = [
        field
        for field in object_.fields.values()
        if field.column is None and not field.read_only and not field.type.computed
    ]
    if object_.master is None and OWNER in object_.fields:
        fields.append(object_.fields[OWNER])
    return tuple(fields)


def matchable_fields(object_: Object) -> tuple[Field, ...]:
    """The fields by which a record can be found, the name first, the id last."""
    fields = [field for field in object_.data_fields() if _finds(field)]
    fields.sort(key=lambda field: (field is not object_.name_field, not field.unique))
    return (*fields, object_.fields[MATCH_ID])


def _finds(field: Field) -> bool:
    return field.to is None and field.picklist is None and "in" in field.type.operators


def bind(scope: RecordScope, plan: Plan, header: Sequence[str]) -> BoundPlan:
    """The plan made ready to run; raises `Invalid` with an error for each column that is wrong,
    `NotFound` for an unknown object, `Forbidden` without the right to create."""
    object_ = access.require_object(scope, plan.object)
    if plan.mode != "update":
        access.require_create(scope, object_)
    errors: list[FieldError] = []
    columns = [_column(scope, object_, column, plan, header, errors) for column in plan.columns]
    bound = tuple(column for column in columns if column is not None)
    _check_once(bound, errors)
    match, match_column = _match(object_, plan, bound, errors)
    if errors:
        raise Invalid(lazy("The columns cannot be imported like this."), errors=errors)
    if not bound and plan.format.kind != "ndjson":
        raise Invalid(lazy("No column of the file goes into a field."))
    return BoundPlan(plan, scope.schema, object_, bound, match, match_column)


def _column(
    scope: RecordScope,
    object_: Object,
    column: ColumnPlan,
    plan: Plan,
    header: Sequence[str],
    errors: list[FieldError],
) -> BoundColumn | None:
    def refuse(code: str, message: Text) -> None:
        errors.append(FieldError(column.column or column.field, code, message))

    place: int | None = None
    if column.column is not None:
        if column.column not in header:
            refuse("no_column", lazy("The file has no such column."))
            return None
        place = list(header).index(column.column)
    field = object_.fields.get(column.field)
    if field is None:
        refuse(
            "unknown_field",
            lazy("There is no field “%(field)s”.", field=column.field[:80]),
        )
        return None
    if column.field == MATCH_ID:
        if plan.match != MATCH_ID or plan.mode == "insert":
            refuse("read_only", lazy("The record id can only be used to find existing records."))
            return None
    elif field not in writable_fields(object_):
        refuse("read_only", lazy("This field is set by the system."))
        return None
    by = _by(scope, column, field, refuse)
    if by is None:
        return None
    return BoundColumn(
        place, field, by, column.create_missing, value_map(column.values), column.default
    )


def _by(
    scope: RecordScope, column: ColumnPlan, field: Field, refuse: Callable[[str, Text], None]
) -> tuple[Field, ...] | None:
    """The fields of the other object by which a lookup is found; None when that is refused."""
    if field.to is None:
        if column.by or column.create_missing:
            refuse("not_a_lookup", lazy("“%(field)s” is not a lookup.", field=column.field))
            return None
        return ()
    target = scope.schema.objects[field.to]
    names = column.by or (target.name_field.api,)
    found: list[Field] = []
    for name in names:
        other = target.fields.get(name)
        if other is None or not (_finds(other) or name == MATCH_ID):
            refuse(
                "bad_match",
                lazy(
                    "Records of “%(object)s” cannot be found by “%(field)s”.",
                    object=label_text(target.label),
                    field=name[:80],
                ),
            )
            return None
        found.append(other)
    if column.create_missing:
        if found[0] not in writable_fields(target):
            refuse("bad_match", lazy("New records cannot be made from this field."))
            return None
        if not access.may_create(scope, target):
            raise Forbidden(
                lazy(
                    "You may not create records of “%(object)s”.",
                    object=label_text(target.label),
                )
            )
    return tuple(found)


def _check_once(columns: Sequence[BoundColumn], errors: list[FieldError]) -> None:
    seen: set[Field] = set()
    for column in columns:
        if column.field in seen:
            errors.append(
                FieldError(column.field.api, "twice", lazy("Two columns go into the same field."))
            )
        seen.add(column.field)


def _match(
    object_: Object, plan: Plan, columns: Sequence[BoundColumn], errors: list[FieldError]
) -> tuple[Field | None, BoundColumn | None]:
    if plan.mode == "insert":
        return None, None

    def refuse(code: str, message: Text) -> None:
        errors.append(FieldError("match", code, message))

    if not plan.match:
        refuse("required", lazy("Choose the field by which existing records are found."))
        return None, None
    field = object_.fields.get(plan.match)
    if field is None or not (_finds(field) or plan.match == MATCH_ID):
        refuse(
            "bad_match",
            lazy("Existing records cannot be found by “%(field)s”.", field=plan.match[:80]),
        )
        return None, None
    column = next((column for column in columns if column.field is field), None)
    if column is None and plan.format.kind != "ndjson":
        refuse(
            "no_column",
            lazy(
                "No column goes into “%(field)s”, by which existing records are found.",
                field=label_text(field.label),
            ),
        )
    return field, column
