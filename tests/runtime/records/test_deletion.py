"""What goes with a deleted record, what lets go of it, what forbids it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from runtime import records
from runtime.search import search
from tests.runtime.api.conftest import Bench, Snapshot, snapshot

__all__ = ["snapshot"]


def test_details_go_with_their_master(bench: Bench) -> None:
    thing = bench.user.make("thing", name="T")
    parts = [bench.user.make("part", name=f"{n}", thing=thing["id"])["id"] for n in range(3)]
    assert bench.user.delete(f"/records/thing/{thing['id']}").status_code == 204
    assert [bench.user.get(f"/records/part/{i}").status_code for i in parts] == [404] * 3
    with bench.scope() as scope:
        assert search(scope, "T") == []
        statement = text(
            "SELECT count(*) FROM record_rows WHERE tenant_id = :t AND deleted "
            "AND version = 2 AND updated_by = :u"
        )
        values: dict[str, Any] = {"t": scope.tenant_id, "u": bench.side.user.id}
        assert scope.unit.connection.scalar(statement, values) == 4


def test_cascades_reach_through_levels(bench: Bench) -> None:
    firm = bench.user.make("firm", name="F")
    child = bench.user.make("firm", name="G", parent=firm["id"])
    note = bench.user.make("note", name="N", firm=firm["id"])
    answer = bench.user.delete(f"/records/firm/{firm['id']}")
    assert answer.status_code == 204, answer.text
    assert bench.user.get(f"/records/note/{note['id']}").status_code == 404
    cleared = bench.user.get(f"/records/firm/{child['id']}").json
    assert (cleared["parent"], cleared["version"]) == (None, 2)


def test_clearing_reaches_records_of_others(bench: Bench) -> None:
    """A lookup that is cleared is no change of the other record's content that needs a right."""
    mine = bench.user.make("thing", name="T")
    theirs = bench.other.make("thing", name="O")
    bench.admin.patch(f"/records/thing/{theirs['id']}", json={"twin": mine["id"]})
    assert bench.user.delete(f"/records/thing/{mine['id']}").status_code == 204
    (row,) = bench.other.rows("thing", fields=["twin"])
    assert (row["twin"], row["version"]) == (None, 3)
    where = {"field": "twin", "op": "is_empty"}
    assert len(bench.other.rows("thing", where=where)) == 1


def test_what_forbids_it_changes_nothing(bench: Bench, snapshot: Snapshot) -> None:
    firm = bench.user.make("firm", name="F")
    bench.user.make("note", name="N", firm=firm["id"])
    bench.user.make("firm", name="G", parent=firm["id"])
    bench.user.make("thing", name="T", firm=firm["id"])
    before = snapshot()
    assert bench.user.delete(f"/records/firm/{firm['id']}").status_code == 409
    assert snapshot() == before


def test_a_record_that_points_to_itself(bench: Bench) -> None:
    firm = bench.user.make("firm", name="F")
    bench.user.patch(f"/records/firm/{firm['id']}", json={"parent": firm["id"]})
    thing = bench.user.make("thing", name="T")
    bench.user.patch(f"/records/thing/{thing['id']}", json={"twin": thing["id"]})
    assert bench.user.delete(f"/records/firm/{firm['id']}").status_code == 204
    assert bench.user.delete(f"/records/thing/{thing['id']}").status_code == 204


def test_a_batch(bench: Bench) -> None:
    ids = [int(bench.user.make("thing", name=f"{n}")["id"]) for n in range(3)]
    foreign = int(bench.other.make("thing", name="x")["id"])
    with bench.scope(bench.side.user) as scope:
        wanted = [(ids[0], 1), (foreign, None), (ids[1], 7), (ids[0], None), (ids[2], None)]
        results = records.delete_many(scope, "thing", wanted)
        assert [r.problem.status if r.problem else None for r in results] == [
            None, 404, 412, 404, None,
        ]  # fmt: skip


def test_a_master_gives_its_owner_to_its_details(bench: Bench) -> None:
    thing = bench.user.make("thing", name="T")
    part = bench.admin.make("part", name="P", thing=thing["id"])
    assert part["owner"]["id"] == str(bench.side.user.id)
    other = bench.other.make("thing", name="O")
    moved = bench.admin.patch(f"/records/part/{part['id']}", json={"thing": other["id"]})
    assert moved.json["owner"]["id"] == str(bench.side.other.id)
    assert bench.user.get(f"/records/part/{part['id']}").status_code == 404
