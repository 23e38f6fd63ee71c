"""Who sees and changes what: the same answer from every door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.scope import Actor
from metadata.condition import parse
from metadata.schema import Measure
from runtime import access, records
from runtime.query import Aggregate, Query, aggregate, count, select_records
from runtime.query.requests import read_fields, read_groupings, read_sort
from runtime.scope import RecordScope
from runtime.search import search
from tests.runtime.api.conftest import Bench, Program, Snapshot
from tests.runtime.api.test_records import codes

SECRET = "Zx9-secret"


def _seen(program: Program, object_api: str) -> set[str]:
    """Ids that a caller sees in the list; all other doors must agree."""
    rows = program.rows(object_api, fields=["id"], limit=500)
    (figures,) = program.figures(object_api)
    assert figures["measures"] == [len(rows)]
    return {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("object_api", "others_see", "others_change"),
    [("thing", False, False), ("firm", True, False), ("note", True, True)],
)
def test_private_read_and_edit(
    bench: Bench, snapshot: Snapshot, object_api: str, others_see: bool, others_change: bool
) -> None:
    made = bench.user.make(object_api, name="Mine")
    path = f"/records/{object_api}/{made['id']}"
    assert made["id"] in _seen(bench.user, object_api)
    assert made["id"] in _seen(bench.admin, object_api)
    assert (made["id"] in _seen(bench.other, object_api)) is others_see
    assert bench.admin.get(path).status_code == bench.user.get(path).status_code == 200
    assert bench.other.get(path).status_code == (200 if others_see else 404)
    refused = 403 if others_see else 404
    before = snapshot()
    changed = bench.other.patch(path, json={"name": "Theirs"})
    assert changed.status_code == (200 if others_change else refused)
    deleted = bench.other.delete(path)
    assert deleted.status_code == (204 if others_change else refused)
    assert (snapshot() == before) is not others_change


def test_details_are_seen_as_their_master(bench: Bench, snapshot: Snapshot) -> None:
    thing = bench.user.make("thing", name="T")
    part = bench.user.make("part", name="P", thing=thing["id"])
    path = f"/records/part/{part['id']}"
    assert bench.other.get(path).status_code == 404
    assert _seen(bench.other, "part") == set()
    mine = bench.other.make("thing", name="Mine")
    own = bench.other.make("part", name="R", thing=mine["id"])
    before = snapshot()
    created = bench.other.post("/records/part", json={"name": "Q", "thing": thing["id"]})
    assert (created.status_code, codes(created)) == (422, {"thing": "not_found"})
    moved = bench.other.patch(f"/records/part/{own['id']}", json={"thing": thing["id"]})
    assert codes(moved) == {"thing": "not_found"}
    assert snapshot() == before


def test_links_to_invisible_records_tell_nothing(bench: Bench) -> None:
    """Not their names, and nothing that lies behind them, by whatever question."""
    hidden = bench.other.make("thing", name=SECRET, price="777", color="red")
    mine = bench.user.make("thing", name="Mine")
    path = f"/records/thing/{mine['id']}"
    assert codes(bench.user.patch(path, json={"twin": hidden["id"]})) == {"twin": "not_found"}
    absent = bench.user.patch(path, json={"twin": "1"})
    refused = bench.user.patch(path, json={"twin": hidden["id"]})
    assert absent.json == refused.json
    by_name = bench.user.patch(path, json={"twin": {"match": {"name": SECRET}}})
    assert codes(by_name) == {"twin": "not_found"}
    assert bench.admin.patch(path, json={"twin": hidden["id"]}).status_code == 200

    link = {"id": hidden["id"], "name": None}
    assert bench.user.get(path).json["twin"] == link
    fields = ["name", "twin", "twin.name", "twin.price", "twin.owner", "twin.created_at", "twin.id"]
    (row,) = bench.user.rows("thing", fields=fields)
    assert list(row.values())[2:] == ["Mine", link, None, None, None, None, None]
    for where in (
        {"field": "twin.name", "op": "=", "value": SECRET},
        {"field": "twin.name", "op": "starts_with", "value": "Z"},
        {"field": "twin.name", "op": "is_not_empty"},
        {"field": "twin.price", "op": ">", "value": 1},
        {"not": {"field": "twin.price", "op": "<", "value": 1}},
        {"field": "twin.owner", "op": "=", "value": str(bench.side.other.id)},
        {"field": "twin.id", "op": "=", "value": hidden["id"]},
    ):
        assert bench.user.rows("thing", where=where) == [], where
        assert bench.user.figures("thing", where=where)[0]["measures"] == [0], where
        assert len(bench.admin.rows("thing", where=where)) == 1, where
    for group in ("twin.name", "twin.color", "twin.price", "twin.owner"):
        if group != "twin.price":
            (grouped,) = bench.user.figures("thing", group_by=[{"field": group}])
            assert grouped["groups"] == [None], group
    (by_link,) = bench.user.figures("thing", group_by=[{"field": "twin"}])
    assert by_link["groups"] == [link]
    measures = [{"fn": "sum", "field": "twin.price"}, {"fn": "count", "field": "twin.name"}]
    assert bench.user.figures("thing", measures=measures)[0]["measures"] == [None, 0]
    answer = bench.user.post("/query/thing", json={"sort": ["twin", "twin.name"], "limit": 1})
    assert SECRET not in answer.text


def test_order_does_not_tell_what_is_hidden(bench: Bench) -> None:
    names = [f"{n}" for n in (3, 1, 2)]
    hidden = [bench.other.make("thing", name=name)["id"] for name in names]
    mine = [bench.user.make("thing", name=f"m{n}")["id"] for n in range(3)]
    for own, twin in zip(mine, hidden, strict=True):
        bench.admin.patch(f"/records/thing/{own}", json={"twin": twin})
    for sort in ("twin", "twin.name"):
        rows = bench.user.rows("thing", sort=[sort], fields=["id"])
        assert [row["id"] for row in rows] == mine  # by id, as where nothing is there


def test_an_invisible_record_that_points_here_is_not_shown_or_lost(
    bench: Bench, snapshot: Snapshot
) -> None:
    """Deleting must not delete or change what the caller may not, and names none of it."""
    firm = bench.user.make("firm", name="F")
    bench.other.make("thing", name=SECRET, firm=firm["id"])
    before = snapshot()
    answer = bench.user.delete(f"/records/firm/{firm['id']}")
    assert (answer.status_code, codes(answer)) == (409, {"thing.firm": "in_use"})
    assert "may not see" in answer.json["errors"][0]["message"]
    assert snapshot() == before
    bench.user.make("thing", name="Mine", firm=firm["id"])
    message = bench.user.delete(f"/records/firm/{firm['id']}").json["errors"][0]["message"]
    assert message.startswith("1 × ")


def test_deleting_spares_what_belongs_to_others(bench: Bench, snapshot: Snapshot) -> None:
    with bench.scope(bench.side.user) as scope:
        firm = records.create(scope, "firm", {"name": "F"}).id
    bench.other.make("note", name="N", firm=str(firm))
    assert bench.user.delete(f"/records/firm/{firm}").status_code == 204  # notes are everybody's
    assert _seen(bench.other, "note") == set()


def test_search_finds_what_is_visible(bench: Bench) -> None:
    mine = bench.user.make("thing", name="华为技术 needle", about="straw")
    theirs = bench.other.make("thing", name="华为终端 needle")
    gone = bench.user.make("thing", name="华为 needle gone")
    bench.user.delete(f"/records/thing/{gone['id']}")

    def found(actor: Actor, text: str) -> set[str]:
        with bench.scope(actor) as scope:
            return {str(hit.id) for hit in search(scope, text)}

    both = {mine["id"], theirs["id"]}
    for text in ("华为", "为", "needle", "NEED", "huawei", "hw", "huawei needle"):
        assert found(bench.side.user, text) == {mine["id"]}, text
        assert found(bench.side.admin, text) == both, text
    assert found(bench.side.admin, "终端") == {theirs["id"]}
    assert found(bench.side.admin, "hwzd") == {theirs["id"]}
    assert found(bench.side.admin, "华为技术") == found(bench.side.user, "str") == {mine["id"]}
    for text in ("为华", "华技", "eedle", "x", "", "%", "' | !q:*", "华" * 500, "\\"):
        assert found(bench.side.admin, text) == set(), text
    bench.user.patch(f"/records/thing/{mine['id']}", json={"name": "中兴"})
    assert found(bench.side.user, "华为") == set()
    assert found(bench.side.user, "中兴") == {mine["id"]}


def test_bulk_work_has_the_callers_rights(bench: Bench) -> None:
    body = "name,owner\nA," + str(bench.side.other.id) + "\n"
    refused = bench.user.post("/bulk/user", data="name\nM\n", content_type="text/csv")
    assert refused.status_code == 403
    job = bench.user.post("/bulk/thing", data=body, content_type="text/csv")
    assert (job.status_code, job.headers["Location"]) == (
        202,
        f"/api/v1/jobs/{job.json['job']}",
    )
    path = f"/jobs/{job.json['job']}"
    assert bench.user.get(path).json["state"] == "queued"
    assert bench.admin.get(path).status_code == 200
    for method in ("GET", "DELETE"):
        assert bench.other.open(path, method=method).status_code == 404
    assert bench.other.get(path + "/results").status_code == 404
    assert bench.user.get(path + "/results").status_code == 404
    assert bench.user.delete(path).status_code == 204
    assert bench.user.get(path).json["state"] == "cancelled"


# -- the rule, against a plain model --------------------------------------------------------------


@dataclass
class Model:
    """What a tenant has, in plain Python: the rules of access written down a second time."""

    rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)

    def visible(self, actor: Actor, object_api: str) -> set[int]:
        """Ids of an object's records that a person sees."""
        return {
            record_id
            for record_id, row in self.rows[object_api].items()
            if actor.is_admin or object_api in ("firm", "note") or row["owner"] == actor.id
        }

    def reached(self, actor: Actor, object_api: str, record_id: int, path: str) -> Any:
        """The value at the end of a path; None where somebody may not look."""
        *links, last = path.split(".")
        for link in links:
            target = self.rows[object_api][record_id].get(link)
            object_api = {"twin": "thing", "firm": "firm", "thing": "thing"}[link]
            if target is None or target not in self.visible(actor, object_api):
                return None
            record_id = target
        return self.rows[object_api][record_id].get(last)


