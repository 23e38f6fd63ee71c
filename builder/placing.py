"""Putting a field where people see it, and taking it away again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.scope import Scope
from metadata import store

MAX_COLUMNS = 40


def add_to_layout(scope: Scope, layout_api: str, field: str) -> None:
    """Put a field at the end of the first section of a layout."""
    body = store.get_document(scope, "layout", layout_api)
    tabs = [dict(tab) for tab in body["tabs"]]
    sections = [dict(section) for section in tabs[0].get("sections", ())] or [{"fields": []}]
    sections[0]["fields"] = [*sections[0]["fields"], field]
    tabs[0]["sections"] = sections
    store.put_document(scope, "layout", layout_api, {**body, "tabs": tabs})


def add_column(scope: Scope, view_api: str, field: str) -> None:
    """Put a field at the end of the columns of a list view, when there is room."""
    body = store.get_document(scope, "view", view_api)
    columns = [*body["columns"], field][:MAX_COLUMNS]
    store.put_document(scope, "view", view_api, {**body, "columns": columns})


def place(scope: Scope, object_api: str, field: str) -> None:
    """Put a new field where set-up would: on the layouts and in the first list of its object."""
    for kind, put, most in (("layout", add_to_layout, None), ("view", add_column, 1)):
        own = [e for e in store.list_documents(scope, kind, object_api) if e.state != "built_in"]
        for entry in own[:most]:
            put(scope, entry.api, field)


def take_away(scope: Scope, object_api: str, field: str) -> None:
    """Take a field out of the layouts, columns and orders of its object.

    What would be left without any column stays as it is, and then keeps the field in use.
    """
    for entry in store.list_documents(scope, "layout"):
        if entry.state == "built_in":
            continue
        own = entry.api.startswith(f"{object_api}.")
        tabs = [_related(tab, object_api, field) for tab in entry.body["tabs"]]
        tabs = [_without(tab, field) for tab in tabs] if own else tabs
        _put(scope, "layout", entry.api, entry.body, {**entry.body, "tabs": tabs})
    for entry in store.list_documents(scope, "view", object_api):
        if entry.state != "built_in":
            _put(scope, "view", entry.api, entry.body, _lean(entry.body, field))


def _put(scope: Scope, kind: str, api: str, before: Any, after: Any) -> None:
    if before != after:
        store.put_document(scope, kind, api, after)


def _without(tab: dict[str, Any], field: str) -> dict[str, Any]:
    if "sections" not in tab:
        return tab
    sections = []
    for section in tab["sections"]:
        fields = [name for name in section["fields"] if name != field]
        if fields:
            sections.append({**section, "fields": fields})
    return {**tab, "sections": sections}


def _related(tab: dict[str, Any], object_api: str, field: str) -> dict[str, Any]:
    """Lists of the object's records on pages of other objects."""
    if "related" not in tab:
        return tab
    lists = [
        _lean(one, field) if one["child"].split(".")[0] == object_api else one
        for one in tab["related"]
    ]
    kept = [one for one in lists if one["child"] != f"{object_api}.{field}"]
    return {**tab, "related": kept}


def _lean(listed: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A list without columns and sort keys that begin with the field."""
    result = dict(listed)
    for key in ("columns", "sort"):
        kept = [path for path in listed.get(key, ()) if not _begins(path, field)]
        if kept:
            result[key] = kept
        elif key == "sort":
            result.pop(key, None)
    return result


def _begins(path: str, field: str) -> bool:
    return path.removeprefix("-").split(".")[0] == field
