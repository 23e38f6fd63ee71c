"""The kinds of documents: a JSON Schema each, shared by the engine and the editor.

`x-label` holds the title of a key in both languages, for the form of the administrator.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from kernel.errors import FieldError
from kernel.i18n import LazyText, lazy
from metadata.fieldtypes import TYPES

KINDS = ("object", "picklist", "field", "layout", "view", "report", "application")
"""In the order in which they build on each other."""
QUALIFIED = frozenset({"field", "layout", "view"})
"""Kinds whose api name begins with that of an object: `account.phone`."""
MAX_BYTES = 256 * 1024
_BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MAX_DEPTH = 40
_MAX_ERRORS = 100
_MAX_LABEL = 80
_MAX_INTEGER = 2**63 - 1
_JSON_TYPES = {
    "object": lazy("an object"),
    "array": lazy("a list"),
    "string": lazy("a text"),
    "integer": lazy("a whole number"),
    "number": lazy("a number"),
    "boolean": lazy("true or false"),
}


def kind_schema(kind: str, field_type: str | None = None) -> dict[str, Any]:
    """The JSON Schema of a kind; of fields, with the options of a field type."""
    schema = dict(_read(kind))
    if kind == "field":
        options = TYPES[field_type].options_schema if field_type else {}
        names = [field_type] if field_type else list(TYPES)
        type_key = {**schema["properties"]["type"], "enum": names}
        schema["properties"] = {**schema["properties"], **options, "type": type_key}
    return schema


def completed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a label; one that brings none is called by its api name: `account.due_on`
    is "Due on"."""
    api = body.get("api")
    if "label" in body or not isinstance(api, str) or not api:
        return dict(body)
    words = api.rpartition(".")[2].replace("_", " ").strip()
    return {**body, "label": {"en": (words[:1].upper() + words[1:])[:_MAX_LABEL] or api}}


def check(kind: str, body: Any) -> list[FieldError]:
    """What is wrong with the shape of a document, as a person or a package writes it."""
    if kind not in KINDS:
        return [FieldError("kind", "unknown_kind", lazy("There is no such kind of document."))]
    if not isinstance(body, Mapping):
        return [FieldError("", "not_an_object", lazy("This must be %(wanted)s.", wanted="{…}"))]
    errors = list(_hostile(body, (), 0))
    if errors:
        return errors
    if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_BYTES:
        return [FieldError("", "too_large", lazy("The document is larger than 256 KiB."))]
    found = islice(_validator(kind, body).iter_errors(body), _MAX_ERRORS)
    return sorted(map(_explained, found), key=_field)


def _field(error: FieldError) -> str:
    return error.field


def _validator(kind: str, body: Mapping[str, Any]) -> Draft202012Validator:
    given = body.get("type") if kind == "field" else None
    return _made_validator(kind, given if isinstance(given, str) and given in TYPES else None)


@cache
def _made_validator(kind: str, field_type: str | None) -> Draft202012Validator:
    registry = Registry().with_resource("common.json", Resource.from_contents(_read("common")))
    return Draft202012Validator(kind_schema(kind, field_type), registry=registry)


@cache
def _read(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _hostile(value: Any, path: tuple[str | int, ...], depth: int) -> Iterator[FieldError]:
    """Characters that cannot be stored, and nesting without end."""
    if depth > _MAX_DEPTH:
        yield FieldError(json_path(path), "too_deep", lazy("This is nested too deeply."))
    elif isinstance(value, str):
        if _BAD_CHARACTER.search(value):
            message = lazy("This contains a control character.")
            yield FieldError(json_path(path), "control_character", message)
    elif isinstance(value, int | float):
        if abs(value) > _MAX_INTEGER or math.isnan(value):
            message = lazy("This number is too large; write it as a text.")
            yield FieldError(json_path(path), "too_large", message)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or _BAD_CHARACTER.search(key):
                message = lazy("This contains a control character.")
                yield FieldError(json_path(path), "control_character", message)
            else:
                yield from _hostile(item, (*path, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _hostile(item, (*path, index), depth + 1)


def json_path(path: tuple[str | int, ...]) -> str:
    """A place in a document: `tabs[0].sections[1].fields`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _explained(error: ValidationError) -> FieldError:
    path = tuple(error.absolute_path)
    rule, limit = str(error.validator), cast("Any", error.validator_value)
    if rule == "additionalProperties":
        known = error.schema["properties"] if isinstance(error.schema, Mapping) else {}
        extra = next(key for key in cast("Any", error.instance) if key not in known)
        return FieldError(
            json_path((*path, extra[:80])), "unknown_key", lazy("This key is not known here.")
        )
    if rule == "required":
        missing = next(key for key in limit if key not in cast("Any", error.instance))
        return FieldError(json_path((*path, missing)), "required", lazy("This is missing."))
    return FieldError(json_path(path), rule, _message(rule, limit, error.instance))


def _message(rule: str, limit: Any, instance: Any) -> LazyText:
    if rule == "type":
        wanted = limit if isinstance(limit, str) else limit[0]
        return lazy("This must be %(wanted)s.", wanted=_JSON_TYPES.get(wanted, wanted))
    if rule in ("enum", "const"):
        choices = limit if rule == "enum" else [limit]
        return lazy("This must be one of: %(choices)s.", choices=", ".join(map(str, choices)))
    if rule in ("maxLength", "maxItems", "maximum"):
        return lazy("This is too long or too large; at most %(limit)s.", limit=limit)
    if rule in ("minLength", "minItems", "minimum", "minProperties"):
        return lazy("This is too short or too small; at least %(limit)s.", limit=limit)
    if rule == "uniqueItems":
        return lazy("Something is here twice.")
    if rule == "not":
        return lazy("This name is reserved.")
    if rule == "pattern":
        return lazy("%(value)s is not written as it must be.", value=str(instance)[:80])
    return lazy("This is not as it must be.")
