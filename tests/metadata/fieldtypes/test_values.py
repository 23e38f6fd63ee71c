"""Single values that each type takes, changes or refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any

import pytest

from kernel.i18n import use_locale
from metadata.fieldtypes import TYPES, BadValue
from metadata.fieldtypes.autonumber import number_text, period_of
from tests.metadata.fieldtypes.samples import field

AT = datetime(2026, 1, 2, 5, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "options", "given", "value"),
    [
        ("text", {}, "  Ada  ", "Ada"),
        ("text", {}, "   ", None),
        ("text", {}, "😀" * 255, "😀" * 255),
        ("long_text", {}, "a\r\nb", "a\nb"),
        ("integer", {}, "12", 12),
        ("integer", {}, 12.0, 12),
        ("integer", {}, "", None),
        ("number", {}, "1.5000", D("1.5")),
        ("number", {}, 0.1, D("0.1")),
        ("number", {}, "1e3", D(1000)),
        ("number", {}, "-0.0", D(0)),
        ("number", {"scale": 0}, "100", D(100)),
        ("currency", {}, "12.5", D("12.50")),
        ("currency", {}, 12, D("12.00")),
        ("currency", {}, "9" * 36, D("9" * 36 + ".00")),
        ("currency", {"scale": 0}, "12.000", D(12)),
        ("percent", {}, "12.5", D("12.5")),
        ("date", {}, "2026-02-28", date(2026, 2, 28)),
        ("datetime", {}, "2026-01-02T13:45:00+08:00", AT),
        ("datetime", {}, "2026-01-02T05:45:00", AT),
        ("datetime", {}, "2026-01-02T05:45:00Z", AT),
        ("picklist", {}, "", None),
        ("multi_picklist", {}, ["done", "new", "done"], ("new", "done")),
        ("multi_picklist", {}, [], None),
        ("email", {}, "Ada@EXAMPLE.com", "Ada@example.com"),
        ("phone", {"region": "CN"}, "138-0013-8000", "+86 138 0013 8000"),
        ("phone", {"region": "CN"}, "+1 (415) 555-2671", "+1 415-555-2671"),
        ("phone", {"region": "CN"}, "10086 转 2", "10086 转 2"),
        ("phone", {}, "138-0013-8000", "138-0013-8000"),
        ("url", {}, "www.example.com/x", "https://www.example.com/x"),
        ("url", {}, "example.com:8080", "https://example.com:8080"),
        ("url", {}, "tel:+8610086", "tel:+8610086"),
        ("lookup", {}, "12", 12),
        ("lookup", {}, {"id": "12", "name": "Acme"}, 12),
        ("lookup", {}, 2**63 - 1, 2**63 - 1),
    ],
)
def test_input_becomes_a_value(name: str, options: Any, given: Any, value: Any) -> None:
    kept = field(name, **options)
    read = kept.type.read(kept, given)
    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)


@pytest.mark.parametrize(
    ("name", "options", "given", "code"),
    [
        ("text", {}, 5, "not_text"),
        ("text", {}, "x" * 256, "too_long"),
        ("text", {"length": 3}, "四个字符", "too_long"),
        ("text", {}, "a\nb", "line_break"),
        ("text", {}, "a\u2028b", "line_break"),
        ("text", {}, "a\x00b", "control_character"),
        ("text", {}, "\ud800", "control_character"),
        ("long_text", {}, "x" * 32_001, "too_long"),
        ("integer", {}, "1.5", "too_many_decimals"),
        ("integer", {}, 10**15, "too_many_digits"),
        ("integer", {}, 10**400, "too_many_digits"),
        ("integer", {}, True, "not_a_number"),
        ("integer", {}, "1e999", "too_many_digits"),
        ("number", {}, float("nan"), "not_a_number"),
        ("number", {}, float("inf"), "not_a_number"),
        ("number", {}, "NaN", "not_a_number"),
        ("number", {}, "1,000", "not_a_number"),
        ("number", {}, "１２", "not_a_number"),
        ("number", {}, "1e999999999", "not_a_number"),
        ("number", {}, "1e-999", "too_many_decimals"),
        ("number", {"min": 0}, "-1", "too_small"),
        ("number", {"max": "9.5"}, "9.6", "too_large"),
        ("number", {"precision": 5, "scale": 2}, "1000", "too_many_digits"),
        ("currency", {}, "12.505", "too_many_decimals"),
        ("currency", {}, "9" * 37, "too_many_digits"),
        ("currency", {}, [], "not_a_number"),
        ("date", {}, "2026-02-30", "no_such_day"),
        ("date", {}, "0000-01-01", "no_such_day"),
        ("date", {}, "2026-1-2", "not_a_date"),
        ("date", {}, 20260102, "not_a_date"),
        ("datetime", {}, "yesterday", "not_a_datetime"),
        ("datetime", {}, "0001-01-01T00:00:00+08:00", "not_a_datetime"),
        ("datetime", {}, 5, "not_a_datetime"),
        ("checkbox", {}, "true", "not_a_boolean"),
        ("checkbox", {}, 1, "not_a_boolean"),
        ("picklist", {}, "ghost", "not_a_choice"),
        ("picklist", {}, 1, "not_a_choice"),
        ("picklist", {}, "old", "retired_choice"),
        ("multi_picklist", {}, "new", "not_a_list"),
        ("multi_picklist", {}, ["new", None], "not_a_choice"),
        ("email", {}, "ada", "not_an_email"),
        ("email", {}, "a@b@example.com", "not_an_email"),
        ("email", {}, f"{'a' * 250}@example.com", "too_long"),
        ("phone", {}, "call me", "not_a_phone"),
        ("phone", {}, "+-", "not_a_phone"),
        ("phone", {}, "1" * 65, "too_long"),
        ("url", {}, "javascript:alert(1)", "not_a_url"),
        ("url", {}, "JaVaScript:alert(1)", "not_a_url"),
        ("url", {}, "java\tscript:alert(1)", "not_a_url"),
        ("url", {}, "data:text/html,x", "not_a_url"),
        ("url", {}, "https://", "not_a_url"),
        ("url", {}, "http://[::1", "not_a_url"),
        ("url", {}, 'https://x.com/"><script>', "not_a_url"),
        ("url", {}, "//evil.example", "not_a_url"),
        ("lookup", {}, "0", "not_an_id"),
        ("lookup", {}, -1, "not_an_id"),
        ("lookup", {}, 2**63, "not_an_id"),
        ("lookup", {}, "１２", "not_an_id"),
        ("lookup", {}, True, "not_an_id"),
        ("lookup", {}, 1.0, "not_an_id"),
        ("lookup", {}, {"match": {}}, "not_an_id"),
    ],
)
def test_bad_input_is_refused(name: str, options: Any, given: Any, code: str) -> None:
    kept = field(name, **options)
    with pytest.raises(BadValue) as caught:
        kept.type.read(kept, given)
    assert caught.value.code == code
    english = str(caught.value)
    with use_locale("zh_CN"):
        assert str(caught.value) != english


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "a\r\nb", "a b"),
        ("integer", "1,234", 1234),
        ("integer", "１，２３４", 1234),
        ("number", "1,234.50", D("1234.5")),
        ("number", "-1,234,567", D(-1234567)),
        ("number", "(12)", D(-12)),
        ("number", "−3", D(-3)),
        ("number", "1.2E+03", D(1200)),
        ("currency", "¥1,234.50", D("1234.50")),
        ("currency", "￥ 1234.5", D("1234.50")),
        ("currency", "-$5", D("-5.00")),
        ("currency", "CN¥5", D("5.00")),
        ("currency", "USD 5", D("5.00")),
        ("currency", "5元", D("5.00")),
        ("percent", "12.5%", D("12.5")),
        ("percent", "１２％", D(12)),
        ("date", "2026-01-02", date(2026, 1, 2)),
        ("date", "2026/1/2", date(2026, 1, 2)),
        ("date", "2026.1.2", date(2026, 1, 2)),
        ("date", "2026年1月2日", date(2026, 1, 2)),
        ("date", "20260102", date(2026, 1, 2)),
        ("date", "Jan 2, 2026", date(2026, 1, 2)),
        ("date", "2 January 2026", date(2026, 1, 2)),
        ("date", "2026-01-02 00:00:00", date(2026, 1, 2)),
        ("datetime", "2026-01-02 13:45", AT),
        ("datetime", "2026/1/2 13:45:00", AT),
        ("datetime", "2026年1月2日 13:45", AT),
        ("datetime", "2026年1月2日 13时45分", AT),
        ("datetime", "Jan 2, 2026 1:45 PM", AT),
        ("datetime", "2026-01-02T05:45:00Z", AT),
        ("datetime", "2026-01-02T05:45+0000", AT),
        ("checkbox", "是", True),
        ("checkbox", "YES", True),
        ("checkbox", " 1 ", True),
        ("checkbox", "否", False),
        ("checkbox", "False", False),
        ("picklist", "done", "done"),
        ("picklist", " DONE ", "done"),
        ("picklist", "完成", "done"),
        ("multi_picklist", "完成；New", ("new", "done")),
        ("multi_picklist", "done;new;done", ("new", "done")),
    ],
)
def test_text_of_people_becomes_a_value(name: str, text: str, value: Any) -> None:
    kept = field(name)
    for locale in ("en", "zh_CN"):
        assert kept.type.parse_text(kept, text, locale, "Asia/Shanghai") == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("integer", "1,23"),
        ("integer", "12,3456"),
        ("number", "1.234,5"),
        ("number", "twelve"),
        ("number", "1 2"),
        ("date", "1/2/2026"),
        ("date", "2026-13-01"),
        ("date", "2026-01-02 13:45"),
        ("date", "Foo 2, 2026"),
        ("date", "2026-01/02"),
        ("datetime", "2026-01-02 25:00"),
        ("datetime", "2026-01-02 13:45 PM"),
        ("datetime", "13:45"),
        ("checkbox", "maybe"),
        ("picklist", "旧"),
        ("multi_picklist", "New,Done"),
    ],
)
def test_text_that_could_mean_two_things_is_refused(name: str, text: str) -> None:
    kept = field(name)
    with pytest.raises(BadValue):
        kept.type.parse_text(kept, text, "en", "UTC")


@pytest.mark.parametrize(
    ("name", "options", "value", "english", "chinese"),
    [
        ("integer", {}, 1234567, "1,234,567", "1,234,567"),
        ("integer", {"grouping": False}, 2010, "2010", "2010"),
        ("number", {}, D("1234.5"), "1,234.5", "1,234.5"),
        ("currency", {}, D("1234.50"), "1,234.50", "1,234.50"),
        ("currency", {"currency": "CNY"}, D("-1234.50"), "-CN¥1,234.50", "-¥1,234.50"),
        ("currency", {"currency": "USD", "scale": 0}, D(12), "$12", "US$12"),
        ("percent", {}, D("12.5"), "12.5%", "12.5%"),
        ("date", {}, date(2026, 1, 2), "Jan 2, 2026", "2026年1月2日"),
        ("datetime", {}, AT, "Jan 2, 2026 13:45", "2026年1月2日 13:45"),
        ("checkbox", {}, True, "Yes", "是"),
        ("picklist", {}, "done", "Done", "完成"),
        ("picklist", {}, "gone", "gone", "gone"),
        ("multi_picklist", {}, ("new", "done"), "New; Done", "新建; 完成"),
    ],
)
def test_values_are_shown_in_both_languages(
    name: str, options: Any, value: Any, english: str, chinese: str
) -> None:
    kept = field(name, **options)
    assert kept.type.format(kept, value, "en", "Asia/Shanghai") == english
    assert kept.type.format(kept, value, "zh_CN", "Asia/Shanghai") == chinese


def test_a_local_time_that_daylight_saving_skips_is_read() -> None:
    kept = field("datetime")
    read = kept.type.parse_text(kept, "2026-03-29 02:30", "en", "Europe/Berlin")
    assert read == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_labels_of_two_choices_may_not_be_the_same_text() -> None:
    from dataclasses import replace

    kept = field("picklist")
    twice = tuple(replace(v, label={"en": "Same"}) for v in kept.picklist.values)  # type: ignore[union-attr]
    same = replace(kept, picklist=replace(kept.picklist, values=twice))  # type: ignore[type-var]
    with pytest.raises(BadValue, match="new, done"):
        same.type.parse_text(same, "same", "en")


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("number", {"scale": 5, "precision": 4}, "bad_scale"),
        ("number", {"min": 5, "max": "4"}, "bad_range"),
        ("integer", {"min": "x"}, "bad_range"),
        ("picklist", {}, "bad_choices"),
        ("picklist", {"set": "a", "values": []}, "bad_choices"),
        ("phone", {"region": "XX"}, "unknown_region"),
        ("autonumber", {}, "bad_format"),
        ("autonumber", {"format": "A-{YYYY}"}, "bad_format"),
        ("autonumber", {"format": "{000}{00}"}, "bad_format"),
        ("autonumber", {"format": "{000}{hour}"}, "bad_format"),
        ("autonumber", {"format": "{0000000000000}"}, "bad_format"),
    ],
)
def test_options_that_contradict_each_other(name: str, options: Any, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        TYPES[name].check_options(options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pattern", "period", "text"),
    [
        ("HT-{YYYY}-{0000}", "2026", "HT-2026-0012"),
        ("{YY}{MM}{000}", "2026-03", "2603012"),
        ("{YYYY}{MM}{DD}-{0}", "2026-03-04", "20260304-12"),
        ("A{00000}", "", "A00012"),
    ],
)
def test_automatic_numbers(pattern: str, period: str, text: str) -> None:
    TYPES["autonumber"].check_options({"format": pattern})
    day = date(2026, 3, 4)
    assert period_of(pattern, day) == period
    assert number_text(pattern, day, 12) == text
    assert number_text("{00}", day, 12345) == "12345"


def test_phone_numbers_are_compared_by_their_digits() -> None:
    kept = field("phone", region="CN")
    spellings = ["13800138000", "+86 138 0013 8000", "0086-138-0013-8000"]
    values = {kept.type.comparable(kept, kept.type.read(kept, s)) for s in spellings}
    assert values == {"+8613800138000"}
