"""Lookups named by text in a file: their records are found in batches, never row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.errors import FieldError
from kernel.i18n import label_text, lazy
from metadata.schema import Field, Object
from runtime.records import create_many
from runtime.records.links import find_by_value
from runtime.scope import RecordScope
from runtime.transfer.binding import BoundColumn, BoundPlan
from runtime.transfer.preparation import Prepared, text_key

_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Made:
    """A record that was made because a lookup named it; `key` is what it was looked for by."""

    object: Object
    id: int
    key: Any


class Lookups:
    """Finds records by text and remembers what it found for the rows that follow.

    Only finds are remembered: a record that is missing now may be there with the next rows.
    A record that vanishes later is refused when the row is written.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, Any], tuple[int, ...]] = {}
        self.made: list[Made] = []
        """What `create_missing` made in the running unit of work."""

    def forget(self, object_: Object) -> None:
        """Forget an object whose records have changed."""
        self._known = {key: ids for key, ids in self._known.items() if key[0] != object_.api}

    def resolve(self, scope: RecordScope, bound: BoundPlan, rows: Sequence[Prepared]) -> None:
        """Turn the rows' links into ids among their values; note what is not found."""
        by_column: dict[BoundColumn, list[Prepared]] = defaultdict(list)
        for prepared in rows:
            for column in prepared.links:
                by_column[column].append(prepared)
        for column, wishing in by_column.items():
            self._resolve_column(scope, bound, column, wishing)

    def _resolve_column(
        self, scope: RecordScope, bound: BoundPlan, column: BoundColumn, rows: list[Prepared]
    ) -> None:
        target = scope.schema.objects[column.field.to or ""]
        found = self.find(scope, bound, column, [row.links[column] for row in rows])
        missing = [text for text, ids in found.items() if not ids]
        refused: dict[str, tuple[FieldError, ...]] = {}
        if missing and column.create_missing:
            refused = self._make(scope, bound, target, column.by[0], missing, found)
        for row in rows:
            text = row.links.pop(column)
            ids = found[text]
            if len(ids) == 1:
                row.values[column.field.api] = str(ids[0])
            elif ids:
                row.refuse(column.field.api, "ambiguous", ambiguous(column, target, text))
            elif text in refused:
                for error in refused[text]:
                    row.refuse(column.field.api, error.code, error.message)
            else:
                row.refuse(column.field.api, "not_found", not_found(column, target, text))

    def find(
        self, scope: RecordScope, bound: BoundPlan, column: BoundColumn, texts: Iterable[str]
    ) -> dict[str, tuple[int, ...]]:
        """Ids by text: the first of the column's fields that finds anything decides."""
        target = scope.schema.objects[column.field.to or ""]
        found: dict[str, tuple[int, ...]] = dict.fromkeys(texts, ())
        for field in column.by:
            open_ = [text for text, ids in found.items() if not ids]
            keys = {text: text_key(scope.actor, bound, field, text) for text in open_}
            by_key = self._find(scope, target, field, set(keys.values()) - {None})
            found |= {text: by_key.get(key, ()) for text, key in keys.items() if key is not None}
        return found

    def _find(
        self, scope: RecordScope, target: Object, field: Field, keys: set[Any]
    ) -> dict[Any, tuple[int, ...]]:
        result: dict[Any, tuple[int, ...]] = {}
        unknown: list[Any] = []
        for key in keys:
            known = self._known.get((target.api, field.api, key))
            if known is None:
                unknown.append(key)
            else:
                result[key] = known
        if unknown:
            fresh = find_by_value(scope, target, field, unknown)
            result |= fresh
            if len(self._known) < _REMEMBERED:
                self._known |= {(target.api, field.api, key): ids for key, ids in fresh.items()}
        return result

    def _make(
        self,
        scope: RecordScope,
        bound: BoundPlan,
        target: Object,
        field: Field,
        texts: list[str],
        found: dict[str, tuple[int, ...]],
    ) -> dict[str, tuple[FieldError, ...]]:
        """Create the missing records; returns the errors of those that could not be."""
        by_key: dict[Any, list[str]] = defaultdict(list)
        for text in texts:
            by_key[text_key(scope.actor, bound, field, text)].append(text)
        spellings = [alike[0] for alike in by_key.values()]
        results = create_many(scope, target.api, [{field.api: text} for text in spellings])
        refused: dict[str, tuple[FieldError, ...]] = {}
        for (key, alike), result in zip(by_key.items(), results, strict=True):
            for text in alike:
                if result.id is None:
                    refused[text] = tuple(_of_other(target, error) for error in result.errors)
                else:
                    found[text] = (result.id,)
            if result.id is not None:
                self.made.append(Made(target, result.id, key))
        return refused


def not_found(column: BoundColumn, target: Object, text: str) -> Any:
    """Says what was looked for, and where."""
    return lazy(
        "There is no %(object)s whose %(field)s is “%(text)s”.",
        object=label_text(target.label),
        field=label_text(column.by[0].label),
        text=text[:80],
    )


def ambiguous(column: BoundColumn, target: Object, text: str) -> Any:
    """Says what was found more than once."""
    return lazy(
        "There are several records of %(object)s whose %(field)s is “%(text)s”.",
        object=label_text(target.label),
        field=label_text(column.by[0].label),
        text=text[:80],
    )


def _of_other(target: Object, error: FieldError) -> FieldError:
    message = lazy(
        "A new %(object)s cannot be made: %(field)s: %(reason)s",
        object=label_text(target.label),
        field=error.field,
        reason=str(error.message),
    )
    return FieldError(error.field, error.code, message)
