"""A field of each type, and values that it takes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from metadata.fieldtypes import TYPES
from metadata.schema import Field, Picklist, PicklistValue

_CHOICES = (
    PicklistValue("new", 1, {"en": "New", "zh_CN": "新建"}),
    PicklistValue("done", 2, {"en": "Done", "zh_CN": "完成"}),
    PicklistValue("a b", 3, {"en": "Both", "zh_CN": "两者"}),
    PicklistValue("old", 4, {"en": "Old", "zh_CN": "旧"}, retired=True),
)
PICKLIST = Picklist(
    id="P",
    api="state",
    label={"en": "State"},
    values=_CHOICES,
    by_code={v.code: v for v in _CHOICES},
    by_number={v.number: v for v in _CHOICES},
)


def field(type_name: str, **options: Any) -> Field:
    """A field of a type, with options; `required` is set on the field itself."""
    required = options.pop("required", False)
    field_type = TYPES[type_name]
    return Field(
        id="F",
        api="f",
        number=7,
        key="7",
        object="thing",
        label={"en": "F"},
        type=field_type,
        options=options,
        required=required,
        picklist=PICKLIST if "picklist" in type_name else None,
    )


_line = (
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=60
    )
    .map(str.strip)
    .filter(bool)
)
_moment = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def _decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(-(10**15), 10**15, places=places, allow_nan=False, allow_infinity=False)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": _line,
    "long_text": _line,
    "integer": st.integers(-(10**15) + 1, 10**15 - 1),
    "number": _decimals(4),
    "currency": _decimals(2),
    "percent": _decimals(2),
    "date": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "datetime": _moment,
    "checkbox": st.booleans(),
    "picklist": st.sampled_from(["new", "done", "a b"]),
    "multi_picklist": st.sampled_from([("new",), ("done",), ("new", "done"), ("done", "a b")]),
    "email": st.sampled_from(["a@example.com", "Zhang.San@example.cn", "张三@例子.中国"]),
    "phone": st.sampled_from(["+86 138 0013 8000", "10086", "8888 转 12", "+1 415-555-2671"]),
    "url": st.sampled_from(["https://www.example.com/a?b=1", "mailto:a@example.com"]),
    "autonumber": st.sampled_from(["HT-2026-0001", "7"]),
    "lookup": st.integers(1, 2**63 - 1),
    "master_detail": st.integers(1, 2**63 - 1),
    "user": st.integers(1, 2**63 - 1),
}
