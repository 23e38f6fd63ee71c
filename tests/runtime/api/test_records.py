"""Records over HTTP: every status of the contract, and every form of a value."""

from __future__ import annotations

from typing import Any

import pytest

from tenants import service
from tests.runtime.api.conftest import Bench, Snapshot
from tests.twins import PASSWORD, TenantClient


def codes(answer: Any) -> dict[str, str]:
    """The codes of an answer's errors by field."""
    assert answer.mimetype == "application/problem+json", answer.text
    return {error["field"]: error["code"] for error in answer.json.get("errors", [])}


# -- the life of a record -------------------------------------------------------------------------


def test_the_life_of_a_record(bench: Bench) -> None:
    user = bench.user
    made = user.post("/records/thing", json={"name": "One", "price": "12.5"})
    assert made.status_code == 201
    record = made.json
    path = f"/records/thing/{record['id']}"
    assert made.headers["Location"] == "/api/v1" + path
    assert made.headers["ETag"] == '"1"'
    assert isinstance(record["id"], str)
    assert (record["version"], record["price"], record["number"]) == (1, "12.50", "T-0001")
    assert record["owner"] == {"id": str(bench.side.user.id), "name": "User"}
    assert record["created_at"] == "2026-03-02T09:00:00Z"
    assert record["weight"] is None

    read = user.get(path)
    assert (read.status_code, read.json, read.headers["ETag"]) == (200, record, '"1"')

    changed = user.patch(path, json={"about": "More"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert changed.json == record | {"version": 2, "about": "More"}

    stale = user.patch(path, json={"about": "Less"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    assert user.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert user.get(path).json["about"] == "More"

    gone = user.delete(path, headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.data) == (204, b"")
    for answer in (user.get(path), user.patch(path, json={}), user.delete(path)):
        assert answer.status_code == 404


def test_a_change_that_changes_nothing_leaves_the_version(bench: Bench) -> None:
    made = bench.user.make("thing", name="Same", price="1")
    answer = bench.user.patch(f"/records/thing/{made['id']}", json={"price": 1.0, "name": " Same "})
    assert answer.json == made


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("*", 200),
        ('W/"1"', 200),
        ('"2"', 412),
        ('"x"', 412),
        ('"99999999999999999999"', 412),
        ("1", 400),
        ('"1', 400),
        ("'; DROP TABLE record", 400),
    ],
)
def test_if_match(bench: Bench, header: str, status: int) -> None:
    made = bench.user.make("thing", name="One")
    path = f"/records/thing/{made['id']}"
    answer = bench.user.patch(path, json={"name": "Two"}, headers={"If-Match": header})
    assert answer.status_code == status
    assert bench.user.get(path).json["name"] == ("Two" if status == 200 else "One")


# -- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'"name"', "malformed"),
        (b"null", "malformed"),
        (b'{"name": "a",}', "malformed"),
        (b'{"name": "\xff"}', "malformed"),
        (b'\xff\xfe{\x00"\x00n\x00"\x00:\x001\x00}\x00', "malformed"),
        (b'{"price": NaN}', "malformed"),
        (b'{"price": -Infinity}', "malformed"),
        (b'{"price": 1e400}', "malformed"),
        (b'{"price": 1e-99999999999999999999}', "malformed"),
        (b'{"name": "\\ud800"}', "malformed"),
        (b'{"name": "a", "name": "b"}', "malformed"),
        (b'{"firm": {"match": {"name": "a", "name": "b"}}}', "malformed"),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "malformed"),
        (b'{"name": ' + b"[" * 300 + b"]" * 300 + b"}", "invalid"),
    ],
)
def test_malformed_bodies(bench: Bench, body: bytes, code: str, snapshot: Snapshot) -> None:
    before = snapshot()
    answer = bench.user.post("/records/thing", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400 if code == "malformed" else 422, code)
    assert answer.mimetype == "application/problem+json"
    assert snapshot() == before


