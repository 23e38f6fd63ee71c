"""What a list shows, as its address says: which view, and what was changed about it.

    /o/opportunity?view=opportunity.mine&where={...}&sort=-amount,name&columns=name,amount&after=...

Everything in an address is a suggestion of a stranger: what means nothing becomes a `problem`
that the page shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import orjson

from kernel.i18n import Text, label_text, lazy
from metadata.condition import Condition, ConditionError, parse
from metadata.paths import PathError, resolve_path
from metadata.schema import Object, Path, Schema, SortKey
from runtime.workspace.saved_views import SavedView

MAX_COLUMNS = 30
MAX_SORT_KEYS = 3
MAX_TRAIL = 1500
"""Characters of cursors kept in an address to go back page by page."""
OWN = "my-"


@dataclass(frozen=True, slots=True)
class Choice:
    """A view that may be picked: the administrator's or one's own."""

    key: str
    label: str
    columns: tuple[str, ...]
    where: Any
    sort: tuple[str, ...]
    own: bool = False

    @property
    def id(self) -> str:
        """The id of one's own view."""
        return self.key.removeprefix(OWN)


@dataclass(frozen=True, slots=True)
class ListState:
    """A list as it is shown. `given` holds what the address says beyond the view."""

    object: Object
    choices: tuple[Choice, ...]
    view: Choice
    columns: tuple[Path, ...]
    where_json: Any
    where: Condition | None
    sort: tuple[SortKey, ...]
    given: Mapping[str, str]
    after: str | None = None
    trail: tuple[str, ...] = ()
    problem: Text | None = None

    @property
    def changed(self) -> bool:
        """Whether it differs from the view."""
        return bool(self.given)

    def url(self, path: str = "", **changes: str | None) -> str:
        """The address of this list with some parts changed (None: as the view says), from its
        first page; `path` is put behind that of the list (`/count`)."""
        given = {**self.given, **changes}
        parts = {"view": self.view.key, **{k: v for k, v in given.items() if v is not None}}
        return f"/o/{self.object.api}{path}?{urlencode(parts)}"

    def sort_names(self) -> tuple[str, ...]:
        """The sort keys as in addresses."""
        return tuple(key.api for key in self.sort)

    def column_names(self) -> tuple[str, ...]:
        """The columns as in addresses."""
        return tuple(path.api for path in self.columns)

    def next_url(self, cursor: str) -> str:
        """The address of the page after this one."""
        trail = [*self.trail, self.after or ""]
        while sum(map(len, trail)) + len(trail) > MAX_TRAIL:
            trail.pop(0)
        return self._page_url(cursor, trail)

    def previous_url(self) -> str | None:
        """The address of the page before this one, if its place is known."""
        if not self.trail:
            return None
        return self._page_url(self.trail[-1], self.trail[:-1])

    def _page_url(self, cursor: str, trail: Iterable[str]) -> str:
        joined = "~".join(trail)
        url = self.url()
        if cursor:
            url += f"&{urlencode({'after': cursor})}"
        return url + (f"&{urlencode({'trail': joined})}" if cursor and joined != "" else "")

    def sorted_by(self, path: Path) -> str | None:
        """ "ascending" or "descending" when the list is sorted by a column."""
        for key in self.sort:
            if key.path.api == path.api:
                return "descending" if key.descending else "ascending"
        return None

    def sort_place(self, path: Path) -> int | None:
        """1 for the first sort key, and so on; None when there is only one, or another."""
        names = [key.path.api for key in self.sort]
        return names.index(path.api) + 1 if len(names) > 1 and path.api in names else None

    def sort_url(self, path: Path, *, add: bool = False) -> str:
        """The address that sorts by a column, or the other way round; `add` keeps the others."""
        direction = "-" if self.sorted_by(path) == "ascending" else ""
        key = direction + path.api
        if not add:
            return self.url(sort=key)
        names = [k.api for k in self.sort]
        old = next((n for n, k in enumerate(self.sort) if k.path.api == path.api), None)
        if old is None:
            names = [*names[: MAX_SORT_KEYS - 1], key]
        else:
            names[old] = key
        return self.url(sort=",".join(names))


def choices_of(object_: Object, own: Iterable[SavedView]) -> tuple[Choice, ...]:
    """The views of an object: the administrator's first, then one's own."""
    given = [
        Choice(
            view.api,
            label_text(view.label),
            tuple(path.api for path in view.columns),
            view.where_json,
            tuple(key.api for key in view.sort),
        )
        for view in object_.views
    ]
    mine = [Choice(f"{OWN}{v.id}", v.name, v.columns, v.where, v.sort, own=True) for v in own]
    return (*given, *mine)


def read_state(
    schema: Schema, object_: Object, choices: tuple[Choice, ...], args: Mapping[str, str]
) -> ListState:
    """The state that an address asks for."""
    view = next((c for c in choices if c.key == args.get("view")), choices[0])
    given = {name: args[name] for name in ("where", "sort", "columns") if name in args}
    columns = _columns(schema, object_, _names(given.get("columns"), view.columns))
    problem: Text | None = None
    where_json: Any = view.where
    where = None
    try:
        if "where" in given:
            where_json = orjson.loads(given["where"]) if given["where"] else None
        where = parse(where_json, object_, schema)
    except orjson.JSONDecodeError:
        problem = lazy("The filter in this address is not readable.")
    except ConditionError as error:
        problem = error.reason
    state = ListState(
        object_,
        choices,
        view,
        columns or _columns(schema, object_, choices[0].columns),
        where_json,
        where,
        _sort(schema, object_, _names(given.get("sort"), view.sort)),
        given,
        args.get("after") or None,
        tuple(args["trail"].split("~")) if args.get("trail") is not None else (),
        problem,
    )
    return replace(state, trail=("",)) if state.after and not state.trail else state


def _names(text: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if text is None else tuple(part for part in text.split(",") if part)


def _columns(schema: Schema, object_: Object, names: Iterable[str]) -> tuple[Path, ...]:
    """The paths that exist, each once: a field may have been renamed or deleted since."""
    found = (_path(schema, object_, name) for name in dict.fromkeys(names))
    return tuple(path for path in found if path is not None)[:MAX_COLUMNS]


def _sort(schema: Schema, object_: Object, names: Iterable[str]) -> tuple[SortKey, ...]:
    keys: dict[str, SortKey] = {}
    for name in names:
        path = _path(schema, object_, name.removeprefix("-"))
        if path is not None and path.field.type.sortable:
            keys.setdefault(path.api, SortKey(path, name.startswith("-")))
    return tuple(keys.values())[:MAX_SORT_KEYS]


def _path(schema: Schema, object_: Object, name: str) -> Path | None:
    try:
        return resolve_path(name, object_, schema)
    except PathError:
        return None
