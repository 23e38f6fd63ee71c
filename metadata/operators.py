"""The one table of operators: what they are called, and what they mean in Python and in SQL.

To add one, add an `Operator` here and name it in the field types that take it.

Both meanings get *comparables* (text already folded). Except for the operators without a value,
`python` never sees an empty one, and `sql` must be NULL exactly where its expression is NULL:
what an empty value does is decided once, in `metadata.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Text,
    all_,
    and_,
    any_,
    func,
    literal,
)

Label = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """How an operator is called in menus, and how it reads after a field: `is {value}`."""

    label: Label
    phrase: Label


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison that a condition may use."""

    name: str
    arity: Literal["none", "one", "two", "many"]
    words: Words
    python: Callable[[Any, Any], bool]
    """(comparable, value) to truth; the value is a pair for `two`, a tuple for `many`."""
    sql: Callable[[ColumnElement[Any], Any], ColumnElement[bool]]
    """The same as SQL: (expression, value)."""
    takes: Literal["value", "part", "period"] = "value"
    """What stands on the right: values of the field, a part of a text, or a period's name."""
    opposite: str | None = None
    """The operator that is true exactly where this one is false."""
    narrows: bool = False
    """Whether `compile_sql` may add an index prefilter. True for operators of equality only: a text
    that begins with another has not always a sort key that begins with the other's."""
    special: Mapping[str, Words] = field(default_factory=dict)
    """Other words for families of fields: `date` (dates and instants), `reference` (lookups)."""

    def words_for(self, family: str | None) -> Words:
        """The words for a family of fields."""
        return self.special.get(family or "", self.words)


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` to before `high` (with `closed`: to and with `high`); None: no end."""

    low: Any = None
    high: Any = None
    closed: bool = False

    def holds(self, value: Any) -> bool:
        """Whether the value lies in the span."""
        if self.low is not None and value < self.low:
            return False
        return self.high is None or value < self.high or (self.closed and value == self.high)

    def sql(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The same as SQL; NULL where the column is."""
        parts = []
        if self.low is not None:
            parts.append(column >= self.low)
        if self.high is not None:
            parts.append(column <= self.high if self.closed else column < self.high)
        return and_(*parts) if parts else column == column


def _words(en: str, zh: str, en_phrase: str | None = None, zh_phrase: str | None = None) -> Words:
    return Words(
        {"en": en, "zh_CN": zh},
        {"en": en_phrase or f"{en} {{value}}", "zh_CN": zh_phrase or f"{zh}{{value}}"},
    )


def _on_dates(en: str, zh: str) -> Mapping[str, Words]:
    return {"date": _words(en, zh)}


def _array(column: ColumnElement[Any], values: tuple[Any, ...]) -> ColumnElement[Any]:
    kind = column.type
    if isinstance(kind, String):
        kind = Text()
    elif isinstance(kind, Integer):  # a value may be larger than a small column holds
        kind = BigInteger()
    return literal(list(values), ARRAY(kind))


def _codes(values: tuple[str, ...]) -> ColumnElement[Any]:
    return literal(list(values), ARRAY(Text()))


def _has_any(column: ColumnElement[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    return column.op("?|", is_comparison=True)(_codes(values))


def _has_all(column: ColumnElement[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    return column.op("?&", is_comparison=True)(_codes(values))


_TABLE = (
    Operator(
        "=", "one", _words("is", "为"), lambda a, b: bool(a == b), lambda c, v: c == v,
        opposite="!=", narrows=True, special={"reference": _words("is", "是")},
    ),
    Operator(
        "!=", "one", _words("is not", "不为"), lambda a, b: bool(a != b), lambda c, v: c != v,
        opposite="=", special={"reference": _words("is not", "不是")},
    ),
    Operator(
        "<", "one", _words("is less than", "小于"), lambda a, b: bool(a < b), lambda c, v: c < v,
        opposite=">=", special=_on_dates("is before", "早于"),
    ),
    Operator(
        "<=", "one", _words("is at most", "不大于"), lambda a, b: bool(a <= b),
        lambda c, v: c <= v, opposite=">", special=_on_dates("is on or before", "不晚于"),
    ),
    Operator(
        ">", "one", _words("is greater than", "大于"), lambda a, b: bool(a > b),
        lambda c, v: c > v, opposite="<=", special=_on_dates("is after", "晚于"),
    ),
    Operator(
        ">=", "one", _words("is at least", "不小于"), lambda a, b: bool(a >= b),
        lambda c, v: c >= v, opposite="<", special=_on_dates("is on or after", "不早于"),
    ),
    Operator(
        "between", "two",
        _words("is between", "介于", "is between {low} and {high}", "在{low}与{high}之间"),
        lambda a, b: Span(b[0], b[1], closed=True).holds(a),
        lambda c, v: Span(v[0], v[1], closed=True).sql(c),
    ),
    Operator(
        "in", "many", _words("is one of", "为其中之一", "is one of {value}", "为{value}之一"),
        lambda a, b: a in b, lambda c, v: c == any_(_array(c, v)),
        opposite="not_in", narrows=True,
        special={
            "reference": _words("is one of", "是其中之一", "is one of {value}", "是{value}之一")
        },
    ),
    Operator(
        "not_in", "many",
        _words("is none of", "不为其中任一", "is none of {value}", "不为{value}中的任一项"),
        lambda a, b: a not in b, lambda c, v: c != all_(_array(c, v)), opposite="in",
        special={
            "reference": _words(
                "is none of", "不是其中任一", "is none of {value}", "不是{value}中的任一项"
            )
        },
    ),
    Operator(
        "contains", "one", _words("contains", "包含"), lambda a, b: b in a,
        lambda c, v: func.strpos(c, v) > 0, takes="part", opposite="not_contains",
    ),
    Operator(
        "not_contains", "one", _words("does not contain", "不包含"), lambda a, b: b not in a,
        lambda c, v: func.strpos(c, v) == 0, takes="part", opposite="contains",
    ),
    Operator(
        "starts_with", "one",
        _words("starts with", "开头为", "starts with {value}", "以{value}开头"),
        lambda a, b: bool(a.startswith(b)), lambda c, v: func.starts_with(c, v), takes="part",
    ),
    Operator(
        "during", "one", _words("is in", "在", "is {value}", "{value}"),
        lambda a, b: bool(b.holds(a)), lambda c, v: v.sql(c), takes="period",
    ),
    Operator(
        "has_any", "many",
        _words("includes any of", "包含任一项", "includes any of {value}", "包含{value}中的任一项"),
        lambda a, b: not set(b).isdisjoint(a), _has_any, opposite="has_none",
    ),
    Operator(
        "has_all", "many",
        _words("includes all of", "包含全部", "includes all of {value}", "包含{value}中的每一项"),
        lambda a, b: set(b) <= set(a), _has_all,
    ),
    Operator(
        "has_none", "many",
        _words("includes none of", "全不包含", "includes none of {value}", "全不包含{value}"),
        lambda a, b: set(b).isdisjoint(a), lambda c, v: ~_has_any(c, v), opposite="has_any",
    ),
    Operator(
        "is_empty", "none", _words("is empty", "为空", "is empty", "为空"),
        lambda a, _: a is None, lambda c, _: c.is_(None), opposite="is_not_empty",
    ),
    Operator(
        "is_not_empty", "none", _words("is not empty", "不为空", "is not empty", "不为空"),
        lambda a, _: a is not None, lambda c, _: c.is_not(None), opposite="is_empty",
    ),
)  # fmt: skip

OPERATORS: Mapping[str, Operator] = MappingProxyType({entry.name: entry for entry in _TABLE})
"""All operators by name, in the order of menus."""
