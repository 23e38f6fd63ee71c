"""Saves at the same time, on a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import text

from kernel.db.unit import Database
from kernel.errors import NotFound, Problem
from runtime import records
from runtime.query import Query, select_records
from runtime.scope import RecordScope
from tests.runtime.api.conftest import Bench

WORKERS = 8


def _together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """The results, or problems, of `work(n)` in threads that all begin at once."""
    barrier = Barrier(min(count, WORKERS))

    def run(n: int) -> Any:
        if n < WORKERS:
            barrier.wait(30)
        try:
            return work(n)
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(min(count, WORKERS)) as pool:
        return list(pool.map(run, range(count)))


def test_200_saves_get_200_numbers(bench: Bench) -> None:
    def save(n: int) -> Any:
        with bench.scope(bench.side.user) as scope:
            return records.create(scope, "thing", {"name": f"{n}"}).values["number"]

    assert sorted(_together(200, save)) == [f"T-{n:04}" for n in range(1, 201)]


def test_a_failed_save_gives_its_number_back(bench: Bench) -> None:
    def fail() -> None:
        with bench.scope() as scope:
            records.create(scope, "thing", {"name": "lost"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with bench.scope() as scope:
        assert records.create(scope, "thing", {"name": "kept"}).values["number"] == "T-0001"


def test_only_one_of_many_gets_a_unique_value(bench: Bench) -> None:
    def save(n: int) -> Any:
        with bench.scope(bench.side.user) as scope:
            return records.create(scope, "thing", {"serial": f"S-{n % 3}"}).id

    results = _together(24, save)
    problems = [result for result in results if isinstance(result, Problem)]
    assert len(problems) == 21
    assert {error.code for problem in problems for error in problem.errors} == {"not_unique"}


def test_only_one_of_many_changes_to_a_unique_value(bench: Bench) -> None:
    with bench.scope() as scope:
        made = records.create_many(scope, "thing", [{"serial": f"old-{n}"} for n in range(8)])
    ids = [result.id or 0 for result in made]

    def save(n: int) -> Any:
        with bench.scope() as scope:
            return records.update(scope, "thing", ids[n], {"serial": "new"})

    results = _together(8, save)
    assert sum(isinstance(result, Problem) for result in results) == 7
    with bench.scope() as scope:
        serials = {records.get(scope, "thing", i).values["serial"] for i in ids}
        assert len(serials) == 8
        # The losers still hold what they had.
        taken = [f"old-{n}" for n in range(8) if f"old-{n}" in serials]
        again = records.create_many(scope, "thing", [{"serial": serial} for serial in taken])
        assert all(result.problem is not None for result in again)


def test_only_one_of_many_changes_wins_a_version(bench: Bench) -> None:
    made = bench.user.make("thing", name="One")
    headers = {"If-Match": '"1"'}

    def save(n: int) -> int:
        answer = bench.user.patch(
            f"/records/thing/{made['id']}", json={"name": f"by {n}"}, headers=headers
        )
        return int(answer.status_code)

    assert Counter(_together(16, save)) == {200: 1, 412: 15}
    assert bench.user.get(f"/records/thing/{made['id']}").json["version"] == 2


def test_changes_of_different_fields_all_stay(bench: Bench) -> None:
    made = bench.user.make("thing", name="One")
    fields = {"name": "n", "about": "a", "price": "1.00", "pieces": 1, "color": "red", "share": "5"}
    names = list(fields)

    def save(n: int) -> Any:
        with bench.scope(bench.side.user) as scope:
            records.update(scope, "thing", int(made["id"]), {names[n]: fields[names[n]]})

    _together(len(names), save)
    record = bench.user.get(f"/records/thing/{made['id']}").json
    assert {name: record[name] for name in names} == fields
    assert record["version"] == 1 + len(names)


def _waiting(database: Database) -> bool:
    statement = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.system("watch the locks of a test") as unit:
        return bool(unit.connection.scalar(statement))


def _until_somebody_waits(database: Database) -> None:
    for _ in range(3000):
        if _waiting(database):
            return
        Event().wait(0.01)
    raise AssertionError("nobody waits for a lock")


@pytest.mark.parametrize("child", ["part", "thing"])
def test_a_child_cannot_be_added_to_what_is_being_deleted(bench: Bench, child: str) -> None:
    """The child waits for the deletion and finds its parent gone."""
    parent_api, link = ("thing", "thing") if child == "part" else ("firm", "firm")
    parent = int(bench.admin.make(parent_api, name="P")["id"])

    def add() -> Any:
        with bench.scope() as scope:
            return records.create(scope, child, {"name": "C", link: str(parent)})

    with ThreadPoolExecutor(1) as pool:
        with bench.scope() as scope:
            records.delete(scope, parent_api, parent)
            adding = pool.submit(add)
            _until_somebody_waits(bench.database)
        problem = adding.exception(30)
    assert isinstance(problem, Problem)
    assert [error.code for error in problem.errors] == ["not_found"]


def test_what_is_being_pointed_to_cannot_be_deleted(bench: Bench) -> None:
    """The deletion waits for the child and then sees it."""
    firm = int(bench.admin.make("firm", name="F")["id"])

    def delete() -> None:
        with bench.scope() as scope:
            records.delete(scope, "firm", firm)

    with ThreadPoolExecutor(1) as pool:
        with bench.scope() as scope:
            records.create(scope, "thing", {"firm": str(firm)})
            deleting = pool.submit(delete)
            _until_somebody_waits(bench.database)
        problem = deleting.exception(30)
    assert isinstance(problem, Problem)
    assert problem.status == 409


def _everything(scope: RecordScope, object_api: str) -> Iterator[records.Record]:
    yield from select_records(scope, Query(scope.schema.objects[object_api], limit=500)).records


def test_children_and_deletions_at_the_same_time_leave_no_orphans(bench: Bench) -> None:
    with bench.scope() as scope:
        parents = [
            result.id or 0
            for result in records.create_many(scope, "thing", [{"name": f"{n}"} for n in range(6)])
        ]

    def work(n: int) -> Any:
        parent = parents[n % 6]
        with bench.scope() as scope:
            if n % 4 == 3:
                return records.delete(scope, "thing", parent)
            return records.create(scope, "part", {"name": f"{n}", "thing": str(parent)}).id

    _together(48, work)
    with bench.scope() as scope:
        left = {record.id for record in _everything(scope, "thing")}
        assert left < set(parents)
        assert {int(p.values["thing"]["id"]) for p in _everything(scope, "part")} <= left


def test_deleting_twice_at_once(bench: Bench) -> None:
    made = int(bench.admin.make("thing", name="T", serial="S")["id"])

    def work(_n: int) -> Any:
        with bench.scope() as scope:
            return records.delete(scope, "thing", made)

    results = _together(8, work)
    assert Counter(type(result) for result in results) == {type(None): 1, NotFound: 7}
