"""The meanings of a condition agree: Python, SQL with and without slots, and words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Integer,
    Numeric,
    Text,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from kernel.i18n import LOCALES, label_text
from metadata.condition import (
    All,
    Bindings,
    Compare,
    Not,
    compile_sql,
    evaluate,
    parse,
    paths,
    sentence,
    to_json,
)
from metadata.periods import PERIODS
from metadata.schema import Field, Path
from metadata.text import fold, sort_key
from tests.metadata.condition_samples import (
    PAIRS,
    SCHEMA,
    THING,
    ZONES,
    Sample,
    all_bindings,
    bindings,
    compare_json,
    condition_json,
    samples,
    stored,
)

SLOT_TYPES: dict[str, TypeEngine[Any]] = {
    "n": Numeric(),
    "d": DateTime(timezone=True),
    "r": BigInteger(),
    "p": Integer(),
    "t": Text(),
}
SLOTTED = [f for f in THING.data_fields() if f.slot is not None]
SYSTEM = {f.column: f for f in THING.fields.values() if f.column is not None}
BEHIND = {
    "": "data",
    "account": "account",
    "account.owner": "owner",
    "account.owner.manager": "manager",
}


def _column_type(field: Field) -> TypeEngine[Any]:
    return Integer() if field.api == "version" else SLOT_TYPES[field.type.slot_kind or ""]


ROWS: list[ColumnClause[Any]] = [
    column("n", Integer()),
    *(column(name, JSONB()) for name in BEHIND.values()),
    column("account_owner", BigInteger()),
    *(column(name, _column_type(f)) for name, f in SYSTEM.items()),
    *(column(f.slot or "", SLOT_TYPES[f.type.slot_kind or ""]) for f in SLOTTED),
]
COLUMNS = {c.name: c for c in ROWS}


def row(number: int, record: Sample) -> dict[str, Any]:
    """A record as its row: JSON, system columns and slots, and the JSON behind its lookups."""
    cells: dict[str, Any] = {"n": number, "data": stored(record, THING)}
    here, objects = record, {"account": "account", "owner": "user", "manager": "user"}
    for api, name in objects.items():
        if api not in here.linked:
            break
        here = here.linked[api]
        cells[api] = stored(here, SCHEMA.objects[name])
        if api == "account":
            cells["account_owner"] = here.values.get("owner")
    for name, f in SYSTEM.items():
        cells[name] = _plain(record.values.get(f.api))
    for f in SLOTTED:
        value = record.values.get(f.api)
        cells[f.slot or ""] = None if value is None else _plain(f.type.slot_value(f, value))
    return cells


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def from_json(path: Path) -> ColumnElement[Any]:
    """What the query compiler gives without slots."""
    f = path.field
    if f.column is not None:
        return COLUMNS[f.column] if len(path.fields) == 1 else COLUMNS["account_owner"]
    source = COLUMNS[BEHIND[".".join(step.api for step in path.fields[:-1])]]
    return f.type.expression(f, source[f.key].astext)


def from_slots(path: Path) -> ColumnElement[Any]:
    """What it gives with a live slot; text slots hold less than the text and never decide."""
    f = path.field
    if len(path.fields) == 1 and f.slot is not None and f.type.slot_kind != "t":
        return COLUMNS[f.slot]
    return from_json(path)


def by_slot(compare: Compare) -> ColumnElement[bool] | None:
    """The prefilter over a text slot."""
    f = compare.path.field
    if len(compare.path.fields) > 1 or f.slot is None or f.type.slot_kind != "t":
        return None
    if compare.operator.name not in ("=", "in"):
        return None
    values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    return COLUMNS[f.slot].in_([f.type.slot_value(f, value) for value in values])


@pytest.fixture(scope="module")
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened.execution_options(isolation_level="AUTOCOMMIT")


def answers(
    connection: Connection, rows: list[dict[str, Any]], predicates: list[ColumnElement[bool]]
) -> list[tuple[bool | None, ...]]:
    """What each predicate says of each row."""
    table = func.jsonb_to_recordset(literal(rows, JSONB())).table_valued(*ROWS, name="r")
    query = select(*(p.label(f"p{n}") for n, p in enumerate(predicates)))
    query = query.select_from(table.render_derived(with_types=True)).order_by(COLUMNS["n"])
    return [tuple(answer) for answer in connection.execute(query)]


def check(connection: Connection, nodes: list[Any], records: list[Sample], who: Bindings) -> None:
    """Compare the answers of PostgreSQL with those of Python, record by record."""
    conditions = [parse(node, THING, SCHEMA) for node in nodes]
    rows = [row(number, record) for number, record in enumerate(records)]
    expected = [tuple(evaluate(c, r.read, who) for c in conditions) for r in records]
    for resolve in (from_json, from_slots):
        predicates = [compile_sql(c, resolve, who) for c in conditions]
        assert answers(connection, rows, predicates) == expected
    narrowed = [compile_sql(c, from_slots, who, by_slot) for c in conditions]
    assert matches(answers(connection, rows, narrowed)) == matches(expected)


def matches(truths: list[tuple[bool | None, ...]]) -> list[tuple[bool, ...]]:
    """Where a record matches: unknown is no match."""
    return [tuple(truth is True for truth in line) for line in truths]


on_a_server = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


@given(
    nodes=st.lists(condition_json, min_size=1, max_size=12),
    records=st.lists(samples(), min_size=1, max_size=6),
    who=all_bindings,
)
@settings(on_a_server, max_examples=150)
def test_sql_says_what_python_says(
    connection: Connection, nodes: list[Any], records: list[Sample], who: Bindings
) -> None:
    check(connection, nodes, records, who)


@given(
    nodes=st.tuples(*(compare_json(pair) for pair in PAIRS)),
    records=st.lists(samples(), min_size=3, max_size=6),
    who=all_bindings,
)
@settings(on_a_server, max_examples=10)
def test_sql_says_what_python_says_with_every_operator_of_every_field(
    connection: Connection, nodes: tuple[Any, ...], records: list[Sample], who: Bindings
) -> None:
    empty = Sample({"id": 1, "version": 1})
    check(connection, [*nodes], [*records, empty], who)


@pytest.mark.parametrize("zone", ZONES[:3])
def test_days_and_periods_at_their_ends(connection: Connection, zone: str) -> None:
    who = bindings(zone=zone)
    days = [end for period in PERIODS.values() for end in period.days(who.today)]
    nodes: list[Any] = []
    for api in ("the_date", "the_datetime"):
        nodes += [{"field": api, "op": "during", "value": name} for name in PERIODS]
        for op in ("=", "!=", "<", "<=", ">", ">="):
            nodes.append({"field": api, "op": op, "value": who.today.isoformat()})
        nodes.append({"field": api, "op": "between", "value": [who.today.isoformat()] * 2})
    records = [
        Sample({"id": 1, "the_date": day, "the_datetime": midnight - before})
        for day in sorted({d + timedelta(n) for d in days for n in (-1, 0, 1)})
        for midnight in [datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)]
        for before in (timedelta(microseconds=1), timedelta(0))
    ]
    check(connection, nodes, records, who)


@given(condition_json)
@settings(deadline=None)
def test_json_of_a_condition_means_the_same_condition(node: Any) -> None:
    condition = parse(node, THING, SCHEMA)
    assert parse(to_json(condition), THING, SCHEMA) == condition


@given(condition_json, samples(), all_bindings)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_not_and_opposite_operators_turn_the_truth_around(
    node: Any, record: Sample, who: Bindings
) -> None:
    condition = parse(node, THING, SCHEMA)
    assert condition is not None
    truth = evaluate(condition, record.read, who)
    turned = {True: False, False: True, None: None}[truth]
    assert evaluate(Not(condition), record.read, who) is turned
    assert evaluate(Not(Not(condition)), record.read, who) is truth
    assert evaluate(All((condition, condition)), record.read, who) is truth
    if isinstance(condition, Compare) and condition.operator.opposite:
        opposite = to_json(condition) or {}
        opposite["op"] = condition.operator.opposite
        assert evaluate(parse(opposite, THING, SCHEMA), record.read, who) is turned


@given(condition_json)
@settings(deadline=None)
def test_a_sentence_names_each_field_in_both_languages(node: Any) -> None:
    condition = parse(node, THING, SCHEMA)
    for locale in LOCALES:
        text = sentence(condition, locale)
        for path in paths(condition):
            for field in path.fields:
                assert label_text(field.label, locale) in text


@given(condition_json)
@settings(deadline=None)
def test_no_value_is_written_into_the_statement(node: Any) -> None:
    """Only columns, functions and parameters: no text of a condition becomes SQL."""
    condition = parse(node, THING, SCHEMA)
    statement = str(compile_sql(condition, from_json, bindings()))
    marked = parse(_with_marks(node), THING, SCHEMA)
    assert "mArK" not in str(compile_sql(marked, from_json, bindings()))
    assert statement.count("'") == 0


def _with_marks(node: Any) -> Any:
    if isinstance(node, dict) and "field" in node:
        marks = node["op"] == "=" and node["field"] in ("name", "account.name", "the_text")
        return {**node, "value": "mArK' OR 1=1 --"} if marks else node
    if isinstance(node, dict):
        return {key: _with_marks(part) for key, part in node.items()}
    return [_with_marks(part) for part in node] if isinstance(node, list) else node


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("Σσς İIı Kkß ǅ 重庆")))
@example("ΟΔΟΣ")
@example("Ϲ")
def test_texts_that_fold_alike_have_one_sort_key(text: str) -> None:
    """What lets a query look for a text by its slot first."""
    assert sort_key(fold(text)) == sort_key(text)