def test_bodies_that_are_not_json_or_too_large(bench: Bench) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "", "text/json"):
        answer = bench.user.post("/records/thing", data="{}", content_type=content_type)
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    large = {"about": "x" * (2 << 20)}
    answer = bench.user.post("/records/thing", json=large)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    merge = bench.user.post(
        "/records/thing", data="{}", content_type="application/merge-patch+json"
    )
    assert merge.status_code == 201


def test_who_is_not_signed_in(bench: Bench) -> None:
    made = bench.admin.make("firm", name="A")
    forged = {"Authorization": "Bearer " + "x" * 43}
    basic = {"Authorization": "Basic YTpi"}
    for headers in ({}, forged, basic):
        for method, path in (
            ("GET", f"/records/firm/{made['id']}"),
            ("POST", "/records/firm"),
            ("PATCH", f"/records/firm/{made['id']}"),
            ("DELETE", f"/records/firm/{made['id']}"),
            ("POST", "/query/firm"),
            ("POST", "/aggregate/firm"),
            ("POST", "/bulk/firm"),
            ("GET", "/objects"),
            ("GET", "/objects/firm"),
            ("GET", "/openapi.json"),
            ("GET", "/jobs/1"),
        ):
            answer = bench.guest.open(path, method=method, json={}, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.json["code"] == "unauthenticated"
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_cookie_needs_the_token_of_our_pages(bench: Bench, browse: Any) -> None:
    client: TenantClient = browse(bench.side, bench.side.user)
    path = "/api/v1/records/firm"
    refused = client.post(path, json={"name": "A"})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "csrf")
    made = client.post(path, json={"name": "A"}, headers={"X-CSRFToken": client.csrf()})
    assert made.status_code == 201


def test_absent_foreign_and_invisible_records_answer_alike(bench: Bench, theirs: Bench) -> None:
    hidden = bench.other.make("thing", name="Hidden")["id"]
    foreign = theirs.user.make("firm", name="Foreign")["id"]
    deleted = bench.user.make("thing", name="Deleted")["id"]
    bench.user.delete(f"/records/thing/{deleted}")
    of_other_object = bench.user.make("firm", name="Firm")["id"]
    ids = (hidden, foreign, deleted, of_other_object, "1", "0", "-1", "x", "9" * 30, "1.0", "١")
    for method in ("GET", "PATCH", "DELETE"):
        answers = {
            bench.user.open(f"/records/thing/{i}", method=method, json={"name": "x"}).data
            for i in ids
        }
        assert len(answers) == 1
        assert b'"status": 404' in answers.pop()
    assert bench.other.get(f"/records/thing/{hidden}").json["version"] == 1


@pytest.mark.parametrize("name", ["nothing", "__proto__", "record; --", "Thing", "名", "a" * 300])
def test_unknown_objects(bench: Bench, name: str) -> None:
    for path in ("records", "query", "aggregate", "bulk"):
        answer = bench.user.post(f"/{path}/{name}", json={})
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), path
    assert bench.user.get(f"/objects/{name}").status_code == 404
    assert bench.user.get(f"/records/{name}/1").status_code == 404


def test_wrong_methods_and_addresses(bench: Bench) -> None:
    answer = bench.user.put("/records/thing", json={})
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    assert bench.user.post("/records/thing/1", json={}).status_code == 405
    assert bench.user.get("/query/thing").status_code == 405
    nowhere = bench.user.get("/nowhere")
    assert (nowhere.status_code, nowhere.mimetype) == (404, "application/problem+json")


def test_what_others_point_to_cannot_be_deleted(bench: Bench) -> None:
    firm = bench.user.make("firm", name="A")
    thing = bench.user.make("thing", name="T", firm=firm["id"])
    answer = bench.user.delete(f"/records/firm/{firm['id']}")
    assert (answer.status_code, codes(answer)) == (409, {"thing.firm": "in_use"})
    assert bench.user.delete(f"/records/thing/{thing['id']}").status_code == 204
    assert bench.user.delete(f"/records/firm/{firm['id']}").status_code == 204


