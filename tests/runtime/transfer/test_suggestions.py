"""Headers find their fields, in either language and however they are spelled."""

from __future__ import annotations

import pytest

from runtime.transfer.readers import Row
from runtime.transfer.suggestions import closest, suggest_columns, words_of
from tests.runtime.transfer.conftest import Shop


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["name", "staff"], {"name": "name", "staff": "staff"}),
        (["NAME", "Company_Sector"], {"NAME": "name", "Company_Sector": "sector"}),
        (["Name中", "Sector中"], {"Name中": "name", "Sector中": "sector"}),
        (["parent.code"], {"parent.code": "parent"}),
        (["Founded date"], {"Founded date": "founded"}),
        (["Founded staff"], {}),
        (["id", "company_id"], {"id": "id"}),
        (["name", "Name"], {"name": "name"}),
        (["Completely other"], {}),
        (["owner"], {"owner": "owner"}),
    ],
)
def test_columns_are_suggested(shop: Shop, header: list[str], found: dict[str, str]) -> None:
    with shop.scope() as scope:
        object_ = scope.schema.objects["company"]
        fitting = {"Founded date": "2001-02-03", "Company_Sector": "科技"}
        rows = [Row(2, tuple(fitting.get(name, "x") for name in header))]
        columns = suggest_columns(scope.schema, object_, header, rows, scope.actor)
    assert {column.column: column.field for column in columns} == found


def test_lookups_are_suggested_with_the_field_they_are_found_by(shop: Shop) -> None:
    with shop.scope() as scope:
        object_ = scope.schema.objects["company"]
        rows = [Row(2, ("x", "y"))]
        header = ["Parent Code", "Owner"]
        columns = suggest_columns(scope.schema, object_, header, rows, scope.actor)
    assert [(column.field, column.by) for column in columns] == [
        ("parent", ("code",)),
        ("owner", ("name", "email")),
    ]


def test_words() -> None:
    assert (
        words_of("closeDate")
        == words_of("Close_date")
        == words_of("close date")
        == (
            "close",
            "date",
        )
    )


def test_the_closest_spelling() -> None:
    assert closest("GTXPro", ["GTX Basic", "GTX Pro", "MG Special"]) == "GTX Pro"
    assert closest("technolgy", ["Technology", "Retail"]) == "Technology"
    assert closest("nothing", ["Technology", "Retail"]) is None
