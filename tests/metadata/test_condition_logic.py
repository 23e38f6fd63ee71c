"""The three-valued logic, and what days and periods mean in a reader's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kernel.scope import SYSTEM, Actor
from metadata.condition import Bindings, evaluate, parse
from metadata.periods import PERIODS
from metadata.schema import Path
from tests.metadata.condition_samples import NOW, SCHEMA, THING, Sample, bindings

TRUE = {"field": "the_integer", "op": "=", "value": 1}
FALSE = {"field": "the_integer", "op": "=", "value": 2}
UNKNOWN = {"field": "name", "op": "=", "value": "x"}
RECORD = Sample({"the_integer": 1})


def truth(json: Any, record: Sample = RECORD, who: Bindings | None = None) -> bool | None:
    return evaluate(parse(json, THING, SCHEMA), record.read, who or bindings())


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        (None, True),
        (TRUE, True),
        (FALSE, False),
        (UNKNOWN, None),
        ({"not": TRUE}, False),
        ({"not": FALSE}, True),
        ({"not": UNKNOWN}, None),
        ({"all": [TRUE, TRUE]}, True),
        ({"all": [TRUE, UNKNOWN]}, None),
        ({"all": [UNKNOWN, FALSE]}, False),
        ({"any": [FALSE, FALSE]}, False),
        ({"any": [FALSE, UNKNOWN]}, None),
        ({"any": [UNKNOWN, TRUE]}, True),
    ],
)
def test_groups_of_known_and_unknown(json: Any, expected: bool | None) -> None:
    assert truth(json) is expected


@pytest.mark.parametrize("value", [None, "", ()])
def test_empty_values(value: Any) -> None:
    record = Sample({"name": value, "the_multi_picklist": value})
    for op, operand in [("=", "x"), ("!=", "x"), ("not_in", ["x"]), ("not_contains", "x")]:
        assert truth({"field": "name", "op": op, "value": operand}, record) is None
    node = {"field": "the_multi_picklist", "op": "has_none", "value": ["won"]}
    assert truth(node, record) is None
    for api in ("name", "the_multi_picklist", "account.name"):
        assert truth({"field": api, "op": "is_empty"}, record) is True
        assert truth({"field": api, "op": "is_not_empty"}, record) is False


def test_an_empty_checkbox_counts_as_unticked() -> None:
    nothing = Sample({})
    assert truth({"field": "the_checkbox", "op": "=", "value": False}, nothing) is True
    assert truth({"field": "the_checkbox", "op": "!=", "value": True}, nothing) is True
    assert truth({"field": "the_checkbox", "op": "=", "value": True}, nothing) is False
    assert truth({"field": "the_checkbox", "op": "is_empty"}, nothing) is True


def test_texts_are_compared_without_case() -> None:
    record = Sample({"name": "ACME Élan 100%"})
    for op, value in [("=", "acme éLAN 100%"), ("contains", "É"), ("starts_with", "acme")]:
        assert truth({"field": "name", "op": op, "value": value}, record) is True
    assert truth({"field": "name", "op": "contains", "value": "1%"}, record) is False


def test_me_is_nobody_for_the_system() -> None:
    mine = {"field": "owner", "op": "=", "value": {"$user": "id"}}
    record = Sample({"owner": 7})
    assert truth(mine, record, bindings(user_id=7)) is True
    assert truth(mine, record, bindings(user_id=8)) is False
    assert truth(mine, record, bindings(user_id=None)) is None


def test_bindings_of_an_actor() -> None:
    actor = Actor(id=5, name="Li", zone="Asia/Shanghai")
    assert Bindings.of(actor, NOW) == Bindings(5, date(2026, 6, 1), NOW, "Asia/Shanghai")
    assert Bindings.of(SYSTEM, NOW).today == date(2026, 5, 31)


SHANGHAI = bindings(zone="Asia/Shanghai")
DAY_BEGIN = datetime(2026, 5, 31, 16, tzinfo=UTC)  # 1 June, 0:00 in Shanghai
DAY_END = DAY_BEGIN + timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("op", "before", "first", "last", "after"),
    [
        ("=", False, True, True, False),
        ("!=", True, False, False, True),
        ("<", True, False, False, False),
        ("<=", True, True, True, False),
        (">", False, False, False, True),
        (">=", False, True, True, True),
    ],
)
@pytest.mark.parametrize("day", ["2026-06-01", {"$date": "today"}])
def test_instants_are_compared_with_days_of_the_reader(
    op: str, day: Any, before: bool, first: bool, last: bool, after: bool
) -> None:
    node = {"field": "the_datetime", "op": op, "value": day}
    instants = (DAY_BEGIN - MOMENT, DAY_BEGIN, DAY_END - MOMENT, DAY_END)
    answers = [truth(node, Sample({"the_datetime": at}), SHANGHAI) for at in instants]
    assert answers == [before, first, last, after]


def test_between_days_holds_the_whole_last_day() -> None:
    node = {"field": "the_datetime", "op": "between", "value": ["2026-06-01", "2026-06-01"]}
    instants = (DAY_BEGIN - MOMENT, DAY_BEGIN, DAY_END - MOMENT, DAY_END)
    answers = [truth(node, Sample({"the_datetime": at}), SHANGHAI) for at in instants]
    assert answers == [False, True, True, False]


def test_a_day_may_have_23_hours() -> None:
    node = {"field": "the_datetime", "op": "=", "value": "2026-03-08"}
    reader = bindings(zone="America/New_York")
    begin = datetime(2026, 3, 8, 5, tzinfo=UTC)
    hours = [
        truth(node, Sample({"the_datetime": begin + timedelta(hours=h)}), reader)
        for h in (0, 22, 23)
    ]
    assert hours == [True, True, False]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar(zone: str, day: date) -> None:
    instant = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for op, expected in [("=", True), ("<", False), (">", False), ("<=", True), (">=", True)]:
        node = {"field": "the_datetime", "op": op, "value": day.isoformat()}
        assert truth(node, Sample({"the_datetime": instant}), bindings(zone=zone)) is expected


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 5, 31), date(2026, 5, 31)),
        ("yesterday", date(2026, 5, 30), date(2026, 5, 30)),
        ("this_week", date(2026, 5, 25), date(2026, 5, 31)),
        ("last_week", date(2026, 5, 18), date(2026, 5, 24)),
        ("next_week", date(2026, 6, 1), date(2026, 6, 7)),
        ("this_month", date(2026, 5, 1), date(2026, 5, 31)),
        ("last_month", date(2026, 4, 1), date(2026, 4, 30)),
        ("next_month", date(2026, 6, 1), date(2026, 6, 30)),
        ("this_quarter", date(2026, 4, 1), date(2026, 6, 30)),
        ("last_quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last_7_days", date(2026, 5, 25), date(2026, 5, 31)),
        ("last_30_days", date(2026, 5, 2), date(2026, 5, 31)),
        ("last_90_days", date(2026, 3, 3), date(2026, 5, 31)),
    ],
)
def test_periods(name: str, first: date, last: date) -> None:
    assert PERIODS[name].days(date(2026, 5, 31)) == (first, last + timedelta(1))


@pytest.mark.parametrize(
    ("name", "today", "first", "last"),
    [
        ("last_month", date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 31)),
        ("next_month", date(2026, 12, 1), date(2027, 1, 1), date(2027, 1, 31)),
        ("last_quarter", date(2026, 2, 10), date(2025, 10, 1), date(2025, 12, 31)),
        ("this_quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
        ("this_week", date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 7)),
        ("this_month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_periods_at_the_turn_of_months_and_years(
    name: str, today: date, first: date, last: date
) -> None:
    assert PERIODS[name].days(today) == (first, last + timedelta(1))


def test_a_period_holds_its_first_and_last_day_only() -> None:
    for period in PERIODS.values():
        first, end = period.days(NOW.date())
        node = {"field": "the_date", "op": "during", "value": period.name}
        days = (first - timedelta(1), first, end - timedelta(1), end)
        answers = [truth(node, Sample({"the_date": day})) for day in days]
        assert answers == [False, True, True, False], period.name


def test_reading_is_asked_for_paths() -> None:
    asked: list[str] = []

    def read(path: Path) -> Any:
        asked.append(path.api)
        return "x"

    condition = parse({"field": "account.owner.name", "op": "=", "value": "X"}, THING, SCHEMA)
    assert evaluate(condition, read, bindings()) is True
    assert asked == ["account.owner.name"]