def test_people_are_made_and_changed_by_administrators(bench: Bench, snapshot: Snapshot) -> None:
    before = snapshot()
    other = f"/records/user/{bench.side.other.id}"
    assert bench.user.post("/records/user", json={"name": "Mallory"}).status_code == 403
    assert bench.user.patch(other, json={"name": "Mallory"}).status_code == 403
    assert bench.user.delete(other).status_code == 403
    own = f"/records/user/{bench.side.user.id}"
    assert bench.user.patch(own, json={"name": "M"}).status_code == 403
    assert snapshot() == before
    assert bench.admin.patch(other, json={"title": "Boss"}).status_code == 200


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "given", "shown"),
    [
        ("name", " Ünï 名 😀 ", "Ünï 名 😀"),
        ("name", "\u202eevil\u202c", "\u202eevil\u202c"),
        ("name", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("name", "'; DROP TABLE record; --", "'; DROP TABLE record; --"),
        ("name", "%(tenant)s :tenant {0} \\", "%(tenant)s :tenant {0} \\"),
        ("name", "", None),
        ("name", None, None),
        ("name", "x" * 255, "x" * 255),
        ("about", "a\r\nb", "a\nb"),
        ("pieces", 7, 7),
        ("pieces", "7", 7),
        ("pieces", 7.0, 7),
        ("weight", "0.1", "0.1"),
        ("weight", 0.1, "0.1"),
        ("weight", "0.30", "0.3"),
        ("weight", "-0", "0"),
        ("weight", "9" * 28, "9" * 28),
        ("price", "9" * 36 + ".99", "9" * 36 + ".99"),
        ("price", 10, "10.00"),
        ("price", "1e3", "1000.00"),
        ("share", "12.5", "12.5"),
        ("made_on", "2024-02-29", "2024-02-29"),
        ("made_on", "0001-01-01", "0001-01-01"),
        ("made_on", "9999-12-31", "9999-12-31"),
        ("seen_at", "2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00Z"),
        ("seen_at", "2026-03-02T10:00:00.123456Z", "2026-03-02T10:00:00.123456Z"),
        ("ready", True, True),
        ("ready", False, False),
        ("color", "green", "green"),
        ("colors", ["blue", "red", "blue"], ["red", "blue"]),
        ("colors", [], None),
        ("mail", "Jo@EXAMPLE.com", "Jo@example.com"),
        ("phone", "+8613812345678", "+86 138 1234 5678"),
        ("site", "www.example.com", "https://www.example.com"),
    ],
)
def test_values_come_back(bench: Bench, field: str, given: Any, shown: Any) -> None:
    made = bench.user.make("thing", **{field: given})
    assert made[field] == shown
    assert bench.user.get(f"/records/thing/{made['id']}").json[field] == shown
    (found,) = bench.user.rows("thing", fields=[field])
    assert found[field] == shown
    again = bench.user.patch(f"/records/thing/{made['id']}", json={field: shown})
    assert (again.status_code, again.json["version"]) == (200, 1)


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("name", 5, "not_text"),
        ("name", ["a"], "not_text"),
        ("name", {"a": 1}, "not_text"),
        ("name", "x" * 256, "too_long"),
        ("name", "a\nb", "line_break"),
        ("name", "a\x00b", "control_character"),
        ("pieces", 7.5, "too_many_decimals"),
        ("pieces", 1001, "too_large"),
        ("pieces", -6, "too_small"),
        ("pieces", True, "not_a_number"),
        ("pieces", "7 pieces", "not_a_number"),
        ("weight", "NaN", "not_a_number"),
        ("weight", "Infinity", "not_a_number"),
        ("weight", "1e400", "too_many_digits"),
        ("weight", "1e999999999", "not_a_number"),
        ("weight", "1,000", "not_a_number"),
        ("weight", "٣", "not_a_number"),
        ("weight", "0." + "1" * 11, "too_many_decimals"),
        ("price", "9" * 37, "too_many_digits"),
        ("price", 0.001, "too_many_decimals"),
        ("made_on", "2023-02-29", "no_such_day"),
        ("made_on", "31.05.2026", "not_a_date"),
        ("made_on", 20260531, "not_a_date"),
        ("made_on", "2026-05-31T00:00:00Z", "not_a_date"),
        ("seen_at", "tomorrow", "not_a_datetime"),
        ("seen_at", 0, "not_a_datetime"),
        ("seen_at", "0001-01-01T00:00:00+14:00", "not_a_datetime"),
        ("ready", "yes", "not_a_boolean"),
        ("ready", 1, "not_a_boolean"),
        ("color", "Red", "not_a_choice"),
        ("color", 0, "not_a_choice"),
        ("color", ["red"], "not_a_choice"),
        ("colors", "red", "not_a_list"),
        ("colors", ["pink"], "not_a_choice"),
        ("mail", "nobody", "not_an_email"),
        ("phone", "call me", "not_a_phone"),
        ("site", "javascript:alert(1)", "not_a_url"),
        ("firm", "1", "not_found"),
        ("firm", "x", "not_a_record"),
        ("firm", True, "not_a_record"),
        ("firm", {"id": "1"}, "not_found"),
        ("firm", {"id": {"id": "1"}}, "not_a_record"),
        ("firm", {"match": {"name": "nobody"}}, "not_found"),
        ("firm", {"match": {}}, "not_a_record"),
        ("firm", {"match": {"name": "a", "code": "b"}}, "not_a_record"),
        ("firm", {"match": {"nothing": "a"}}, "bad_match"),
        ("firm", {"match": {"__class__": "a"}}, "bad_match"),
        ("firm", {"match": {"parent": "1"}}, "bad_match"),
        ("firm", {"match": {"name": ["a"]}}, "not_found"),
        ("firm", {"match": {"name": "a"}, "id": "1"}, "not_a_record"),
        ("firm", [], "not_a_record"),
        ("keeper", "1", "not_found"),
        ("nothing", 1, "unknown_field"),
        ("__proto__", {"is_admin": True}, "unknown_field"),
        ("firm.name", "A", "unknown_field"),
        ("name~", "x", "unknown_field"),
        ("x" * 300, "x", "unknown_field"),
        ("select", "x", "unknown_field"),
        ("😀\u202e", "x", "unknown_field"),
    ],
)
def test_values_that_are_refused(
    bench: Bench, field: str, given: Any, code: str, snapshot: Snapshot
) -> None:
    made = bench.user.make("thing", name="One")
    before = snapshot()
    created = bench.user.post("/records/thing", json={"name": "Two", field: given})
    changed = bench.user.patch(f"/records/thing/{made['id']}", json={"about": "x", field: given})
    for answer in (created, changed):
        assert answer.status_code == 422
        assert codes(answer) == {field[:200]: code}
    assert snapshot() == before