NAMES = ("a", "b", "c", None)


@pytest.fixture
def modelled(bench: Bench) -> tuple[Bench, Model]:
    """Records of three owners that point to each other, and their model."""
    model = Model({"firm": {}, "thing": {}, "part": {}, "note": {}})
    people = (bench.side.admin, bench.side.user, bench.side.other)

    def make(actor: Actor, object_api: str, **values: Any) -> int:
        with bench.scope(actor) as scope:
            made = records.create(scope, object_api, values)
        row = {k: int(v) if k in ("firm", "twin", "thing") and v else v for k, v in values.items()}
        model.rows[object_api][made.id] = row | {"owner": made.owner_id}
        return made.id

    firms = [make(actor, "firm", name=name) for actor in people for name in ("a", "b")]
    things: list[int] = []
    for n in range(24):
        actor = people[n % 3]
        # An administrator has linked records across the owners.
        link = {"twin": str(things[n * 7 % n])} if n > 3 and n % 2 else {}
        made = make(actor, "thing", name=NAMES[n % 4], firm=str(firms[n % 6]))
        if link:
            with bench.scope() as scope:
                records.update(scope, "thing", made, link)
            model.rows["thing"][made]["twin"] = int(link["twin"])
        things.append(made)
    for n, thing in enumerate(things[:9]):
        make(people[n % 3], "part", name=NAMES[n % 3], thing=str(thing))
    return bench, model


