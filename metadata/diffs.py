"""The difference of two versions of a document, as lines that a person understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.i18n import Text, _, label_text
from metadata.kinds import kind_schema

_HIDDEN = frozenset({"id", "kind"})


@dataclass(frozen=True, slots=True)
class Line:
    """One difference: the key with its place inside, what it was and what it is."""

    kind: str
    key: str
    place: str
    before: Any
    after: Any

    def __str__(self) -> str:
        title = _title(self.kind, self.key) + (f" › {self.place}" if self.place else "")
        if self.before is None:
            return _("%(title)s: added %(after)s", title=title, after=_shown(self.after))
        if self.after is None:
            return _("%(title)s: removed %(before)s", title=title, before=_shown(self.before))
        return _(
            "%(title)s: %(before)s → %(after)s",
            title=title,
            before=_shown(self.before),
            after=_shown(self.after),
        )


def changed_lines(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Line, ...]:
    """The lines of what has changed from one body (in names) to another."""
    keys = [key for key in (*before, *(k for k in after if k not in before)) if key not in _HIDDEN]
    return tuple(
        line for key in keys for line in _lines(kind, key, "", before.get(key), after.get(key))
    )


def _lines(kind: str, key: str, place: str, before: Any, after: Any) -> Iterator[Line]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        yield Line(kind, key, place, before, after)
        return
    for name in (*old, *(n for n in new if n not in old)):
        inner = f"{place} › {name}" if place else name
        yield from _lines(kind, key, inner, old.get(name), new.get(name))
    if old.keys() == new.keys() and list(old) != list(new) and isinstance(before, list):
        yield Line(kind, key, place, list(old), list(new))


def _parts(value: Any) -> dict[str, Any] | None:
    """The named parts of a value; parts of a list go by their code or name, where they have one."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list):
        named = {_name(item, n): item for n, item in enumerate(value)}
        return named if len(named) == len(value) else None
    return None


def _name(item: Any, position: int) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        for key in ("code", "field", "child", "object", "report"):
            if isinstance(item.get(key), str):
                return str(item[key])
        if isinstance(item.get("label"), Mapping):
            return label_text(item["label"], "en")
    return str(position + 1)


def _title(kind: str, key: str) -> str:
    schema = kind_schema(kind)["properties"].get(key, {})
    return label_text(schema.get("x-label")) or key


def _shown(value: Any) -> Text:
    if value is True or value is False:
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        if isinstance(value.get("label"), Mapping):
            return label_text(value["label"])
        return label_text(value) if set(value) <= {"en", "zh_CN"} else _("a new content")
    if isinstance(value, list):
        return ", ".join(str(_shown(item)) for item in value)
    return str(value)
