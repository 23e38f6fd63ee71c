"""A whole run of the benchmarks on a thousand deals. Times are not looked at."""

from __future__ import annotations

import orjson
import pytest

from benchmarks import clients
from benchmarks.__main__ import measure
from benchmarks.environment import Servers
from benchmarks.results import Result, Target, compare, in_turns, table
from benchmarks.sizes import SIZES
from tests import conftest


@pytest.fixture(scope="module")
def results(servers: conftest.Servers, tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    url = servers.new_database()
    place = Servers(url, servers.valkey.url_of(9), tmp_path_factory.mktemp("home"))
    return measure(place, SIZES["tiny"])


def test_all_operations_are_measured_on_both_levels(results: list[Result]) -> None:
    assert [r.operation for r in results if r.level == "SQL"] == [
        *("get", "list", "lookup list", "group-by", "search", "insert", "update one field"),
        *("bulk insert", "create tenant"),
    ]
    assert [r.operation for r in results if r.level == "HTTP"] == [
        *("get", "list", "lookup list", "group-by", "create", "update one field"),
    ]
    assert all(r.ours > 0 and r.samples > 0 for r in results)
    assert [r.operation for r in results if r.floor is None] == ["create tenant"]


def test_the_table_names_each_operation_with_its_target(results: list[Result]) -> None:
    lines = table(results).splitlines()
    assert len(lines) == 1 + len(results)
    assert "1.2x" in next(line for line in lines if line.startswith("SQL    get"))


def test_results_can_be_written_as_json(results: list[Result]) -> None:
    (first, *_rest) = orjson.loads(orjson.dumps([r.as_json() for r in results]))
    assert first["operation"] == "get"
    assert first["verdict"] in ("ok", "MISSED")


def test_ratios_are_of_medians_and_compared_with_the_target() -> None:
    times = in_turns(lambda n: float(n + 1), lambda _n: 2.0, 5)
    result = compare("SQL", "x", Target(ratio=1.5), times)
    assert (result.ours, result.floor, result.ratio) == (3.0, 2.0, 1.5)
    assert result.verdict == "ok"
    assert compare("SQL", "x", Target(ratio=1.4), times).verdict == "MISSED"
    assert compare("SQL", "x", Target(milliseconds=20), ([0.021], [])).verdict == "MISSED"
    assert compare("SQL", "x", Target(), times).verdict == ""


def test_an_unexpected_answer_is_an_error() -> None:
    answers = clients.Call("GET", "/", status=200)
    with pytest.raises((OSError, clients.UnexpectedAnswer)):
        clients.times(1, (), [answers], 1)
