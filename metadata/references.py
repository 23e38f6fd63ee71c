"""Where the kinds of documents refer to others: one place that knows, for every purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Reference = str | None
"""Id or name of an object; None for the object that the document belongs to."""


class Speller(Protocol):
    """Respells references (see `metadata.documents`)."""

    def plain(self, kind: str, token: str) -> str:
        """A reference to an object, picklist or report."""
        ...

    def child(self, token: str) -> tuple[str, Any]:
        """A reference to the lookup of a child object, and that object."""
        ...

    def path(self, start: Any, text: str) -> str:
        """A path of fields from an object."""
        ...

    def object(self, reference: Reference) -> Any:
        """What `path` starts from."""
        ...


def rewrite(kind: str, body: Mapping[str, Any], speller: Speller) -> dict[str, Any]:
    """The body with every reference respelled. Parts of an unexpected shape stay as they are."""
    result = dict(body)
    if kind == "object":
        _path(result, "name_field", speller, speller.object(None))
    elif kind == "field":
        _plain(result, "set", "picklist", speller)
        to = "user" if body.get("type") == "user" else body.get("to")
        if "filter" in result and isinstance(to, str):
            result["filter"] = _condition(result["filter"], speller, speller.object(to))
        _plain(result, "to", "object", speller)
    elif kind == "layout":
        _plain(result, "object", "object", speller)
        result["tabs"] = [_tab(tab, speller) for tab in _items(body, "tabs")]
    elif kind == "view":
        _plain(result, "object", "object", speller)
        _list(result, speller, speller.object(None))
    elif kind == "report":
        start = speller.object(body.get("object", ""))
        _plain(result, "object", "object", speller)
        _list(result, speller, start)
        for key in ("group_by", "measures"):
            if key in result:
                result[key] = [_with_path(item, speller, start) for item in result[key]]
    elif kind == "application":
        result["items"] = [_navigation(item, speller) for item in _items(body, "items")]
    return result


def _items(body: Mapping[str, Any], key: str) -> list[Any]:
    value = body.get(key)
    return value if isinstance(value, list) else []


def _plain(result: dict[str, Any], key: str, kind: str, speller: Speller) -> None:
    if isinstance(result.get(key), str):
        result[key] = speller.plain(kind, result[key])


def _path(result: dict[str, Any], key: str, speller: Speller, start: Any) -> None:
    if isinstance(result.get(key), str):
        result[key] = speller.path(start, result[key])


def _with_path(item: Any, speller: Speller, start: Any) -> Any:
    result = dict(item)
    _path(result, "field", speller, start)
    return result


def _list(result: dict[str, Any], speller: Speller, start: Any) -> None:
    for key in ("columns", "sort"):
        if key in result:
            result[key] = [speller.path(start, text) for text in result[key]]
    if "where" in result:
        result["where"] = _condition(result["where"], speller, start)


def _tab(tab: Any, speller: Speller) -> dict[str, Any]:
    result = dict(tab)
    start = speller.object(None)
    if "sections" in tab:
        result["sections"] = [
            {**section, "fields": [speller.path(start, name) for name in section["fields"]]}
            for section in tab["sections"]
        ]
    if "related" in tab:
        result["related"] = [_related(item, speller) for item in tab["related"]]
    return result


def _related(item: Any, speller: Speller) -> dict[str, Any]:
    result = dict(item)
    result["child"], child = speller.child(item["child"])
    _list(result, speller, child)
    return result


def _navigation(item: Any, speller: Speller) -> dict[str, Any]:
    result = dict(item)
    for kind in ("object", "report"):
        _plain(result, kind, kind, speller)
    return result


def _condition(node: Any, speller: Speller, start: Any) -> Any:
    if not isinstance(node, Mapping):
        return node
    result = dict(node)
    for key in ("all", "any"):
        if isinstance(node.get(key), list):
            result[key] = [_condition(part, speller, start) for part in node[key]]
    if "not" in node:
        result["not"] = _condition(node["not"], speller, start)
    _path(result, "field", speller, start)
    return result