def test_every_wrong_field_is_named(bench: Bench) -> None:
    wrong = {"name": 1, "price": "x", "firm": "x", "ready": "x", "nothing": 1, "id": "5"}
    answer = bench.user.post("/records/thing", json=wrong)
    assert answer.status_code == 422
    assert codes(answer).keys() == wrong.keys()
    missing = bench.user.post("/records/firm", json={"code": "1"})
    assert codes(missing) == {"name": "required"}
    made = bench.user.make("firm", name="A")
    emptied = bench.user.patch(f"/records/firm/{made['id']}", json={"name": " "})
    assert codes(emptied) == {"name": "required"}


def test_exact_numbers(bench: Bench) -> None:
    """What a float cannot hold is neither rounded nor taken for something else."""
    body = b'{"weight": 1234567890123456789012345678, "price": 0.1, "serial": "a"}'
    made = bench.user.post("/records/thing", data=body, content_type="application/json").json
    assert (made["weight"], made["price"]) == ("1234567890123456789012345678", "0.10")
    body = b'{"weight": 1234567890123456789.0123456789}'
    made = bench.user.post("/records/thing", data=body, content_type="application/json").json
    assert made["weight"] == "1234567890123456789.0123456789"
    for number in ("0.1", "0.2"):
        bench.user.make("thing", share=number)
    (row,) = bench.user.figures("thing", measures=[{"fn": "max", "field": "weight"}])
    assert row["measures"] == ["1234567890123456789012345678"]


