"""Named stretches of days relative to today: this month, last quarter, ...

Weeks begin on Monday (ISO 8601, GB/T 7408), quarters in January. "Last 7 days" are the seven
days that end with today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

Days = tuple[date, date]
"""The first day, and the day after the last."""


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of days."""

    name: str
    label: Mapping[str, str]
    days: Callable[[date], Days]

    @property
    def phrase(self) -> Mapping[str, str]:
        """How it reads in a sentence after "is": in this week."""
        one_day = self.name in ("today", "yesterday")
        en = self.label["en"]
        return {"en": en if one_day else f"in {en}", "zh_CN": f"在{self.label['zh_CN']}"}


def _months(start: date, step: int, length: int) -> Days:
    """`length` months that begin `step` months after the month of `start`."""
    return _first_of_month(start, step), _first_of_month(start, step + length)


def _first_of_month(day: date, step: int) -> date:
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def _day(step: int) -> Callable[[date], Days]:
    return lambda today: (today + timedelta(step), today + timedelta(step + 1))


def _week(step: int) -> Callable[[date], Days]:
    def days(today: date) -> Days:
        monday = today - timedelta(today.weekday() - 7 * step)
        return monday, monday + timedelta(7)

    return days


def _month(step: int) -> Callable[[date], Days]:
    return lambda today: _months(today, step, 1)


def _quarter(step: int) -> Callable[[date], Days]:
    return lambda today: _months(today, 3 * step - (today.month - 1) % 3, 3)


def _year(step: int) -> Callable[[date], Days]:
    return lambda today: (date(today.year + step, 1, 1), date(today.year + step + 1, 1, 1))


def _last(count: int) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(count - 1), today + timedelta(1))


_ALL = (
    Period("today", {"en": "today", "zh_CN": "今天"}, _day(0)),
    Period("yesterday", {"en": "yesterday", "zh_CN": "昨天"}, _day(-1)),
    Period("this_week", {"en": "this week", "zh_CN": "本周"}, _week(0)),
    Period("last_week", {"en": "last week", "zh_CN": "上周"}, _week(-1)),
    Period("next_week", {"en": "next week", "zh_CN": "下周"}, _week(1)),
    Period("this_month", {"en": "this month", "zh_CN": "本月"}, _month(0)),
    Period("last_month", {"en": "last month", "zh_CN": "上月"}, _month(-1)),
    Period("next_month", {"en": "next month", "zh_CN": "下月"}, _month(1)),
    Period("this_quarter", {"en": "this quarter", "zh_CN": "本季度"}, _quarter(0)),
    Period("last_quarter", {"en": "last quarter", "zh_CN": "上季度"}, _quarter(-1)),
    Period("this_year", {"en": "this year", "zh_CN": "今年"}, _year(0)),
    Period("last_year", {"en": "last year", "zh_CN": "去年"}, _year(-1)),
    Period("last_7_days", {"en": "the last 7 days", "zh_CN": "最近 7 天"}, _last(7)),
    Period("last_30_days", {"en": "the last 30 days", "zh_CN": "最近 30 天"}, _last(30)),
    Period("last_90_days", {"en": "the last 90 days", "zh_CN": "最近 90 天"}, _last(90)),
)

PERIODS: Mapping[str, Period] = MappingProxyType({period.name: period for period in _ALL})
"""All periods by name, in the order of menus."""
