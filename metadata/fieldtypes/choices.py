"""What the types that choose from a picklist share."""

from __future__ import annotations

from typing import Any

from kernel.i18n import label_text
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field, Picklist, PicklistValue

CHOICE_OPTIONS = {
    "set": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "x-label": {"en": "Picklist", "zh_CN": "选项集"},
    },
    "values": {
        "$ref": "common.json#/$defs/values",
        "x-label": {"en": "Values of its own", "zh_CN": "自有选项"},
    },
}


def choices(field: Field) -> Picklist:
    """The picklist of the field."""
    assert field.picklist is not None, f"{field.name} has no picklist"
    return field.picklist


def chosen(field: Field, code: Any) -> str:
    """The code when it may be chosen."""
    if not isinstance(code, str):
        raise BadValue("not_a_choice", "This must be the code of a choice.")
    value = choices(field).by_code.get(code)
    if value is None:
        raise BadValue("not_a_choice", "%(text)s is not one of the choices.", text=code[:80])
    if value.retired:
        raise BadValue("retired_choice", "%(text)s can no longer be chosen.", text=code)
    return code


def chosen_by_text(field: Field, text: str) -> str:
    """The code of the choice with this code, or this label in any language."""
    wanted = text.strip()
    found = choices(field).by_code.get(wanted) or _by_spelling(field, wanted.casefold())
    if found is None:
        raise BadValue("not_a_choice", "%(text)s is not one of the choices.", text=wanted[:80])
    return chosen(field, found.code)


def _by_spelling(field: Field, wanted: str) -> PicklistValue | None:
    found = [
        value
        for value in choices(field).values
        if wanted in {value.code.casefold(), *(t.strip().casefold() for t in value.label.values())}
    ]
    active = [value for value in found if not value.retired] or found
    if len(active) > 1:
        raise BadValue(
            "ambiguous_choice",
            "%(text)s means several choices: %(codes)s.",
            text=wanted[:80],
            codes=", ".join(value.code for value in active),
        )
    return active[0] if active else None


def check_source(options: Any) -> None:
    """A choice field has a picklist or values of its own, not both."""
    if ("set" in options) == ("values" in options):
        raise BadValue(
            "bad_choices", "Give either a picklist (set) or values of its own, and not both."
        )


def choice_label(field: Field, code: str, locale: str) -> str:
    """What people read for a code."""
    value = choices(field).by_code.get(code)
    return label_text(value.label, locale) if value else code
