"""The command `banyan import`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from kernel.cli import TerminalGroup
from runtime.transfer.cli import import_
from tests.runtime.transfer.conftest import DOCUMENTS, Shop
from tests.twins import Twin

COMPANIES = "company,kind,parent\nAcme,TEC,\nShop,retail,Acme\nBad,TEC,Nobody\n"
Run = Callable[..., Result]


@pytest.fixture
def shop(app: Flask, twin: Twin) -> Shop:
    """A tenant with companies and deals."""
    found = Shop(app, twin.ours)
    with app.app_context():
        found.publish(*DOCUMENTS)
    return found


@pytest.fixture
def run(shop: Shop, tmp_path: Path) -> Run:
    """Runs the command on a file for the administrator."""

    def invoke(content: str, *options: str, object_api: str = "company", email: str = "") -> Result:
        path = tmp_path / "data.csv"
        path.write_text(content, encoding="utf-8")
        given = ["import", "--tenant", shop.side.slug, "--object", object_api, str(path)]
        given += ["--user", email or shop.side.email(shop.admin), *options]
        group = TerminalGroup(commands=[import_])
        return CliRunner().invoke(group, given, obj=lambda: shop.app)

    return invoke


def rows(shop: Shop, *fields: str) -> list[tuple[object, ...]]:
    with shop.app.app_context():
        return shop.rows("company", *fields)


MAPPED = ("--map", "company=name", "--map", "kind=sector", "--map", "parent=parent.name")


def test_a_file_is_imported(shop: Shop, run: Run, tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    options = (*MAPPED, "--value-map", "kind:TEC=tech", "--set", "note=from a file")
    checked = run(COMPANIES, *options, "--dry-run")
    assert checked.exit_code == 3, checked.output
    assert rows(shop, "name") == []
    done = run(COMPANIES, *options, "--results", str(results))
    assert done.exit_code == 3
    assert "1 × Parent: There is no Company whose Name is “Nobody”. (rows 4)" in done.output
    assert "2 created" in done.output
    assert rows(shop, "name", "sector", "parent", "note") == [
        ("Acme", "tech", None, "from a file"),
        ("Shop", "retail", "Acme", "from a file"),
    ]
    assert results.read_text(encoding="utf-8-sig").splitlines()[0].endswith("_result,_id,_error")
    again = run(
        COMPANIES,
        *options,
        "--mode",
        "upsert",
        "--match",
        "name",
        "--create-missing",
        "parent",
    )
    assert again.exit_code == 0, again.output
    assert "1 created, 2 unchanged, 1 new records of company" in again.output
    assert ("Bad", "Nobody") in rows(shop, "name", "parent")


def test_columns_are_guessed_and_mappings_come_from_a_file(
    shop: Shop, run: Run, tmp_path: Path
) -> None:
    assert run("Name,Code\nGuessed,1\n").exit_code == 0
    mapping = tmp_path / "mapping.json"
    document = {
        "mode": "upsert",
        "match": "code",
        "columns": [{"column": "n", "field": "name"}, {"column": "c", "field": "code"}],
    }
    mapping.write_bytes(orjson.dumps(document))
    done = run("n,c\nRenamed,1\n", "--mapping", str(mapping))
    assert (done.exit_code, rows(shop, "name")) == (0, [("Renamed",)]), done.output
    mapping.write_bytes(b"{")
    assert "is not JSON" in run("n\nA\n", "--mapping", str(mapping)).output
    mapping.write_bytes(orjson.dumps({"columns": [{"field": 1}], "evil": 1}))
    assert "The mapping is not valid." in run("n\nA\n", "--mapping", str(mapping)).output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--map", "x"), "does not have the form"),
        (("--map", "gone=name"), "The file has no such column."),
        (("--map", "name=nothing"), "There is no field “nothing”."),
        (("--value-map", "gone:a=b"), "No field takes the column gone."),
        (("--create-missing", "parent"), "No column goes into parent."),
        (("--mode", "upsert"), "Choose the field by which existing records are found."),
    ],
)
def test_mistakes_are_named(shop: Shop, run: Run, options: tuple[str, ...], message: str) -> None:
    done = run("name\nA\n", *options)
    assert done.exit_code in (1, 2)
    assert message in done.output
    assert "Traceback" not in done.output
    assert rows(shop, "name") == []


def test_people_and_objects_must_exist(run: Run) -> None:
    assert "There is no user x@y.z." in run("name\nA\n", email="x@y.z").output
    assert "There is no object “nothing”" in run("name\nA\n", object_api="nothing").output


def test_rights_are_those_of_the_user(shop: Shop, run: Run) -> None:
    done = run("name\nMallory\n", object_api="user", email=shop.side.email(shop.user))
    assert (done.exit_code, "Only administrators may create" in done.output) == (1, True)
