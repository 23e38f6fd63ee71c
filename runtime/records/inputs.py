"""From what people and programs send to checked values, with an error for each bad field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel.errors import FieldError
from kernel.i18n import Text, lazy
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field, Object

OWNER = "owner"
AUTONUMBER = "autonumber"


@dataclass(slots=True)
class Draft:
    """A record in the making: checked values (None: made empty) and what is wrong so far.

    `links` holds lookups as given; `runtime.records.links` turns them into ids in `values`.
    """

    values: dict[Field, Any] = field(default_factory=dict)
    links: dict[Field, Any] = field(default_factory=dict)
    owner: Any = None
    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: Text) -> None:
        """Note an error."""
        self.errors.append(FieldError(name, code, message))


def read_new(object_: Object, given: Mapping[str, Any]) -> Draft:
    """A draft of a new record: given values checked, defaults filled in, required ones there."""
    draft = Draft()
    _read(object_, given, draft)
    for target in object_.data_fields():
        if target.api in given and (target in draft.values or target in draft.links):
            continue
        if any(error.field == target.api for error in draft.errors):
            continue
        if target.default is not None and target.api not in given:
            if target.to is not None:
                draft.links[target] = target.default
            else:
                draft.values[target] = target.type.load(target, target.default)
    _require(object_.data_fields(), draft)
    if given.get(OWNER) is not None:
        _read_owner(object_, given, draft)
    return draft


def read_changes(object_: Object, given: Mapping[str, Any]) -> Draft:
    """A draft of changes: only the given fields are touched, required ones may not be emptied."""
    draft = Draft()
    _read(object_, given, draft)
    _require((f for f in object_.data_fields() if f.api in given), draft)
    if OWNER in given:
        if given[OWNER] in (None, ""):
            draft.refuse(OWNER, "required", lazy("This field is required."))
        else:
            _read_owner(object_, given, draft)
    return draft


def _read_owner(object_: Object, given: Mapping[str, Any], draft: Draft) -> None:
    if object_.master is None:
        draft.owner = given[OWNER]
    else:
        draft.refuse(OWNER, "read_only", lazy("The owner is that of the parent record."))


def _require(fields: Any, draft: Draft) -> None:
    wrong = {error.field for error in draft.errors}
    for target in fields:
        present = draft.values.get(target, draft.links.get(target))
        given_by_system = target.type.name == AUTONUMBER
        if target.required and present is None and target.api not in wrong and not given_by_system:
            draft.refuse(target.api, "required", lazy("This field is required."))


def _read(object_: Object, given: Mapping[str, Any], draft: Draft) -> None:
    for name, value in given.items():
        target = object_.fields.get(name)
        if target is None:
            draft.refuse(str(name)[:200], "unknown_field", lazy("There is no such field."))
        elif name == OWNER:
            continue
        elif target.column is not None or target.read_only:
            draft.refuse(name, "read_only", lazy("This field is set by the system."))
        elif target.to is not None:
            draft.links[target] = None if value == "" else value
        else:
            _read_value(target, value, draft)


def _read_value(target: Field, value: Any, draft: Draft) -> None:
    try:
        draft.values[target] = (
            target.type.absent if value is None else target.type.read(target, value)
        )
    except BadValue as error:
        draft.refuse(target.api, error.code, error.text)
