"""How conditions read in English and Chinese."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.i18n import LOCALES, use_locale
from metadata.condition import parse, sentence
from metadata.operators import OPERATORS
from metadata.periods import PERIODS
from metadata.schema import Field
from tests.metadata.condition_samples import SCHEMA, THING

AMOUNT = {"field": "the_integer", "op": ">", "value": 1000}
WON = {"field": "the_picklist", "op": "=", "value": "won"}
MINE = {"field": "owner", "op": "=", "value": {"$user": "id"}}


@pytest.mark.parametrize(
    ("json", "en", "zh"),
    [
        (None, "All records", "全部记录"),
        (AMOUNT, "The integer is greater than 1,000", "整数大于 1,000"),
        (
            {"all": [AMOUNT, {"any": [WON, MINE]}]},
            "The integer is greater than 1,000 and (The picklist is Won or Owner is me)",
            "整数大于 1,000 且（单选为赢单 或 所有人是我）",
        ),
        (
            {"any": [{"all": [WON, MINE]}, WON]},
            "(The picklist is Won and Owner is me) or The picklist is Won",
            "（单选为赢单 且 所有人是我）或 单选为赢单",
        ),
        (
            {"all": [WON, {"all": [MINE, {"any": [AMOUNT]}]}]},
            "The picklist is Won and Owner is me and The integer is greater than 1,000",
            "单选为赢单 且 所有人是我 且 整数大于 1,000",
        ),
        ({"not": WON}, "The picklist is not Won", "单选不为赢单"),
        (
            {"not": {"any": [WON, MINE]}},
            "not (The picklist is Won or Owner is me)",
            "非（单选为赢单 或 所有人是我）",
        ),
        (
            {"not": {"field": "name", "op": "starts_with", "value": "A"}},
            "not (Name starts with “A”)",
            "非（名称以“A”开头）",
        ),
        (
            {"field": "name", "op": "contains", "value": "华为"},
            "Name contains “华为”",
            "名称包含“华为”",
        ),
        ({"field": "name", "op": "is_empty"}, "Name is empty", "名称为空"),
        (
            {"field": "the_picklist", "op": "in", "value": ["won", "lost"]},
            "The picklist is one of Won, Lost",
            "单选为赢单、输单之一",
        ),
        (
            {"field": "the_multi_picklist", "op": "has_none", "value": ["won", "old"]},
            "The multi picklist includes none of Won, Old",
            "多选全不包含赢单、旧值",
        ),
        (
            {"field": "the_currency", "op": "between", "value": ["1", "2.5"]},
            "The currency is between 1.00 and 2.50",
            "金额在 1.00 与 2.50 之间",
        ),
        (
            {"field": "the_date", "op": "<", "value": "2026-05-31"},
            "The date is before May 31, 2026",
            "日期早于 2026年5月31日",
        ),
        (
            {"field": "the_date", "op": ">=", "value": {"$date": "today", "days": -7}},
            "The date is on or after 7 days ago",
            "日期不早于 7 天前",
        ),
        (
            {"field": "the_date", "op": "<=", "value": {"$date": "today", "days": 1}},
            "The date is on or before 1 day from today",
            "日期不晚于 1 天后",
        ),
        (
            {"field": "the_date", "op": "=", "value": {"$date": "today"}},
            "The date is today",
            "日期为今天",
        ),
        (
            {"field": "the_date", "op": "during", "value": "this_quarter"},
            "The date is in this quarter",
            "日期在本季度",
        ),
        (
            {"field": "the_date", "op": "during", "value": "last_7_days"},
            "The date is in the last 7 days",
            "日期在最近 7 天",
        ),
        (
            {"field": "the_checkbox", "op": "=", "value": True},
            "The checkbox is Yes",
            "复选框为是",
        ),
        (
            {"field": "account.owner.name", "op": "=", "value": "Li"},
            "Account’s Owner’s Name is “Li”",
            "客户的所有人的名称为“Li”",
        ),
        (
            {"field": "account", "op": "in", "value": ["1", "2"]},
            "Account is one of Acme, #2",
            "客户是 Acme、#2 之一",
        ),
        (
            {"field": "the_integer", "op": "in", "value": list(range(12))},
            "The integer is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
            "整数为 0、1、2、3、4、5、6、7、8、9 等 12 项之一",
        ),
    ],
)
def test_sentences(json: Any, en: str, zh: str) -> None:
    def names(_field: Field, record_id: int) -> str | None:
        return {1: "Acme"}.get(record_id)

    condition = parse(json, THING, SCHEMA)
    assert sentence(condition, "en", names) == en
    assert sentence(condition, "zh_CN", names) == zh


def test_a_sentence_follows_the_language_of_the_reader() -> None:
    with use_locale("zh_CN"):
        assert sentence(parse(WON, THING, SCHEMA)) == "单选为赢单"


def test_instants_are_told_in_the_zone_of_the_reader() -> None:
    node = {"field": "the_datetime", "op": ">", "value": "2026-05-31T20:30:00Z"}
    condition = parse(node, THING, SCHEMA)
    assert sentence(condition, "en", zone="Asia/Shanghai").endswith("is after Jun 1, 2026 04:30")


def test_values_of_people_are_left_as_they_are() -> None:
    hostile = "{value} ） 且（ %(x)s <script>"
    condition = parse({"all": [WON, {"field": "name", "op": "=", "value": hostile}]}, THING, SCHEMA)
    for locale in LOCALES:
        assert f"“{hostile}”" in sentence(condition, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_operators_and_periods_have_words_of_their_own(locale: str) -> None:
    for operator in OPERATORS.values():
        for words in (operator.words, *operator.special.values()):
            assert words.label[locale]
            assert words.phrase[locale]
    labels = [operator.words.label[locale] for operator in OPERATORS.values()]
    assert len(set(labels)) == len(labels)
    assert len({period.label[locale] for period in PERIODS.values()}) == len(PERIODS)
