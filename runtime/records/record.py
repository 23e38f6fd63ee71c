"""A record as the rest of the runtime handles it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metadata.schema import Field, Object, Path


@dataclass(slots=True)
class Record:
    """What was read of one record.

    `values` holds what was asked for by (dotted) api name, in the form of API answers: stored
    forms, lookups as `{"id", "name"}`. What is empty is None.
    """

    object: Object
    id: int
    version: int
    owner_id: int | None
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The record as in an API answer."""
        return {"id": str(self.id), "version": self.version, **self.values}

    def etag(self) -> str:
        """The entity tag of this version."""
        return f'"{self.version}"'

    def value(self, path: Path) -> Any:
        """The Python value of a path that was asked for."""
        return load_value(path.field, self.values.get(path.api))

    def name(self) -> str:
        """The text by which people know the record."""
        shown = self.values.get(self.object.name_field.api)
        return str(shown) if shown not in (None, "") else f"#{self.id}"


def load_value(field_: Field, shown: Any) -> Any:
    """The Python value of an API value: a lookup is its id, the rest as the type loads it."""
    if shown is None:
        return None
    if isinstance(shown, dict) and field_.to is not None:
        return int(shown["id"])
    return field_.type.load(field_, shown)
