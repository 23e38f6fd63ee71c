"""The data of the benchmarks: the same for every run, and as large as asked for."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.deals import FIELD_NAMES, Data
from benchmarks.floor.tables import copy_text, search_vector
from benchmarks.names import chinese_stems
from benchmarks.product.documents import DEAL, documents
from metadata.kinds import check


def test_a_seed_gives_the_same_deals_each_time() -> None:
    data = Data(seed=3, records=50, accounts=5, users=4)
    assert list(data.deals()) == list(data.deals())
    assert list(data.deals()) != list(Data(seed=4, records=50, accounts=5, users=4).deals())


def test_deals_have_25_fields_and_point_to_what_there_is() -> None:
    assert len(FIELD_NAMES) == 25
    deals = list(Data(seed=3, records=500, accounts=5, users=4).deals())
    assert len(deals) == 500
    assert {deal.account for deal in deals} == set(range(5))
    assert {deal.owner for deal in deals} == set(range(4))
    assert any(deal.name.isascii() for deal in deals)
    assert any(not deal.name.isascii() for deal in deals)


def test_names_come_from_the_data_folder_where_it_is_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANYAN_DATA", str(tmp_path))
    made_up = chinese_stems(Random(1))
    assert len(made_up) > 1000
    folder = tmp_path / "company-names-zh"
    folder.mkdir()
    (folder / "names.txt").write_text("华为\n\n小米\n", encoding="utf-8")
    assert chinese_stems(Random(1)) == ["华为", "小米"]


def test_documents_are_what_packages_may_hold() -> None:
    bodies = documents()
    assert [fault for body in bodies for fault in check(body["kind"], body)] == []
    fields = [b for b in bodies if b["kind"] == "field" and b["api"].startswith(f"{DEAL}.")]
    assert [b["api"].split(".")[1] for b in fields] == list(FIELD_NAMES)


def test_the_floor_finds_by_words_and_pairs_of_characters() -> None:
    assert search_vector("Acme华为技术 2025").split() == ["acme", "华为", "为技", "技术", "2025"]


def test_copied_text_is_escaped() -> None:
    assert copy_text([("a\tb\\\n", None, True, ["x", "y"])]) == "a\\tb\\\\\\n\t\\N\tt\t{x,y}"
