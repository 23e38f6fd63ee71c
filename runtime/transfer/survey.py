"""The first look through a file: it is taken in, and rows that concern each other are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from kernel.scope import Actor
from metadata.schema import Field
from runtime.transfer.binding import BoundColumn, BoundPlan
from runtime.transfer.conversion import mapped_text
from runtime.transfer.ordering import Order, References, order_rows, own_references
from runtime.transfer.preparation import key_of, prepare, text_key
from runtime.transfer.readers import Row
from runtime.transfer.spool import Spool

FindExisting = Callable[[Field, Iterable[Any]], set[Any]]
"""Which keys of a field of the imported object records have already."""


@dataclass(slots=True)
class Survey:
    """What is known of the rows, by position, before any is imported."""

    order: Order
    twins: dict[int, tuple[Field, int]] = field(default_factory=dict)
    """Rows that repeat what an earlier row says of a field by which records differ."""


def survey(
    actor: Actor, bound: BoundPlan, spool: Spool, find_existing: FindExisting, *, unique: bool
) -> Survey:
    """Take in the whole file. `unique` also compares the values of unique fields, which
    otherwise the database does when the rows are written."""
    pairs = own_references(bound)
    references = References()
    twins = _Twins(actor, bound, unique)
    for position, row in enumerate(spool.fill()):
        twins.note(position, row)
        for column, holder in pairs:
            key = key_of(actor, bound, holder, row)
            if key is not None:
                references.keys[holder][key].append(position)
            wish = _wish(actor, bound, column, row)
            if wish is not None:
                references.wishes[column][position] = wish
    existing = {
        column: find_existing(column.by[0], set(references.wishes[column].values()))
        for column, _holder in pairs
    }
    return Survey(order_rows(len(spool), references, pairs, existing), twins.found)


def _wish(actor: Actor, bound: BoundPlan, column: BoundColumn, row: Row) -> Any:
    text = mapped_text(column.text(row.cells), column.values, column.default)
    return text_key(actor, bound, column.by[0], text)


class _Twins:
    """Finds rows that say the same of the match field or of a unique field."""

    def __init__(self, actor: Actor, bound: BoundPlan, unique: bool) -> None:
        self._actor = actor
        self._bound = bound
        self._columns = [
            column
            for column in bound.columns
            if column.place is not None
            and column.field.to is None
            and (column is bound.match_column or (unique and column.field.unique))
        ]
        self._firsts: dict[Field, dict[Any, int]] = defaultdict(dict)
        self.found: dict[int, tuple[Field, int]] = {}

    def note(self, position: int, row: Row) -> None:
        """Compare a row with those before it."""
        bound = self._bound
        if bound.writes_json:
            if bound.match is not None:
                self._compare(position, bound.match, prepare(self._actor, bound, row).match)
            return
        for column in self._columns:
            self._compare(position, column.field, key_of(self._actor, bound, column, row))

    def _compare(self, position: int, field_: Field, key: Any) -> None:
        if key is None:
            return
        first = self._firsts[field_].setdefault(key, position)
        if first != position:
            self.found.setdefault(position, (field_, first))
