"""What a comparison means for one reader at one moment: references become values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kernel.scope import Actor
from metadata.conditions.nodes import Compare, DateRef, Scalar, UserRef
from metadata.operators import OPERATORS, Operator, Span
from metadata.periods import PERIODS

_ONE_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Bindings:
    """Who asks, and when. `zone` is the IANA name of the reader's time zone, which decides
    when a day begins; `user_id` is None for the system."""

    user_id: int | None
    today: date
    now: datetime
    zone: str

    @classmethod
    def of(cls, actor: Actor, now: datetime) -> Bindings:
        """The bindings of an actor at an instant."""
        today = now.astimezone(ZoneInfo(actor.zone)).date()
        return cls(actor.id, today, now, actor.zone)


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison without references. `value` is a value, a tuple of them, a `Span` of values
    (for `during`), or None; with `negated` the comparison is true where the operator is false."""

    operator: Operator
    value: Any
    negated: bool = False


def bind(compare: Compare, bindings: Bindings) -> Bound | None:
    """The comparison for a reader; None when it is unknown whatever the record holds."""
    temporal = compare.path.field.type.temporal
    if compare.operator.takes == "period":
        assert isinstance(compare.value, str)
        first, end = PERIODS[compare.value].days(bindings.today)
        span = Span(first, end) if temporal == "day" else _instants(first, end, bindings)
        return Bound(compare.operator, span)
    if isinstance(compare.value, tuple):
        values = tuple(_resolved(value, bindings) for value in compare.value)
        if None in values:
            return None
    else:
        value = None if compare.value is None else _resolved(compare.value, bindings)
        if value is None and compare.operator.arity != "none":
            return None
        values = (value,)
    if temporal == "instant" and any(_is_day(value) for value in values):
        return _by_days(compare.operator, values, bindings)
    return Bound(compare.operator, values if isinstance(compare.value, tuple) else values[0])


def _resolved(value: Scalar, bindings: Bindings) -> Any:
    if isinstance(value, UserRef):
        return bindings.user_id
    if isinstance(value, DateRef):
        return _shifted(bindings.today, value.days)
    return value


def _shifted(day: date, days: int) -> date:
    """The day `days` later, or the end of the calendar."""
    try:
        return day + timedelta(days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _midnight(day: date, bindings: Bindings) -> datetime | None:
    """When a day begins for the reader; None beyond the ends of the calendar."""
    try:
        return datetime.combine(day, time(), ZoneInfo(bindings.zone)).astimezone(UTC)
    except OverflowError:
        return None


def _after(day: date, bindings: Bindings) -> datetime | None:
    return None if day == date.max else _midnight(day + _ONE_DAY, bindings)


def _instants(first: date, end: date, bindings: Bindings) -> Span:
    return Span(_midnight(first, bindings), _midnight(end, bindings))


def _by_days(operator: Operator, values: tuple[Any, ...], bindings: Bindings) -> Bound:
    """A comparison of instants with days: a day is all its instants."""
    begin = _midnight(values[0], bindings) if _is_day(values[0]) else values[0]
    last = values[-1]
    day_ends = _is_day(last)
    end = _after(last, bindings) if day_ends else last
    spans = {
        "=": Span(begin, end),
        "!=": Span(begin, end),
        "<": Span(begin, None),
        ">=": Span(begin, None),
        "<=": Span(None, end),
        ">": Span(None, end),
        "between": Span(begin, end, closed=not day_ends),
    }
    return Bound(OPERATORS["during"], spans[operator.name], operator.name in ("!=", "<", ">"))
