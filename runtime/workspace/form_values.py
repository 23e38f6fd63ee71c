"""From the form of a record to values for the engine, and back to what stands in the inputs.

What was typed is kept as text until it is saved, so that a refused form comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from kernel.errors import FieldError
from kernel.i18n import Text, current_locale
from kernel.scope import Actor
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field

PREFIX = "f-"


Form = MultiDict[str, str]
Typed = str | list[str]
"""What stands in an input: a text ("true" or "" for a checkbox), or the chosen codes."""


@dataclass(slots=True)
class Inputs:
    """The inputs of a form: what stands in them, and what is wrong with it."""

    typed: dict[str, Typed] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Names of the records that lookups point to, by field."""
    errors: dict[str, Text] = field(default_factory=dict)
    others: list[Text] = field(default_factory=list)
    """Errors that belong to no input of this form."""

    def add_errors(self, errors: Iterable[FieldError]) -> None:
        """Put errors beside their inputs."""
        for error in errors:
            if error.field in self.typed:
                self.errors.setdefault(error.field, error.message)
            else:
                self.others.append(
                    f"{error.field}: {error.message}" if error.field else error.message
                )

    @property
    def wrong(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.errors or self.others)


def typed_of(target: Field, value: Any, actor: Actor) -> Typed:
    """What stands in an input for an API value."""
    if value is None:
        return [] if target.type.widget == "multi_picklist" else ""
    if isinstance(value, dict):
        return str(value["id"])
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else ""
    if target.type.temporal == "instant":
        local = target.type.load(target, value).astimezone(ZoneInfo(actor.zone))
        seconds = "seconds" if local.second else "minutes"
        return str(local.replace(tzinfo=None).isoformat(timespec=seconds))
    return str(value)


def read_typed(target: Field, form: Form) -> Typed:
    """What was typed for a field. Browsers send line breaks as two characters."""
    name = PREFIX + target.api
    if target.type.widget == "multi_picklist":
        return [code for code in form.getlist(name) if code]
    return form.get(name, "").replace("\r\n", "\n")


def to_value(target: Field, typed: Typed, actor: Actor) -> Any:
    """The value that the engine takes, None for an empty input. Raises `BadValue`."""
    if isinstance(typed, list):
        return typed or None
    if target.type.widget == "checkbox":
        return typed == "true"
    if not typed.strip():
        return None
    if target.to is not None or target.picklist is not None:
        return typed
    loaded = target.type.parse_text(target, typed, current_locale(), actor.zone)
    return None if loaded is None else target.type.store(target, loaded)


def read_values(
    fields: Iterable[Field], form: Form, actor: Actor, was: Mapping[str, Typed] | None = None
) -> tuple[Inputs, dict[str, Any]]:
    """The inputs of a sent form and the values to save.

    With `was` (what stood in the inputs when the form was made) only changed fields have one,
    so that two people may change different fields of one record.
    """
    inputs, values = Inputs(), {}
    for target in fields:
        if was is not None and target.api not in was:
            continue  # the field was added to the layout after the form was made
        typed = read_typed(target, form)
        inputs.typed[target.api] = typed
        if was is not None and typed == was[target.api]:
            continue
        try:
            values[target.api] = to_value(target, typed, actor)
        except BadValue as error:
            inputs.errors[target.api] = error.text
    return inputs, values
