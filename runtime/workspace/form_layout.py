"""Which fields a form has, and in which sections."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.i18n import _, label_text
from metadata.schema import Field, Object
from runtime import access
from runtime.records import Record
from runtime.scope import RecordScope
from runtime.workspace.record_page import layout_of

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class FormSection:
    """A titled part of a form."""

    label: str
    columns: int
    fields: tuple[Field, ...]


def form_sections(scope: RecordScope, object_: Object, record: Record | None) -> list[FormSection]:
    """The inputs, as the layout has them; what is required and not on it comes last."""
    sections: list[FormSection] = []
    seen: set[str] = set()
    for tab in layout_of(object_).tabs:
        for section in tab.sections:
            fields = tuple(f for f in section.fields if is_input(scope, object_, f, record))
            if fields:
                sections.append(FormSection(label_text(section.label), section.columns, fields))
                seen.update(f.api for f in fields)
    rest = tuple(
        f
        for f in object_.fields.values()
        if f.api not in seen
        and ((f.required and f.default is None) or f.api == OWNER)
        and is_input(scope, object_, f, record)
    )
    return [*sections, FormSection(_("Further fields"), 2, rest)] if rest else sections


def is_input(scope: RecordScope, object_: Object, target: Field, record: Record | None) -> bool:
    """Whether a person may type the field. Who does not may still see it on the record's page."""
    if target.api == OWNER and target.column is not None:
        if object_.master is not None or object_.api == access.USER:
            return False
        if record is None:
            return access.may_own_for_others(scope)
        return access.may_hand_over(scope, record.owner_id)
    return target.column is None and not target.read_only and target.type.name != "autonumber"


def fields_of(sections: list[FormSection]) -> list[Field]:
    """All fields of a form."""
    return [target for section in sections for target in section.fields]