_COUNT = (Measure("count"),)
PATHS = {
    "thing": ("name", "twin.name", "twin.twin.name", "firm.name", "twin.firm.name"),
    "part": ("name", "thing.name", "thing.twin.name", "thing.twin.firm.name"),
    "firm": ("name",),
}
QUESTIONS = st.sampled_from(sorted(PATHS)).flatmap(
    lambda api: st.tuples(
        st.just(api),
        st.sampled_from(PATHS[api]),
        st.sampled_from(["=", "!=", "is_empty", "is_not_empty"]),
        st.sampled_from(["a", "b", "c"]),
        st.booleans(),
        st.integers(0, 2),
    )
)


def _holds(value: Any, operator: str, wanted: str, negated: bool) -> bool:
    if operator in ("is_empty", "is_not_empty"):
        return ((value is None) == (operator == "is_empty")) is not negated
    return value is not None and ((value == wanted) == (operator == "=")) is not negated


def test_visible_rows_are_those_of_the_model(
    modelled: tuple[Bench, Model],
) -> None:
    bench, model = modelled
    people = (bench.side.admin, bench.side.user, bench.side.other)

    @settings(
        max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(QUESTIONS)
    def check(question: tuple[str, str, str, str, bool, int]) -> None:
        object_api, path, operator, wanted, negated, who = question
        actor = people[who]
        seen = model.visible(actor, object_api)
        values = {i: model.reached(actor, object_api, i, path) for i in seen}
        expected = {i for i, value in values.items() if _holds(value, operator, wanted, negated)}
        asked: dict[str, Any] = {"field": path, "op": operator}
        if "empty" not in operator:
            asked["value"] = wanted
        with bench.scope(actor) as scope:
            _compare(
                scope, object_api, path, {"not": asked} if negated else asked, expected, values
            )

    check()


def _compare(
    scope: RecordScope,
    object_api: str,
    path: str,
    asked: Any,
    expected: set[int],
    values: dict[int, Any],
) -> None:
    """List, single records, count, figures and groups agree with the model."""
    object_ = scope.schema.objects[object_api]
    where = parse(asked, object_, scope.schema)
    fields = read_fields(scope.schema, object_, [path])
    sort = read_sort(scope.schema, object_, [path])
    page = select_records(scope, Query(object_, fields, where, sort, limit=500))
    assert {r.id: r.values[path] for r in page.records} == {i: values[i] for i in expected}
    assert count(scope, object_, where) == len(expected)
    keys = read_groupings(scope.schema, object_, [path])
    rows = aggregate(scope, Aggregate(object_, where, keys, _COUNT))
    counted = {row.groups[0]: row.measures[0] for row in rows}
    found = [values[i] for i in expected]
    assert counted == {value: found.count(value) for value in set(found)}
    assert {r.id for r in records.get_many(scope, object_api, list(values))} == set(values)
    for record in page.records:
        assert access.may_read(scope, object_, record.owner_id)
