"""The forms of a value agree: what goes in comes out, whatever the type."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from kernel.i18n import Text
from metadata.fieldtypes import TYPES, BadValue, ErrorText
from metadata.fieldtypes.base import WireField
from metadata.kinds import KINDS, kind_schema
from metadata.operators import OPERATORS
from tests.metadata.fieldtypes.samples import VALUES, field

LOCALES = ("en", "zh_CN")
EVERY_TYPE = sorted(TYPES)


def test_every_type_has_samples() -> None:
    assert set(VALUES) == set(TYPES)


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_what_is_stored_is_loaded_again(name: str) -> None:
    kept, field_type = field(name), TYPES[name]

    @given(VALUES[name])
    def check(value: Any) -> None:
        stored = orjson.loads(orjson.dumps(field_type.store(kept, value)))
        assert isinstance(stored, str) is field_type.stored_as_text
        assert field_type.load(kept, stored) == value
        assert field_type.wire_field(kept).deserialize(stored) == value

    check()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVERY_TYPE)
def test_what_people_read_they_may_also_write(name: str, locale: str) -> None:
    kept, field_type = field(name), TYPES[name]

    @given(VALUES[name])
    def check(value: Any) -> None:
        if isinstance(value, datetime):
            value = value.replace(second=0, microsecond=0)  # shown to the minute
        text = field_type.format(kept, value, locale, "UTC")
        assert text
        if isinstance(value, date) and value.year < 1000:
            return  # years below 1000 are shown without zeros in front; nobody types them
        assert field_type.parse_text(kept, text, locale, "UTC") == value

    check()


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_slot_and_comparable_are_made_of_every_value(name: str) -> None:
    kept, field_type = field(name), TYPES[name]
    wanted: dict[str, Any] = {"n": (int, Decimal), "d": datetime, "r": int, "p": int, "t": str}

    @given(VALUES[name])
    def check(value: Any) -> None:
        assert field_type.comparable(kept, value) is not None
        if field_type.slot_kind is not None:
            slot = field_type.slot_value(kept, value)
            assert isinstance(slot, wanted[field_type.slot_kind])
            assert len(str(slot)) <= 64

    check()


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_a_type_is_complete(name: str) -> None:
    field_type = TYPES[name]
    assert field_type.name == name
    assert set(field_type.label) == set(LOCALES)
    assert set(field_type.operators) <= set(OPERATORS)
    assert field_type.widget
    assert isinstance(field_type.json_schema(field(name)), dict)
    for option, schema in field_type.options_schema.items():
        assert set(schema["x-label"]) == set(LOCALES), option


@pytest.mark.parametrize("name", EVERY_TYPE)
@given(
    anything=st.none() | st.text() | st.integers() | st.floats() | st.lists(st.text()) | st.just({})
)
def test_any_input_is_taken_or_refused_with_a_message(name: str, anything: Any) -> None:
    kept = field(name)
    value, messages = None, []
    try:
        value = kept.type.wire_field(kept).deserialize(anything)
    except ValidationError as error:
        messages = list(error.messages)
        assert messages
    for message in messages:
        assert isinstance(message, ErrorText)
        assert str(message)
    if value is not None:
        orjson.dumps(kept.type.store(kept, value))


@pytest.mark.parametrize("name", EVERY_TYPE)
@given(text=st.text(min_size=1, max_size=40))
def test_any_text_is_taken_or_refused_with_a_message(name: str, text: str) -> None:
    kept = field(name)
    message: Text = "taken"
    try:
        kept.type.parse_text(kept, text, "zh_CN", "Asia/Shanghai")
    except BadValue as error:
        message = error.text
    assert str(message)


def test_required_fields_refuse_blanks() -> None:
    for name, blank in (("text", "  "), ("text", None), ("multi_picklist", []), ("lookup", "")):
        wire = WireField(field(name, required=True))
        with pytest.raises(ValidationError) as caught:
            wire.deserialize(blank)
        [message] = list(caught.value.messages)
        assert isinstance(message, ErrorText)
        assert message.code == "required"
        assert WireField(field(name)).deserialize(blank) is None


def test_a_required_field_with_a_default_may_be_left_out() -> None:
    plain = field("text", required=True)
    assert WireField(plain).required
    assert not WireField(dataclasses.replace(plain, default="x")).required


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_kind_has_a_title_in_both_languages(kind: str) -> None:
    for key, schema in kind_schema(kind)["properties"].items():
        if key not in ("kind", "id"):
            assert set(schema["x-label"]) == set(LOCALES), key


def test_patterns_know_no_other_digits() -> None:
    """`\\d` of Python matches all scripts; what is stored must be ASCII."""
    wire = WireField(field("date"))
    with pytest.raises(Exception, match=re.escape("2026-05-31")):
        wire.deserialize("２０２６-05-31")
