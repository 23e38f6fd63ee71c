"""How values are shown: what the templates get for each cell of a list or a record page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernel.i18n import current_locale, label_text
from kernel.scope import Actor
from metadata.schema import Field, Object, Path, PicklistValue
from runtime.records import Record

RIGHT_ALIGNED = frozenset({"number", "currency", "percent"})
SHORT = frozenset({"date", "datetime", "checkbox", "phone"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value to show: its field, its API form, and its text in the reader's language."""

    field: Field
    value: Any
    text: str
    link: str | None = None
    """Address of the record that the value stands for or points to."""

    @property
    def blank(self) -> bool:
        """Whether there is nothing to show."""
        return self.value is None or self.value == ""

    @property
    def widget(self) -> str:
        """Which macro shows it."""
        return self.field.type.widget

    @property
    def choices(self) -> tuple[PicklistValue, ...]:
        """The chosen values of a picklist field; what is no longer in the list is left out."""
        if self.field.picklist is None or self.blank:
            return ()
        codes = self.value if isinstance(self.value, list) else [self.value]
        by_code = self.field.picklist.by_code
        return tuple(by_code[code] for code in codes if code in by_code)

    @property
    def hidden(self) -> bool:
        """Whether it points to a record that the reader may not see."""
        return isinstance(self.value, dict) and self.value.get("name") is None


def cell(actor: Actor, record: Record, path: Path) -> Cell:
    """What to show of a record at a path that was asked for."""
    value = record.values.get(path.api)
    link = None
    if len(path.fields) == 1 and path.field is record.object.name_field:
        link = record_url(record.object.api, record.id)
    return cell_of(actor, path.field, value, link)


def cell_of(actor: Actor, field: Field, value: Any, link: str | None = None) -> Cell:
    """What to show of an API value of a field."""
    if isinstance(value, dict) and field.to is not None:
        name = value.get("name")
        return Cell(field, value, name or "", record_url(field.to, value["id"]) if name else None)
    return Cell(field, value, value_text(actor, field, value), link)


def value_text(actor: Actor, field: Field, value: Any) -> str:
    """The text of an API value that is no lookup."""
    if value is None or value == "":
        return ""
    loaded = field.type.load(field, value)
    return field.type.format(field, loaded, current_locale(), actor.zone)


def record_url(object_api: str, record_id: int | str) -> str:
    """The address of a record's page."""
    return f"/o/{object_api}/{record_id}"


def list_url(object_api: str) -> str:
    """The address of an object's list."""
    return f"/o/{object_api}"


def path_label(path: Path) -> str:
    """The label of a column: `Account › Industry` for a path through a lookup."""
    return " › ".join(label_text(field.label) for field in path.fields)


def record_name(object_: Object, record: Record) -> str:
    """The text by which people know the record; "Account 123" when it has no name."""
    value = record.values.get(object_.name_field.api)
    return str(value) if value not in (None, "") else f"{label_text(object_.label)} {record.id}"
