"""Dotted names of fields, such as `account.owner.name`."""

from __future__ import annotations

from kernel.i18n import Text, lazy
from metadata.schema import Object, Path, Schema

MAX_HOPS = 3
"""How many lookups a path may follow."""


class PathError(ValueError):
    """A dotted name that leads nowhere; `text` says why, in the reader's language."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text)

    def __str__(self) -> str:
        return str(self.text)


def resolve_path(name: str, start: Object, schema: Schema) -> Path:
    """The fields that a dotted name means, seen from an object. Raises `PathError`."""
    parts = name.split(".")
    if len(parts) > MAX_HOPS + 1:
        raise PathError(lazy("A path follows at most %(limit)s lookups.", limit=MAX_HOPS))
    here, fields = start, []
    for position, part in enumerate(parts):
        field = here.fields.get(part)
        if field is None:
            raise PathError(
                lazy("There is no field %(field)s in %(object)s.", field=part[:80], object=here.api)
            )
        fields.append(field)
        if position == len(parts) - 1:
            break
        if field.to is None or field.to not in schema.objects:
            raise PathError(
                lazy("%(field)s is not a lookup; nothing lies behind it.", field=field.name)
            )
        here = schema.objects[field.to]
    return Path(tuple(fields))
