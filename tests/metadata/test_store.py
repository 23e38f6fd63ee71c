"""Drafts, versions and slots on a real database."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from kernel.db.unit import Database
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.i18n import use_locale
from kernel.scope import Actor, Scope
from metadata import commits, store
from metadata.compiler import CompileFailed
from metadata.models import DocumentVersion, SlotAssignment
from metadata.schema import Schema
from tests.metadata.documents import doc, fld, obj, sales, values
from tests.twins import Side, Twin


@pytest.fixture
def ours(twin: Twin) -> Side:
    return twin.ours


def install(database: Database, side: Side, bodies: list[dict[str, Any]] | None = None) -> int:
    with database.scope(side.id, side.admin) as scope:
        return store.install_documents(scope, bodies if bodies is not None else sales(), "start")


def schema_of(database: Database, side: Side) -> Schema:
    with database.scope(side.id, side.admin) as scope:
        return store.published(scope)


def put(scope: Scope, kind: str, api: str, **body: Any) -> dict[str, Any]:
    return store.put_document(scope, kind, api, body)


def add_record(scope: Scope, object_number: int, *, deleted: bool = False) -> None:
    scope.unit.connection.execute(
        sa.text(
            "INSERT INTO record (tenant_id, object_id, id, created_at, updated_at, deleted, data) "
            "VALUES (:tenant, :object, :id, now(), now(), :deleted, '{}')"
        ),
        {
            "tenant": scope.tenant_id,
            "object": object_number,
            "id": scope.unit.new_id(),
            "deleted": deleted,
        },
    )


def test_a_new_tenant_has_the_built_in_documents(database: Database, ours: Side) -> None:
    schema = schema_of(database, ours)
    assert list(schema.objects) == ["user"]
    assert schema.objects["user"].fields["manager"].to == "user"
    assert schema.version == 0


def test_publish_makes_a_version_that_the_next_unit_sees(database: Database, ours: Side) -> None:
    with database.scope(ours.id, ours.admin) as scope:
        put(scope, "object", "thing", label={"en": "Thing"}, name_field="name")
        put(scope, "field", "thing.name", label={"en": "Name"}, type="text")
        assert [e.state for e in store.list_documents(scope, "object")] == ["built_in", "new"]
        assert "thing" not in store.published(scope).objects
    with database.scope(ours.id, ours.admin) as scope:
        assert store.publish(scope, "First\x00 thing") == 1
        assert "thing" in store.published(scope).objects
    with database.scope(ours.id, ours.admin) as scope:
        assert store.published(scope).version == 1
        assert store.diff(scope) == []
        [commit] = store.history(scope)
        assert (commit.version, commit.author, commit.message) == (1, "Admin", "First thing")
        assert store.publish(scope, "nothing") == 1


def test_the_twin_sees_nothing_of_it(database: Database, twin: Twin) -> None:
    bodies = sales()
    install(database, twin.ours, bodies)
    assert list(schema_of(database, twin.theirs).objects) == ["user"]
    with database.scope(twin.theirs.id, twin.theirs.admin) as scope:
        assert store.history(scope) == []
        with pytest.raises(NotFound):
            store.get_document(scope, "object", "deal")
    install(database, twin.theirs, bodies)
    assert "deal" in schema_of(database, twin.theirs).objects


def test_drafts_belong_to_one_person(database: Database, ours: Side) -> None:
    install(database, ours)
    second = Actor(id=ours.other.id, name="Second", is_admin=True)
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "object", "deal")
        store.put_document(scope, "object", "deal", {**body, "icon": "star"})
    with database.scope(ours.id, second) as scope:
        assert store.diff(scope) == []
        assert "icon" not in store.get_document(scope, "object", "deal")


def test_only_administrators_change_definitions(database: Database, ours: Side) -> None:
    with database.scope(ours.id, ours.user) as scope:
        calls: list[Any] = [
            lambda: put(scope, "object", "thing", label={"en": "Thing"}, name_field="name"),
            lambda: store.delete_document(scope, "object", "user"),
            lambda: store.publish(scope),
            lambda: store.revert(scope, 0),
            lambda: store.install_documents(scope, [], "x"),
            lambda: store.diff(scope),
            lambda: store.get_document(scope, "object", "user"),
        ]
        for call in calls:
            with pytest.raises(Forbidden):
                call()


def test_two_drafts_of_one_document_conflict(database: Database, ours: Side) -> None:
    install(database, ours)
    second = Actor(id=ours.other.id, name="Second", is_admin=True)
    for actor, icon in ((ours.admin, "star"), (second, "heart")):
        with database.scope(ours.id, actor) as scope:
            body = store.get_document(scope, "object", "deal")
            store.put_document(scope, "object", "deal", {**body, "icon": icon})
    with database.scope(ours.id, ours.admin) as scope:
        assert store.publish(scope) == 2
    with database.scope(ours.id, second) as scope:
        [change] = store.diff(scope)
        assert change.conflict
        with pytest.raises(Conflict) as caught:
            store.publish(scope)
        assert [e.field for e in caught.value.errors] == ["object deal"]
        store.discard(scope, "object", "deal")
        body = store.get_document(scope, "object", "deal")
        assert body["icon"] == "star"
        store.put_document(scope, "object", "deal", {**body, "icon": "heart"})
        assert store.publish(scope) == 3
    assert schema_of(database, ours).objects["deal"].icon == "heart"


def test_a_change_of_what_somebody_deleted_conflicts(database: Database, ours: Side) -> None:
    install(database, ours)
    second = Actor(id=ours.other.id, name="Second", is_admin=True)
    with database.scope(ours.id, second) as scope:
        body = store.get_document(scope, "field", "deal.notes")
        store.put_document(scope, "field", "deal.notes", {**body, "required": True})
    with database.scope(ours.id, ours.admin) as scope:
        store.delete_document(scope, "field", "deal.notes")
        store.publish(scope)
    with database.scope(ours.id, second) as scope:
        assert [change.conflict for change in store.diff(scope)] == [True]
        with pytest.raises(Conflict):
            store.publish(scope)
        store.discard(scope, "field", "deal.notes")
        store.put_document(scope, "field", "deal.notes", body)
        store.publish(scope)
    assert "notes" in schema_of(database, ours).objects["deal"].fields


def test_discarding_drops_one_change_or_all(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        deal = store.get_document(scope, "object", "deal")
        put(scope, "field", "deal.extra", label={"en": "Extra"}, type="text")
        store.put_document(scope, "object", "deal", {**deal, "api": "chance"})
        store.discard(scope, "field", "chance.extra")
        assert [change.api for change in store.diff(scope)] == ["chance"]
        with pytest.raises(NotFound):
            store.discard(scope, "field", "chance.extra")
        store.discard(scope)
        assert store.diff(scope) == []
        assert store.get_document(scope, "object", "deal") == deal


def test_drafts_of_different_documents_do_not_conflict(database: Database, ours: Side) -> None:
    install(database, ours)
    second = Actor(id=ours.other.id, name="Second", is_admin=True)
    with database.scope(ours.id, ours.admin) as scope:
        put(scope, "field", "deal.one", label={"en": "One"}, type="text")
    with database.scope(ours.id, second) as scope:
        put(scope, "field", "deal.two", label={"en": "Two"}, type="text")
    for actor in (ours.admin, second):
        with database.scope(ours.id, actor) as scope:
            store.publish(scope)
    fields = schema_of(database, ours).objects["deal"].fields
    assert fields["one"].number != fields["two"].number


def test_parallel_publishes_wait_for_each_other(database: Database, ours: Side) -> None:
    install(database, ours)
    actors = [Actor(id=database.new_id(), name=f"A{n}", is_admin=True) for n in range(4)]
    for n, actor in enumerate(actors):
        with database.scope(ours.id, actor) as scope:
            put(scope, "field", f"deal.extra{n}", label={"en": "Extra"}, type="number")
    start = threading.Barrier(len(actors))
    versions: list[int] = []

    def publish(actor: Actor) -> None:
        start.wait()
        with database.scope(ours.id, actor) as scope:
            versions.append(store.publish(scope))

    threads = [threading.Thread(target=publish, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == [2, 3, 4, 5]
    extras = [schema_of(database, ours).objects["deal"].fields[f"extra{n}"] for n in range(4)]
    assert len({f.number for f in extras}) == len({f.slot for f in extras}) == 4


def test_what_is_rolled_back_is_not_remembered(database: Database, ours: Side) -> None:
    install(database, ours)

    class Undone(Exception):
        pass

    def publish_and_fail() -> None:
        with database.scope(ours.id, ours.admin) as scope:
            put(scope, "field", "deal.ghost", label={"en": "Ghost"}, type="text")
            assert store.publish(scope) == 2
            assert "ghost" in store.published(scope).objects["deal"].fields
            raise Undone

    with pytest.raises(Undone):
        publish_and_fail()
    assert schema_of(database, ours).version == 1
    with database.scope(ours.id, ours.admin) as scope:
        put(scope, "field", "deal.real", label={"en": "Real"}, type="text")
        assert store.publish(scope) == 2
    fields = schema_of(database, ours).objects["deal"].fields
    assert "real" in fields
    assert "ghost" not in fields


def test_a_published_schema_is_compiled_once(database: Database, ours: Side) -> None:
    install(database, ours)
    first = schema_of(database, ours)
    assert schema_of(database, ours) is first
    with database.scope(ours.id, ours.admin) as scope:
        assert store.published(scope, version=1) is first


def test_a_refused_publish_names_document_path_and_reason(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "view", "deal.open")
        store.put_document(scope, "view", "deal.open", {**body, "columns": ["name", "ghost"]})
        [problem] = store.problems(scope)
        assert (problem.document, problem.path) == ("view deal.open", "columns[1]")
        with pytest.raises(CompileFailed) as caught:
            store.publish(scope)
        [error] = caught.value.errors
        assert error.field == "view deal.open columns[1]"
        assert str(error.message) == "There is no field ghost in deal."
        with use_locale("zh_CN"):
            assert "ghost" in str(error.message)
            assert str(error.message) != "There is no field ghost in deal."
    assert schema_of(database, ours).version == 1


def test_renaming_touches_one_document(database: Database, ours: Side) -> None:
    install(database, ours)
    number = schema_of(database, ours).objects["deal"].fields["amount"].number
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "field", "deal.amount")
        store.put_document(scope, "field", "deal.amount", {**body, "api": "deal.worth"})
        body = store.get_document(scope, "object", "deal")
        store.put_document(scope, "object", "deal", {**body, "api": "chance"})
        assert len(store.diff(scope)) == 2
        store.publish(scope)
    schema = schema_of(database, ours)
    chance = schema.objects["chance"]
    assert "deal" not in schema.objects
    assert chance.fields["worth"].number == number
    assert chance.views[0].api == "chance.open"
    assert chance.views[0].columns[3].api == "worth"
    assert schema.objects["deal_line"].fields["deal"].to == "chance"
    assert schema.reports["won"].object == "chance"
    with database.scope(ours.id, ours.admin) as scope:
        report = store.get_document(scope, "report", "won")
        assert report["measures"][0]["field"] == "worth"
        rows = scope.unit.session.scalar(
            sa.select(sa.func.count())
            .select_from(DocumentVersion)
            .where(DocumentVersion.tenant_id == ours.id, DocumentVersion.version == 2)
        )
        assert rows == 2


def test_an_unchanged_document_is_no_change(database: Database, ours: Side) -> None:
    bodies = sales()
    assert install(database, ours, bodies) == 1
    assert install(database, ours, bodies) == 1
    with database.scope(ours.id, ours.admin) as scope:
        for kind in ("object", "field", "picklist", "layout", "view", "report", "application"):
            for entry in store.list_documents(scope, kind):
                if entry.state != "built_in":
                    store.put_document(scope, kind, entry.api, entry.body)
        assert store.diff(scope) == []


def test_origin_is_kept_through_later_changes(database: Database, ours: Side) -> None:
    origin = {"template": "sales", "version": "1.0.0"}
    with database.scope(ours.id, ours.admin) as scope:
        store.install_documents(scope, sales(), "sales", origin)
        body = store.get_document(scope, "object", "deal")
        store.put_document(scope, "object", "deal", {**body, "icon": "star"})
        store.publish(scope)
        rows = scope.unit.session.scalars(
            sa.select(DocumentVersion.origin).where(
                DocumentVersion.tenant_id == ours.id, DocumentVersion.version == 2
            )
        )
        assert list(rows) == [origin]


def test_revert_is_a_new_version(database: Database, ours: Side) -> None:
    install(database, ours)
    before = schema_of(database, ours).objects["deal"]
    with database.scope(ours.id, ours.admin) as scope:
        put(scope, "field", "deal.extra", label={"en": "Extra"}, type="text")
        body = store.get_document(scope, "object", "deal")
        store.put_document(scope, "object", "deal", {**body, "icon": "star"})
        for kind, api in (
            ("application", "selling"),
            ("report", "won"),
            ("view", "deal.open"),
            ("field", "deal.amount"),
        ):
            store.delete_document(scope, kind, api)
        store.publish(scope)
    assert "amount" not in schema_of(database, ours).objects["deal"].fields
    with database.scope(ours.id, ours.admin) as scope:
        assert store.revert(scope, 1) == 3
    after = schema_of(database, ours).objects["deal"]
    assert list(after.fields) == list(before.fields)
    assert after.fields["amount"].number == before.fields["amount"].number
    assert after.icon == before.icon
    with database.scope(ours.id, ours.admin) as scope:
        assert [c.version for c in store.history(scope)] == [3, 2, 1]
        assert store.revert(scope, 3) == 3
        with pytest.raises(NotFound):
            store.revert(scope, 9)


def test_what_is_in_use_is_not_deleted(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        with pytest.raises(Conflict) as caught:
            store.delete_document(scope, "field", "deal.amount")
        assert [e.field for e in caught.value.errors] == ["view deal.open", "report won"]
        with pytest.raises(Conflict) as caught:
            store.delete_document(scope, "picklist", "stage")
        assert [e.field for e in caught.value.errors] == ["field deal.stage"]
        with pytest.raises(Conflict) as caught:
            store.delete_document(scope, "object", "account")
        assert "field deal.account" in [e.field for e in caught.value.errors]
        assert store.diff(scope) == []


def test_an_object_with_records_is_not_deleted(database: Database, ours: Side) -> None:
    install(
        database,
        ours,
        [
            obj("thing"),
            fld("thing.name"),
            doc("view", "thing.all", object="thing", columns=["name"]),
        ],
    )
    number = schema_of(database, ours).objects["thing"].number
    with database.scope(ours.id, ours.admin) as scope:
        add_record(scope, number)
        store.delete_document(scope, "object", "thing")
        assert [d.action for d in store.diff(scope)] == ["deleted"] * 3
        with pytest.raises(Conflict):
            store.publish(scope)
        scope.unit.connection.execute(
            sa.text("UPDATE record SET deleted = true WHERE tenant_id = :t"), {"t": ours.id}
        )
        store.publish(scope)
    assert "thing" not in schema_of(database, ours).objects
    with database.scope(ours.id, ours.admin) as scope:
        store.revert(scope, 1)
    assert schema_of(database, ours).objects["thing"].number == number


def test_built_in_documents_stay(database: Database, ours: Side) -> None:
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "object", "user")
        with pytest.raises(Forbidden):
            store.put_document(scope, "object", "user", {**body, "icon": "star"})
        with pytest.raises(Forbidden):
            store.delete_document(scope, "field", "user.email")
        with pytest.raises(Invalid):
            store.install_documents(scope, [{**body, "icon": "star"}], "x")
        put(scope, "field", "user.birthday", label={"en": "Birthday"}, type="date")
        store.publish(scope)
    assert "birthday" in schema_of(database, ours).objects["user"].fields


@pytest.mark.parametrize(
    ("api", "changes", "place"),
    [
        ("deal.amount", {"type": "number"}, "type"),
        ("deal.account", {"to": "deal", "filter": {}}, "to"),
        ("deal.stage", {"set": "other"}, "set"),
    ],
)
def test_what_records_rely_on_does_not_change(
    database: Database, ours: Side, api: str, changes: dict[str, Any], place: str
) -> None:
    install(database, ours, [*sales(), doc("picklist", "other", values=values("open"))])
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "field", api)
        store.put_document(scope, "field", api, {**body, **changes})
        with pytest.raises(Invalid) as caught:
            store.publish(scope)
        assert [e.field for e in caught.value.errors] == [f"field {api} {place}"]


def test_picklist_values_keep_their_numbers(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "picklist", "stage")
        store.put_document(
            scope, "picklist", "stage", {**body, "values": values("lost", "new", "open")}
        )
        store.publish(scope)
    stage = schema_of(database, ours).picklists["stage"]
    assert {v.code: (v.number, v.retired) for v in stage.values} == {
        "lost": (3, False),
        "new": (4, False),
        "open": (1, False),
        "won": (2, True),
    }
    assert [v.code for v in stage.values] == ["lost", "new", "open", "won"]


def test_new_fields_get_live_slots_while_they_last(database: Database, ours: Side) -> None:
    fields = [fld(f"thing.n{n:02}", "number") for n in range(10)]
    install(database, ours, [obj("thing"), fld("thing.name"), *fields])
    thing = schema_of(database, ours).objects["thing"]
    slots = [thing.fields[f"n{n:02}"].slot for n in range(10)]
    assert slots == [f"n{n}" for n in range(1, 9)] + [None, None]
    assert thing.fields["n00"].slot_live
    assert thing.fields["name"].slot == "t1"


def test_a_slot_used_before_must_be_filled(database: Database, ours: Side) -> None:
    fields = [fld(f"thing.n{n}", "number") for n in range(9)]
    install(database, ours, [obj("thing"), fld("thing.name"), *fields])
    number = schema_of(database, ours).objects["thing"].number
    with database.scope(ours.id, ours.admin) as scope:
        add_record(scope, number)
        store.delete_document(scope, "field", "thing.n0")
        store.publish(scope)
    waiting = schema_of(database, ours).objects["thing"].fields["n8"]
    assert (waiting.slot, waiting.slot_live) == ("n1", False)
    with database.scope(ours.id, ours.admin) as scope:
        with pytest.raises(Conflict):
            store.slot_filled(scope, number, waiting.number, as_of=1)
        assert store.slot_filled(scope, number, waiting.number, as_of=2) == 3
        assert store.published(scope).objects["thing"].fields["n8"].slot_live
        assert store.slot_filled(scope, number, waiting.number, as_of=2) == 3
    assert schema_of(database, ours).objects["thing"].fields["n8"].slot_live


def test_a_field_that_stops_and_starts_being_indexed_is_filled_anew(
    database: Database, ours: Side
) -> None:
    install(database, ours)
    deal = schema_of(database, ours).objects["deal"]
    slot = deal.fields["amount"].slot
    for indexed in (False, True):
        with database.scope(ours.id, ours.admin) as scope:
            body = store.get_document(scope, "field", "deal.amount")
            store.put_document(scope, "field", "deal.amount", {**body, "indexed": indexed})
            store.publish(scope)
        field = schema_of(database, ours).objects["deal"].fields["amount"]
        assert (field.slot, field.slot_live) == (slot if indexed else None, False)


def test_slots_of_the_twin_are_its_own(database: Database, twin: Twin) -> None:
    bodies = sales()
    install(database, twin.ours, bodies)
    install(database, twin.theirs, bodies)
    with database.scope(twin.ours.id) as scope:
        scope.unit.session.execute(sa.update(SlotAssignment).values(state="filling"))
    assert schema_of(database, twin.theirs).objects["deal"].fields["amount"].slot_live


def test_hooks_see_both_schemas_and_may_refuse(
    database: Database, ours: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_hooks", [])
    seen: list[tuple[int, int]] = []
    store.on_publish(lambda _scope, old, new: seen.append((old.version, new.version)))
    install(database, ours)
    assert seen == [(0, 1)]

    def refuse(_scope: Scope, _old: Schema, _new: Schema) -> None:
        raise Conflict("no")

    store.on_publish(refuse)
    with pytest.raises(Conflict):
        install(database, ours, [obj("other"), fld("other.name")])
    assert schema_of(database, ours).version == 1


@pytest.mark.parametrize(
    "name",
    [
        "__proto__",
        "constructor",
        "select",
        "😀",
        "a" * 300,
        "<script>",
        "id",
        "a b",
        "A",
        "a;--",
        "",
    ],
)
def test_hostile_names_are_refused_or_harmless(database: Database, ours: Side, name: str) -> None:
    with database.scope(ours.id, ours.admin) as scope:
        if name == "select":
            put(scope, "object", name, label={"en": "<script>alert(1)</script>"}, name_field="name")
            put(scope, "field", f"{name}.name", label={"en": "😀 Robert'); DROP"}, type="text")
            store.publish(scope)
            assert store.published(scope).objects["select"].label["en"].startswith("<script>")
        else:
            with pytest.raises(Invalid) as caught:
                put(scope, "object", name, label={"en": "X"}, name_field="name")
            assert [e.field for e in caught.value.errors] == ["api"]
            with pytest.raises(NotFound):
                store.get_document(scope, "object", name)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"label": {"en": "x" * 81}}, "label.en"),
        ({"label": {"en": "a\x00b"}}, "label.en"),
        ({"label": {"en": "\ud800"}}, "label.en"),
        ({"label": {"de": "Ding"}}, "label.de"),
        ({"label": {"en": "a\u202eb"}}, "label.en"),
        ({"label": {"en": "\u200b"}}, "label.en"),
        ({"label": {}}, "label"),
        ({"history": True}, "history"),
        ({"access": {"default": "none"}}, "access.default"),
        ({"id": "not-a-ulid"}, "id"),
        ({"kind": "view"}, "kind"),
        ({"name_field": 10**400}, "name_field"),
    ],
)
def test_bad_shapes_are_refused_with_their_place(
    database: Database, ours: Side, body: dict[str, Any], place: str
) -> None:
    with database.scope(ours.id, ours.admin) as scope:
        whole = {"label": {"en": "T"}, "name_field": "name", **body}
        with pytest.raises(Invalid) as caught:
            store.put_document(scope, "object", "thing", whole)
        assert [e.field for e in caught.value.errors] == [place]
        assert store.diff(scope) == []


def test_puts_that_clash_are_refused(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        account = store.get_document(scope, "object", "account")
        deal = store.get_document(scope, "object", "deal")
        name = store.get_document(scope, "field", "deal.name")
        for kind, api, body, place in (
            ("object", "deal", {**deal, "api": "account"}, "api"),
            ("object", "deal", {**deal, "id": account["id"]}, "id"),
            ("object", "third", {**deal, "api": "third", "id": name["id"]}, "id"),
            ("field", "deal.name", {**name, "api": "account.title"}, "api"),
            ("field", "ghost.name", {"label": {"en": "N"}, "type": "text"}, "api"),
            (
                "view",
                "deal.v",
                {"label": {"en": "V"}, "object": "account", "columns": ["name"]},
                "api",
            ),
        ):
            with pytest.raises(Invalid) as caught:
                store.put_document(scope, kind, api, body)
            assert [e.field for e in caught.value.errors] == [place], (kind, api)


def test_diff_lines_read_well(database: Database, ours: Side) -> None:
    install(database, ours)
    with database.scope(ours.id, ours.admin) as scope:
        body = store.get_document(scope, "field", "deal.amount")
        store.put_document(
            scope, "field", "deal.amount", {**body, "required": True, "label": {"en": "Worth"}}
        )
        body = store.get_document(scope, "picklist", "stage")
        new = [*body["values"], {"code": "new", "label": {"en": "New", "zh_CN": "新"}}]
        store.put_document(scope, "picklist", "stage", {**body, "values": new})
        by_kind = {change.kind: change for change in store.diff(scope)}
        field, picklist = by_kind["field"], by_kind["picklist"]
        assert [str(line) for line in field.lines] == [
            "Label › en: Amount → Worth",
            "Required: added yes",
        ]
        assert [str(line) for line in picklist.lines] == ["Values › new: added New"]
        with use_locale("zh_CN"):
            assert [str(line) for line in picklist.lines] == ["选项 › new：新增 新"]
        assert picklist.as_json()["action"] == "changed"
