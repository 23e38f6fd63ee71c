"""The inputs of a document's form, made from the JSON Schema of its kind.

What is typed is kept as it is until it is saved, so that a refused form comes back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from builder.names import make_code
from kernel.errors import FieldError, Problem
from kernel.i18n import LOCALES, Text, label_text, lazy
from metadata.compiler import CompileFailed

Form = MultiDict[str, str]
Body = Mapping[str, Any]
Typed = dict[str, Any]
Shape = Literal["label", "help", "words", "number", "choice", "flag", "values"]
Choices = tuple[tuple[str, Text], ...]

LABELS = ("label", "help")
NO_LABEL = lazy("Give a name in at least one language.")
WORDS: Mapping[str, Text] = {
    "restrict": lazy("Refuse to delete it"),
    "clear": lazy("Empty this field"),
    "cascade": lazy("Delete these records too"),
}
"""What people read for the words of the schemas."""
UNLESS_GIVEN = {"grouping": True}
"""Flags that are on when a document does not say."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a form. `fixed` holds the text of what cannot change any more."""

    name: str
    shape: Shape
    title: str
    choices: Choices = ()
    required: bool = False
    fixed: str | None = None
    hint: Text | None = None


@dataclass(slots=True)
class State:
    """What stands in a form, and what is wrong with it."""

    typed: Typed
    errors: dict[str, Text] = field(default_factory=dict)
    others: list[Text] = field(default_factory=list)

    def note(self, document: str, problem: Problem) -> None:
        """Put the errors of a problem beside the inputs of `document` ("field account.phone")."""
        if isinstance(problem, CompileFailed):
            for fault in problem.faults:
                path = fault.path if fault.document == document else None
                self._add(path, fault.reason, str(fault))
            return
        for error in problem.errors:
            self._add(error.field, error.message, _told(error))
        if not problem.errors or problem.detail is not None:
            self.others.insert(0, problem.detail or problem.title)

    def _add(self, path: str | None, message: Text, elsewhere: Text) -> None:
        name = (path or "").split("[")[0].split(".")[0]
        if name in self.typed:
            self.errors.setdefault(name, message if path == name else f"{path}: {message}")
        else:
            self.others.append(elsewhere)

    @property
    def wrong(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.errors or self.others)


def _told(error: FieldError) -> Text:
    return f"{error.field}: {error.message}" if error.field else error.message


def input_of(name: str, schema: Body, **more: Any) -> Input | None:
    """The input of a key of a JSON Schema; None for what has an editor of its own."""
    shape = _shape(schema)
    if shape is None:
        return None
    choices = more.pop("choices", ())
    if "enum" in schema and not choices:
        choices = tuple((str(v), WORDS.get(str(v), str(v))) for v in schema["enum"])
    title = label_text(schema.get("x-label")) or name
    return Input(name, "choice" if choices else shape, title, choices, **more)


def _shape(schema: Body) -> Shape | None:
    target = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    match target:
        case "label":
            return "label"
        case "help":
            return "help"
        case "values":
            return "values"
        case "condition":
            return None
    if "enum" in schema:
        return "choice"
    kind = schema.get("type")
    if kind == "boolean":
        return "flag"
    return "number" if kind == "integer" else "words"


def typed_of(inputs: Iterable[Input], body: Body) -> Typed:
    """What stands in the inputs for a document."""
    return {one.name: _typed_value(one, body.get(one.name)) for one in inputs}


def _typed_value(one: Input, value: Any) -> Any:
    if one.shape in LABELS:
        return {locale: (value or {}).get(locale, "") for locale in LOCALES}
    if one.shape == "values":
        return [_typed_row(row) for row in value or ()]
    if one.shape == "flag":
        return UNLESS_GIVEN.get(one.name, False) if value is None else bool(value)
    return "" if value is None else str(value)


def _typed_row(value: Body) -> dict[str, Any]:
    return {
        "code": value["code"],
        **{locale: value["label"].get(locale, "") for locale in LOCALES},
        "color": value.get("color", ""),
        "retired": value.get("retired", False),
    }


def read_typed(inputs: Iterable[Input], form: Form) -> Typed:
    """What a sent form holds. Browsers send line breaks as two characters."""
    return {one.name: _read(one, form) for one in inputs}


def _read(one: Input, form: Form) -> Any:
    if one.shape in LABELS:
        return {
            locale: form.get(f"{one.name}.{locale}", "").replace("\r\n", "\n").strip()
            for locale in LOCALES
        }
    if one.shape == "values":
        return _read_rows(one.name, form)
    if one.shape == "flag":
        return form.get(one.name) == "true"
    return form.get(one.name, "").strip()


def _read_rows(name: str, form: Form) -> list[dict[str, Any]]:
    parts = ("code", *LOCALES, "color", "state")
    columns = [form.getlist(f"{name}.{part}") for part in parts]
    rows = []
    for texts in zip(*columns, strict=False):
        row: dict[str, Any] = dict(zip(parts, (text.strip() for text in texts), strict=True))
        row["retired"] = row.pop("state") == "retired"
        if row["code"] or any(row[locale] for locale in LOCALES):
            rows.append(row)
    return rows


def to_body(inputs: Iterable[Input], typed: Typed, before: Body) -> dict[str, Any]:
    """The document as it would be saved; keys without an input stay as they were."""
    body = dict(before)
    for one in inputs:
        if one.fixed is not None:
            continue
        value = _to_value(one, typed[one.name])
        if value is None:
            body.pop(one.name, None)
        else:
            body[one.name] = value
    return body


def _to_value(one: Input, typed: Any) -> Any:
    if one.shape in LABELS:
        return {locale: text for locale, text in typed.items() if text} or None
    if one.shape == "values":
        return _to_rows(typed)
    if one.shape == "flag":
        return None if typed == UNLESS_GIVEN.get(one.name, False) else typed
    if one.shape == "number" and typed.isascii() and typed.isdecimal() and len(typed) < 10:
        return int(typed)
    return typed or None


def _to_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    codes = {row["code"] for row in rows if row["code"]}
    values = []
    for row in rows:
        label = {locale: row[locale] for locale in LOCALES if row[locale]}
        code = row["code"] or make_code(label, codes)
        codes.add(code)
        value: dict[str, Any] = {"code": code, "label": label}
        if row["color"]:
            value["color"] = row["color"]
        if row["retired"]:
            value["retired"] = True
        values.append(value)
    return values or None


def missing(inputs: Iterable[Input], typed: Typed) -> dict[str, Text]:
    """What must be given and is not."""
    errors: dict[str, Text] = {}
    for one in inputs:
        if one.fixed is not None:
            continue
        if one.shape == "values":
            if any(not any(row[locale] for locale in LOCALES) for row in typed[one.name]):
                errors[one.name] = lazy("Each value needs a name in at least one language.")
            elif one.required and not typed[one.name]:
                errors[one.name] = lazy("Add at least one value.")
        elif one.required and not (
            any(typed[one.name].values()) if one.shape in LABELS else typed[one.name]
        ):
            errors[one.name] = NO_LABEL if one.shape == "label" else lazy("This is missing.")
    return errors