@pytest.mark.parametrize("field", ["id", "version", "created_at", "created_by", "updated_at"])
def test_system_fields_are_not_written(bench: Bench, field: str, snapshot: Snapshot) -> None:
    made = bench.user.make("thing", name="One")
    before = snapshot()
    for answer in (
        bench.admin.post("/records/thing", json={"name": "x", field: made[field]}),
        bench.admin.patch(f"/records/thing/{made['id']}", json={field: made[field]}),
    ):
        assert (answer.status_code, codes(answer)) == (422, {field: "read_only"})
    assert snapshot() == before


@pytest.mark.parametrize(
    "field",
    ["tenant_id", "tenant", "owner_id", "is_admin", "deleted", "object_id", "data", "acl", "n1"],
)
def test_columns_are_no_fields(bench: Bench, field: str) -> None:
    answer = bench.user.post("/records/thing", json={"name": "x", field: 1})
    assert codes(answer) == {field: "unknown_field"}
    person = {"name": "x", field: True}
    assert codes(bench.admin.post("/records/user", json=person)) == {field: "unknown_field"}


def test_numbers_of_the_system_are_not_written(bench: Bench) -> None:
    answer = bench.user.post("/records/thing", json={"number": "T-9999"})
    assert codes(answer) == {"number": "read_only"}


def test_unique_values(bench: Bench) -> None:
    first = bench.user.make("thing", serial="A-1")
    taken = bench.user.post("/records/thing", json={"serial": "a-1"})
    assert (taken.status_code, codes(taken)) == (422, {"serial": "not_unique"})
    # A record that somebody else owns holds its value too, and is not told more about.
    assert codes(bench.other.post("/records/thing", json={"serial": "A-1"})) == codes(taken)
    for _ in range(2):
        bench.user.make("thing", serial=None)
    bench.user.delete(f"/records/thing/{first['id']}")
    again = bench.user.make("thing", serial="A-1")
    path = f"/records/thing/{again['id']}"
    assert bench.user.patch(path, json={"serial": "A-2"}).status_code == 200
    assert bench.user.make("thing", serial="A-1")["serial"] == "A-1"
    assert codes(bench.user.patch(path, json={"serial": "A-1"})) == {"serial": "not_unique"}
    assert codes(bench.user.post("/records/thing", json={"serial": "A-2"})) == {
        "serial": "not_unique"
    }


def test_lookups(bench: Bench) -> None:
    firm = bench.user.make("firm", name="Ünï", code="C-1")
    link = {"id": firm["id"], "name": "Ünï"}
    for given in (
        firm["id"],
        int(firm["id"]),
        {"id": firm["id"]},
        link,
        {"match": {"name": "ÜNÏ"}},
        {"match": {"code": "c-1"}},
    ):
        made = bench.user.make("thing", firm=given)
        assert made["firm"] == link
    bench.user.make("firm", name="ünï")
    twice = bench.user.post("/records/thing", json={"firm": {"match": {"name": "Ünï"}}})
    assert codes(twice) == {"firm": "ambiguous"}
    emptied = bench.user.patch(f"/records/thing/{made['id']}", json={"firm": None})
    assert emptied.json["firm"] is None
    person = bench.user.make(
        "thing", keeper={"match": {"email": bench.side.email(bench.side.other)}}
    )
    assert person["keeper"]["name"] == "Other"


# -- owners ---------------------------------------------------------------------------------------


def test_owners(bench: Bench, snapshot: Snapshot) -> None:
    other = str(bench.side.other.id)
    before = snapshot()
    answer = bench.user.post("/records/thing", json={"owner": other})
    assert (answer.status_code, codes(answer)) == (422, {"owner": "forbidden"})
    assert snapshot() == before
    assert bench.admin.make("thing", owner=other)["owner"]["id"] == other

    mine = bench.user.make("thing", name="Mine")
    part = bench.user.make("part", name="P", thing=mine["id"])
    for answer in (
        bench.user.post("/records/part", json={"name": "x", "thing": mine["id"], "owner": other}),
        bench.user.patch(f"/records/part/{part['id']}", json={"owner": other}),
    ):
        assert codes(answer) == {"owner": "read_only"}
    assert codes(bench.user.patch(f"/records/thing/{mine['id']}", json={"owner": None})) == {
        "owner": "required"
    }
    given = bench.user.patch(f"/records/thing/{mine['id']}", json={"owner": other})
    assert (given.status_code, given.data) == (204, b"")
    assert bench.user.get(f"/records/thing/{mine['id']}").status_code == 404
    assert bench.user.get(f"/records/part/{part['id']}").status_code == 404
    assert bench.other.get(f"/records/part/{part['id']}").json["owner"]["id"] == other


