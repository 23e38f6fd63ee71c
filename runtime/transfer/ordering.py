"""The order in which rows are imported: what a row refers to in the same file goes before it.

Accounts name their parents by name, and the parent may stand further down. The file is looked
through once for such references; each row then gets a level, and level by level is imported.
Rows that refer to each other in a circle, or to themselves, cannot be imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.transfer.binding import BoundColumn, BoundPlan


@dataclass(slots=True)
class Order:
    """Positions of rows by level, and the positions that stand in a circle."""

    levels: list[list[int]]
    circles: set[int] = field(default_factory=set)
    parents: dict[int, dict[BoundColumn, tuple[int, ...]]] = field(default_factory=dict)
    """For rows that refer to rows of the file: by column, the positions they refer to."""


def own_references(bound: BoundPlan) -> list[tuple[BoundColumn, BoundColumn]]:
    """Columns that point to the imported object itself, with the column of the file that holds
    what they are found by."""
    if bound.writes_json:
        return []
    holders = {column.field: column for column in bound.columns if column.place is not None}
    return [
        (column, holders[column.by[0]])
        for column in bound.columns
        if column.field.to == bound.object.api and column.by and column.by[0] in holders
    ]


@dataclass(slots=True)
class References:
    """What the first look through the file gathers, by position of the row."""

    keys: dict[BoundColumn, dict[Any, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """Who bears a key, by the column that holds it."""
    wishes: dict[BoundColumn, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    """Who refers to which key, by the column that refers."""


def order_rows(
    count: int,
    references: References,
    pairs: Sequence[tuple[BoundColumn, BoundColumn]],
    existing: dict[BoundColumn, set[Any]],
) -> Order:
    """Levels of `count` rows. What is `existing` as a record already needs no row before it."""
    parents: dict[int, dict[BoundColumn, tuple[int, ...]]] = defaultdict(dict)
    for column, holder in pairs:
        bearers = references.keys[holder]
        for position, key in references.wishes[column].items():
            if key in bearers and key not in existing.get(column, ()):
                parents[position][column] = tuple(bearers[key])
    if not parents:
        return Order([list(range(count))])
    levels, circles = _levels(count, parents)
    return Order(levels, circles, dict(parents))


def _levels(
    count: int, parents: dict[int, dict[BoundColumn, tuple[int, ...]]]
) -> tuple[list[list[int]], set[int]]:
    """Kahn's order, by breadth; whatever is left when nothing is free stands in a circle or
    hangs on one."""
    waits: dict[int, int] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for position, columns in parents.items():
        needed = _united(columns.values())
        waits[position] = len(needed)
        for parent in needed:
            children[parent].append(position)
    current = [position for position in range(count) if position not in waits]
    levels: list[list[int]] = []
    while current:
        levels.append(current)
        following: list[int] = []
        for position in current:
            for child in children.get(position, ()):
                waits[child] -= 1
                if not waits[child]:
                    del waits[child]
                    following.append(child)
        current = sorted(following)
    return levels, set(waits)


def _united(groups: Iterable[tuple[int, ...]]) -> set[int]:
    return {position for group in groups for position in group}
