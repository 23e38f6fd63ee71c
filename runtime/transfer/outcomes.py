"""What became of each row of an import: counts, the commonest errors, the file of results."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel.errors import FieldError
from kernel.i18n import _, label_text
from metadata.schema import Object
from runtime.transfer.cells import neutralise, restore
from runtime.transfer.readers import Row

CREATED = "created"
UPDATED = "updated"
UNCHANGED = "unchanged"
FAILED = "failed"
NOT_DONE = "not_done"
UNDONE = "undone"
KEPT = "kept"
RESULTS = (CREATED, UPDATED, UNCHANGED, UNDONE, KEPT, FAILED, NOT_DONE)
"""All results, in the order in which they are shown."""
SHOWN_ERRORS = 50
SHOWN_ROWS = 10
_NUMBER = re.compile(r"[+-]?\d[\d.,]*%?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row; `error` is in the language of the person who imports."""

    result: str
    id: int | None = None
    error: str = ""


@dataclass(slots=True)
class Tally:
    """Counts by result, and errors by field and message with the first rows that have them."""

    counts: dict[str, int] = field(default_factory=dict)
    errors: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    """How many records of other objects were made on the way, by object."""

    def count(self, result: str, number: int = 1) -> None:
        """Count rows with a result."""
        self.counts[result] = self.counts.get(result, 0) + number

    def note(self, object_: Object, row_number: int, errors: Iterable[FieldError]) -> str:
        """Note the errors of a row; returns them as one text."""
        texts = []
        for error in errors:
            label = _label(object_, error.field)
            message = str(error.message)
            texts.append(f"{label}: {message}" if label else message)
            entry = self.errors.get((label, message))
            if entry is None:
                if len(self.errors) >= 10_000:  # a message for each row: the file lists them
                    continue
                entry = self.errors[label, message] = [0, []]
            entry[0] += 1
            if len(entry[1]) < SHOWN_ROWS:
                entry[1].append(row_number)
        return " ".join(texts)

    @property
    def succeeded(self) -> int:
        """Rows that are as the file says now."""
        return sum(self.counts.get(result, 0) for result in (CREATED, UPDATED, UNCHANGED))

    @property
    def failed(self) -> int:
        """Rows that were refused."""
        return self.counts.get(FAILED, 0)

    def as_json(self) -> dict[str, Any]:
        """The summary that the import keeps: counts and the commonest errors."""
        commonest = sorted(self.errors.items(), key=lambda item: -item[1][0])[:SHOWN_ERRORS]
        return {
            "counts": self.counts,
            "made": self.made,
            "kinds_of_errors": len(self.errors),
            "errors": [
                {"field": label, "message": message, "count": entry[0], "rows": entry[1]}
                for (label, message), entry in commonest
            ],
        }


def _label(object_: Object, name: str) -> str:
    target = object_.fields.get(name)
    return label_text(target.label) if target is not None else name


def result_text(result: str) -> str:
    """A result in the reader's language."""
    return {
        CREATED: _("created"),
        UPDATED: _("updated"),
        UNCHANGED: _("unchanged"),
        FAILED: _("refused"),
        NOT_DONE: _("not done"),
        UNDONE: _("undone"),
        KEPT: _("kept"),
    }.get(result, result)


RESULT_COLUMNS = ("_result", "_id", "_error")


def write_results(
    out: io.TextIOBase, header: Sequence[str], rows: Iterable[tuple[Row, Outcome]]
) -> None:
    """The results as CSV: the columns of the file with `_result`, `_id` and `_error`.

    Cells that a spreadsheet would run are neutralised, so the corrected file can be imported.
    """
    writer = csv.writer(out)
    shown = tuple(header) or ("line",)
    writer.writerow([*map(_safe, shown), *RESULT_COLUMNS])
    for row, outcome in rows:
        identifier = "" if outcome.id is None else str(outcome.id)
        cells = [_safe(cell) for cell in row.cells]
        writer.writerow([*cells, outcome.result, identifier, _safe(outcome.error)])


def _safe(cell: str) -> str:
    """A cell of the file as it was, but harmless; plain numbers keep their sign."""
    if _NUMBER.fullmatch(cell) or restore(cell) != cell:
        return cell
    return neutralise(cell)
