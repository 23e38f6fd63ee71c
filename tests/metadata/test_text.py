"""Sort keys and search tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.text import search_tokens, sort_key


def test_chinese_is_ordered_by_pinyin_among_the_other_words() -> None:
    names = ["张三", "Zeta", "北京", "apple", "重庆", "Émile", "Banyan", "上海", "Öl"]
    assert sorted(names, key=sort_key) == [
        "apple",
        "Banyan",
        "北京",
        "重庆",
        "Émile",
        "Öl",
        "上海",
        "Zeta",
        "张三",
    ]


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_ascii_is_lowered_and_cut_as_the_database_does(text: str) -> None:
    assert sort_key(text) == text.lower()[:64]


@given(st.text(max_size=300))
def test_keys_are_short(text: str) -> None:
    assert len(sort_key(text)) <= 64


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Acme Corp-100", {"acme", "corp", "100"}),
        ("华为", {"华", "为", "华为", "huawei", "hw"}),
        ("华为技术", {"技术", "jishu", "js", "huaweijishu", "hwjs", "为技"}),
        ("a_b@Example.com", {"a", "b", "example", "com"}),
        ("ＡＢＣ公司", {"abc", "公司", "gongsi", "gs"}),
        ("ÜBER", {"über"}),
    ],
)
def test_tokens(text: str, tokens: set[str]) -> None:
    found = search_tokens(text)
    assert tokens <= set(found)
    assert len(found) == len(set(found))


def test_long_runs_have_no_pinyin() -> None:
    sentence = "这是一段很长的说明文字没有人会用拼音首字母去查找"
    assert all(not token.isascii() for token in search_tokens(sentence))
    assert all(not t.isascii() for t in search_tokens("华为", with_pinyin=False))


@given(st.text(max_size=200))
def test_tokens_have_no_blanks_and_are_not_long(text: str) -> None:
    assert all(token and len(token) <= 64 and not token.isspace() for token in search_tokens(text))
