"""Keyset pages over any sort give each record once, in the order that Python gives."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.condition import parse
from metadata.text import sort_key
from runtime.query import Query, count, matching_ids, select_records
from runtime.query.requests import read_fields, read_sort
from runtime.scope import RecordScope
from tests.runtime.query.conftest import USED, Wide

CHOICES = ("red", "green", "blue")
KEYS = st.sampled_from([*USED, "firm", "firm.name", "created_at", "id", "version"])
SORTS = st.lists(st.tuples(KEYS, st.booleans()), max_size=4)


def _place(row: dict[str, Any], key: str) -> Any:
    """What a record is sorted by; None when empty. All have the same time and version."""
    if key in ("created_at", "version"):
        return 0
    if key == "id":
        return row["id"]
    value = row["firm" if key.startswith("firm") else key]
    if value is None:
        return None
    if key.startswith("picklist"):
        return CHOICES.index(value)
    return sort_key(value) if isinstance(value, str) else value


def expected_order(wide: Wide, sort: list[tuple[str, bool]]) -> list[int]:
    """Ids in the order of the sort: empty values last either way, ties by id."""
    downward = sort[0][1] if sort else True

    def compare(one: dict[str, Any], two: dict[str, Any]) -> int:
        for key, descending in sort:
            a, b = _place(one, key), _place(two, key)
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (1 if a > b else -1) * (-1 if descending else 1)
        return int(one["id"] - two["id"]) * (-1 if downward else 1)

    rows = [{"id": record_id, **row} for record_id, row in wide.rows.items()]
    return [row["id"] for row in sorted(rows, key=cmp_to_key(compare))]


def _pages(scope: RecordScope, wide: Wide, sort: list[tuple[str, bool]], limit: int) -> list[int]:
    object_ = wide.object(scope)
    names = [("-" if descending else "") + key for key, descending in sort]
    query = Query(
        object_,
        fields=read_fields(scope.schema, object_, ["text0"]),
        sort=read_sort(scope.schema, object_, names),
        limit=limit,
    )
    seen: list[int] = []
    page = select_records(scope, query)
    seen += [record.id for record in page.records]
    while page.next is not None:
        assert len(page.records) == limit
        page = select_records(
            scope,
            Query(object_, query.fields, None, query.sort, limit, page.next),
        )
        seen += [record.id for record in page.records]
    return seen


def test_pages_are_the_sorted_list_cut_into_pieces(wide: Wide) -> None:
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(SORTS, st.integers(1, 40))
    def check(sort: list[tuple[str, bool]], limit: int) -> None:
        with wide.bench.scope(wide.bench.side.other) as scope:
            assert _pages(scope, wide, sort, limit) == expected_order(wide, sort)

    check()


def test_every_field_alone_in_both_directions(wide: Wide) -> None:
    with wide.bench.scope() as scope:
        for key in USED:
            for descending in (False, True):
                sort = [(key, descending)]
                assert _pages(scope, wide, sort, 7) == expected_order(wide, sort), sort


def test_counts_stop_at_their_cap(wide: Wide) -> None:
    with wide.bench.scope() as scope:
        object_ = wide.object(scope)
        assert count(scope, object_) == len(wide.rows)
        assert count(scope, object_, cap=10) == 11
        where = parse({"field": "text0", "op": "=", "value": "A"}, object_, scope.schema)
        assert count(scope, object_, where) == sum(r["text0"] == "A" for r in wide.rows.values())


def test_ids_of_all_matching_records_in_steps(wide: Wide) -> None:
    with wide.bench.scope() as scope:
        object_ = wide.object(scope)
        found: list[int] = []
        while step := matching_ids(scope, object_, None, found[-1] if found else 0, 17):
            found += step
        assert found == sorted(wide.rows)