def test_who_may_change_a_record_may_not_take_it(bench: Bench) -> None:
    note = bench.other.make("note", name="N")
    path = f"/records/note/{note['id']}"
    answer = bench.user.patch(path, json={"owner": str(bench.side.user.id)})
    assert (answer.status_code, codes(answer)) == (422, {"owner": "forbidden"})
    same = bench.user.patch(path, json={"owner": note["owner"], "name": "M"})
    assert same.status_code == 200
    assert bench.admin.patch(path, json={"owner": str(bench.side.user.id)}).status_code == 200


# -- languages ------------------------------------------------------------------------------------


def test_errors_speak_the_readers_language(bench: Bench) -> None:
    headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
    chinese = bench.user.post("/records/firm", json={}, headers=headers)
    assert chinese.json["errors"][0]["message"] == "此项为必填。"
    assert chinese.json["errors"][0]["code"] == "required"
    english = bench.user.post("/records/firm", json={}, headers={"Accept-Language": "fr, en"})
    assert english.json["errors"][0]["message"] == "This field is required."
    with bench.database.scope(bench.side.id, bench.side.admin) as scope:
        assert bench.side.user.id is not None
        service.get_user(scope, bench.side.user.id).locale = "zh_CN"
    chosen = bench.user.post("/records/firm", json={}, headers={"Accept-Language": "en"})
    assert chosen.json["title"] == "有些值不正确。"


# -- tokens ---------------------------------------------------------------------------------------


def test_tokens(bench: Bench, theirs: Bench) -> None:
    mail = bench.side.email(bench.side.user)
    made = bench.guest.post("/tokens", json={"email": mail, "password": PASSWORD})
    assert (made.status_code, list(made.json)) == (201, ["token"])
    assert made.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {made.json['token']}"}
    assert bench.guest.get("/objects", headers=headers).status_code == 200
    assert theirs.guest.get("/objects", headers=headers).status_code == 401
    assert (
        theirs.guest.get(
            "/objects", headers={"Cookie": f"session={made.json['token']}"}
        ).status_code
        == 401
    )


def test_tokens_tell_nothing_about_people(bench: Bench) -> None:
    mail = bench.side.email(bench.side.user)
    answers = {
        bench.guest.post("/tokens", json={"email": email, "password": "wrong"}).data
        for email in (mail, "nobody@nowhere.example", "no address", "' OR 1=1 --")
    }
    assert len(answers) == 1
    assert b'"status": 401' in answers.pop()


def test_too_many_attempts_for_tokens(bench: Bench) -> None:
    mail = bench.side.email(bench.side.user)
    statuses = [
        bench.guest.post("/tokens", json={"email": mail, "password": f"guess {n}"}).status_code
        for n in range(40)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    last = bench.guest.post("/tokens", json={"email": mail, "password": PASSWORD})
    assert (last.status_code, last.json["code"]) == (429, "too_many_requests")
    assert int(last.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.example"}, {"email": 1, "password": "x"}, {"email": "a", "x": 1}]
)
def test_bad_token_requests(bench: Bench, body: dict[str, Any]) -> None:
    answer = bench.guest.post("/tokens", json=body)
    assert answer.status_code == 422
    assert codes(answer)


def test_a_frozen_user_has_no_access_any_more(bench: Bench) -> None:
    assert bench.user.get("/objects").status_code == 200
    frozen = bench.admin.patch(f"/records/user/{bench.side.user.id}", json={"active": False})
    assert frozen.status_code == 200
    assert bench.user.get("/objects").status_code == 401
