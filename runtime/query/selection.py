"""Lists: pages of records with stable order over every sort, and capped counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, false, func, or_, select

from metadata.condition import Condition
from metadata.schema import Field, Object, Path, SortKey
from runtime.query import cursor
from runtime.query.source import Source
from runtime.records.record import Record
from runtime.records.shape import SYSTEM_COLUMNS, names_of, shape_rows
from runtime.scope import RecordScope

MAX_LIMIT = 500
DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Query:
    """A list: which records of which object, which fields, in which order.

    `fields` None means all fields of the object. `cursor` continues after an earlier page of
    the same query. `only` restricts the list to some ids (as a search found them).
    """

    object: Object
    fields: tuple[Path, ...] | None = None
    where: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    only: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the cursor of the page after it, if there is more."""

    records: tuple[Record, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Term:
    """A sort key as SQL."""

    expression: ColumnElement[Any]
    descending: bool

    def order(self) -> ColumnElement[Any]:
        """Empty values come last in either direction."""
        ordered = self.expression.desc() if self.descending else self.expression.asc()
        return ordered.nulls_last()

    def after(self, value: Any) -> ColumnElement[bool]:
        """Rows that come after a value."""
        if value is None:
            return false()
        beyond = self.expression < value if self.descending else self.expression > value
        return or_(beyond, self.expression.is_(None))

    def same(self, value: Any) -> ColumnElement[bool]:
        """Rows with the same value."""
        return self.expression.is_(None) if value is None else self.expression == value


def select_records(scope: RecordScope, query: Query) -> Page:
    """A page of the records that the actor may see.

    The rows whose first sort value is empty are read by a second statement, and only when the
    page is not full without them: `slot IS NOT NULL` is what lets PostgreSQL walk the index.
    """
    limit = max(1, min(query.limit, MAX_LIMIT))
    fingerprint = cursor.digest(query.object.id, *(key.api for key in query.sort))
    kinds = [_kind(scope, key.path.field) for key in query.sort]
    start = cursor.decode(query.cursor, fingerprint, kinds) if query.cursor else None
    wanted = limit + 1  # one more tells whether there is a next page
    rows: list[Row[Any]] = []
    in_empty_part = start is not None and bool(query.sort) and start.values[0] is None
    if not in_empty_part:
        rows += _rows(scope, query, start, wanted, empty=False if query.sort else None)
    if query.sort and len(rows) < wanted:
        part_start = start if in_empty_part else None
        rows += _rows(scope, query, part_start, wanted - len(rows), empty=True)
    page = rows[:limit]
    following = None
    if len(rows) > limit:
        last = page[-1]
        values = tuple(last._mapping[f"sort{n}"] for n in range(len(query.sort)))
        following = cursor.encode(cursor.Position(values, last.id), fingerprint)
    names = names_of(scope, query.object, query.fields, page)
    return Page(shape_rows(query.object, query.fields, page, names), following)


def _kind(scope: RecordScope, field: Field) -> str:
    """The letters that cursors give to the values by which a field is sorted."""
    while field.to is not None:
        field = scope.schema.objects[field.to].name_field
    if field.column is not None:
        return "t" if field.type.temporal else "i"
    return {"n": "n", "d": "td", "p": "i", "t": "s"}[field.type.slot_kind or ""]


def _rows(
    scope: RecordScope,
    query: Query,
    start: cursor.Position | None,
    limit: int,
    *,
    empty: bool | None,
) -> Sequence[Row[Any]]:
    source = Source(scope, query.object)
    base = source.base
    source.where(query.where)
    if query.only is not None:
        source.require(base.c.id == func.any(list(query.only)))
    terms = [_Term(source.sort_term(key.path), key.descending) for key in query.sort]
    downward = query.sort[0].descending if query.sort else True
    if empty is not None:
        first = terms[0].expression
        source.require(first.is_(None) if empty else first.is_not(None))
    if start is not None:
        source.require(_beyond(terms, base.c.id, start, downward))
    columns = columns_of(source, query.fields)
    columns += [term.expression.label(f"sort{n}") for n, term in enumerate(terms)]
    ordering = [term.order() for term in (terms[1:] if empty else terms)]
    if terms and not empty:  # not null here, and `NULLS LAST` would keep the index from serving
        head = terms[0]
        ordering[0] = head.expression.desc() if head.descending else head.expression.asc()
    ordering.append(base.c.id.desc() if downward else base.c.id.asc())
    statement = source.select(*columns).order_by(*ordering).limit(limit)
    return scope.unit.connection.execute(statement).all()


def _beyond(
    terms: Sequence[_Term], row_id: ColumnElement[int], start: cursor.Position, downward: bool
) -> ColumnElement[bool]:
    """Rows after a position in lexicographic order, ties broken by id."""
    tie = row_id < start.id if downward else row_id > start.id
    branches: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for term, value in zip(terms, start.values, strict=True):
        branches.append(and_(*equal, term.after(value)))
        equal.append(term.same(value))
    branches.append(and_(*equal, tie))
    clause = or_(*branches)
    if terms and start.values[0] is not None:  # lets the index start at the right place
        head, value = terms[0], start.values[0]
        bound = head.expression <= value if head.descending else head.expression >= value
        return and_(bound, clause)
    return clause


DATA_COLUMNS = (
    "id",
    "version",
    "owner_id",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "data",
)


def columns_of(source: Source, fields: tuple[Path, ...] | None) -> list[ColumnElement[Any]]:
    """The select list: the whole record, or `f0`, `f1`, ... for the asked paths."""
    base = source.base
    if fields is None:
        return [base.c[name] for name in DATA_COLUMNS]
    columns: list[ColumnElement[Any]] = [base.c[name] for name in SYSTEM_COLUMNS]
    return columns + [_column(*source.place(path), n) for n, path in enumerate(fields)]


def _column(row: FromClause, field: Field, n: int) -> ColumnElement[Any]:
    """The stored form of a field as `f<n>`."""
    if field.column is not None:
        return row.c[field.column].label(f"f{n}")
    return _data_column(row, field.key, field.type.stored_as_text, n)


@lru_cache(maxsize=10_000)
def _data_column(row: FromClause, key: str, as_text: bool, n: int) -> ColumnElement[Any]:
    # Kept: lists ask for the same ones again and again, and making one takes 20 microseconds.
    stored = row.c.data[key]
    return (stored.astext if as_text else stored).label(f"f{n}")


def count(
    scope: RecordScope, object_: Object, where: Condition | None = None, cap: int = 1000
) -> int:
    """How many records match, counted up to `cap` + 1 so that it costs little."""
    source = Source(scope, object_)
    source.where(where)
    inner = source.select(source.base.c.id).limit(cap + 1).subquery()
    statement = select(func.count()).select_from(inner)
    return int(scope.unit.connection.execute(statement).scalar_one())


def matching_ids(
    scope: RecordScope, object_: Object, where: Condition | None, after: int, limit: int
) -> list[int]:
    """Ids of matching records in ascending order, for work through all of them in steps."""
    source = Source(scope, object_)
    source.where(where)
    source.require(source.base.c.id > after)
    statement: Select[Any] = source.select(source.base.c.id)
    statement = statement.order_by(source.base.c.id).limit(limit)
    return list(scope.unit.connection.execute(statement).scalars())
