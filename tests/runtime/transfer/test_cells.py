"""Formulas are made harmless, and the same text comes back."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.transfer.cells import TypedText, cell_text, neutralise, restore


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+86 10 6552 9988", "'+86 10 6552 9988"),
        ("-5 degrees", "'-5 degrees"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("plain", "plain"),
        ("it's", "it's"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_risky_text_gets_an_apostrophe(text: str, cell: str) -> None:
    assert neutralise(text) == cell
    assert restore(cell) == text


@given(st.text(alphabet="'=+-@\t\r\nax＝", max_size=8))
def test_every_text_comes_back(text: str) -> None:
    cell = neutralise(text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n") or cell == ""
    assert restore(cell) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        (True, "General", "true"),
        (550, "General", "550"),
        (1100.04, "General", "1100.04"),
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "General", "100000000000000000000"),
        (0.125, "0.0%", "12.5%"),
        (datetime.fromisoformat("2017-03-01"), "yyyy-mm-dd", "2017-03-01"),
        (datetime.fromisoformat("2017-03-01T08:30"), "yyyy-mm-dd", "2017-03-01 08:30:00"),
        (date(2017, 3, 1), "yyyy-mm-dd", "2017-03-01"),
        (time(8, 30), "hh:mm", "08:30:00"),
        (Decimal("1.5"), "General", "1.5"),
    ],
)
def test_workbook_values_become_text(value: object, number_format: str, text: str) -> None:
    assert cell_text(value, number_format) == text


def test_typed_cells_are_told_from_text() -> None:
    assert isinstance(cell_text(1.5), TypedText)
    assert not isinstance(cell_text("1.5"), TypedText)
