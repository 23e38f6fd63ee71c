"""What the number types share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, NoReturn

from sqlalchemy import ColumnElement, Numeric

from kernel.i18n import format_decimal
from metadata.fieldtypes.base import BadValue, FieldType
from metadata.schema import Field

DIGITS = 38
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_CURRENCY_SIGN = re.compile(r"^([+-]?)\s*(?:[A-Z]{3}|(?:US|HK|CN)?[$¥€£])\s*|\s*(?:[A-Z]{3}|元)$")


class NumberLike(FieldType):
    """Base of the types whose value is a `Decimal`; the number of digits is never lost."""

    slot_kind = "n"
    operators = (
        *("=", "!=", "<", "<=", ">", ">=", "in", "not_in"),
        *("between", "is_empty", "is_not_empty"),
    )
    measures: ClassVar[tuple[str, ...]] = ("sum", "avg", "min", "max")
    can_be_unique = True
    widget = "number"
    default_scale: ClassVar[int] = 0
    fixed_scale: ClassVar[bool] = False
    """Whether the stored form always shows all decimals (12.50)."""

    def scale(self, field: Field) -> int:
        """How many decimals the field keeps."""
        return int(field.options.get("scale", self.default_scale))

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Digits fit, and the smallest is not above the largest."""
        scale = options.get("scale", self.default_scale)
        if scale > options.get("precision", DIGITS):
            raise BadValue("bad_scale", "There are more decimals than digits.")
        low, high = (_bound(options, name) for name in ("min", "max"))
        if low is not None and high is not None and low > high:
            raise BadValue("bad_range", "The smallest value is above the largest.")

    def read(self, field: Field, value: Any) -> Any:
        """A number or a text that spells one plainly (no separators)."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
            raise BadValue("not_a_number", "This must be a number.")
        if isinstance(value, str):
            value = value.strip()
            if not value:
                return None
            if not _PLAIN.fullmatch(value):
                raise BadValue("not_a_number", "This must be a number.")
        elif isinstance(value, int) and abs(value) >= 10**DIGITS:
            self.refuse_digits(DIGITS)
        return self.fit(field, Decimal(str(value)))

    def fit(self, field: Field, number: Decimal) -> Any:
        """The number in the field's scale, or `BadValue` when it does not fit."""
        if not number.is_finite():
            raise BadValue("not_a_number", "This must be a number.")
        scale = self.scale(field)
        precision = int(field.options.get("precision", DIGITS))
        if number and number.adjusted() >= precision - scale:
            self.refuse_digits(precision - scale)
        exact = _rescaled(number, scale)
        if exact is None:
            if scale == 0:
                raise BadValue("too_many_decimals", "This must be a whole number.")
            raise BadValue("too_many_decimals", "At most %(scale)s decimals.", scale=scale)
        self._check_range(field, exact)
        return exact if self.fixed_scale else _trimmed(exact)

    def refuse_digits(self, limit: int) -> NoReturn:
        """Say that the number is too long."""
        raise BadValue("too_many_digits", "At most %(limit)s digits before the point.", limit=limit)

    def _check_range(self, field: Field, number: Decimal) -> None:
        low, high = (_bound(field.options, name) for name in ("min", "max"))
        if low is not None and number < low:
            raise BadValue("too_small", "The smallest value is %(limit)s.", limit=low)
        if high is not None and number > high:
            raise BadValue("too_large", "The largest value is %(limit)s.", limit=high)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Sent back as a string, so that no reader makes a float of it."""
        return {
            "type": ["string", "number"],
            "description": f"A decimal number with at most {self.scale(field)} decimals.",
        }

    def store(self, field: Field, value: Any) -> Any:
        """The digits, without exponent."""
        return f"{value:f}"

    def load(self, field: Field, stored: Any) -> Any:
        """The exact number."""
        return Decimal(stored)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """The number."""
        return stored_text.cast(Numeric)

    def parse_text(self, field: Field, text: str, locale: str, zone: str = "UTC") -> Any:
        """As people write it: 1,234.50, ￥1,234.50, (12), １２."""
        return self.fit(field, self.spelled(text))

    def spelled(self, text: str) -> Decimal:
        """The number that a person wrote, of whatever size."""
        plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
        plain = plain.replace("\u00a0", " ").replace("，", ",")
        if plain.startswith("(") and plain.endswith(")"):
            plain = "-" + plain[1:-1].strip()
        plain = _CURRENCY_SIGN.sub(lambda m: m[1] or "", plain)
        if _GROUPED.fullmatch(plain):
            plain = plain.replace(",", "")
        if not _PLAIN.fullmatch(plain):
            raise BadValue("not_a_number", "%(text)s is not a number.", text=text.strip()[:80])
        return Decimal(plain)

    def format(self, field: Field, value: Any, locale: str, zone: str) -> str:
        """With separators; as many decimals as there are."""
        exponent = Decimal(value).as_tuple().exponent
        assert isinstance(exponent, int)
        return format_decimal(value, scale=max(0, -exponent), locale=locale)


def _rescaled(number: Decimal, scale: int) -> Decimal | None:
    """The same number with exactly `scale` decimals; None when it needs more."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    excess = -exponent - scale
    if excess > 0:
        if any(digits[-excess:]):
            return None
        digits = digits[:-excess] if excess < len(digits) else (0,)
    elif number:
        digits += (0,) * -excess
    if not any(digits):
        return Decimal((0, (0,), -scale))
    return Decimal((sign, digits, -scale))


def _trimmed(number: Decimal) -> Decimal:
    """Without zeros at the end of the decimals."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    while exponent < 0 and digits[-1] == 0 and len(digits) > 1:
        digits, exponent = digits[:-1], exponent + 1
    return Decimal((sign, digits, exponent)) if any(digits) else Decimal(0)


def _bound(options: Mapping[str, Any], name: str) -> Decimal | None:
    value = options.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise BadValue("bad_range", "%(name)s must be a number.", name=name) from error


_BOUND = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d{1,38}(\.\d{1,38})?$"}]
}
RANGE_OPTIONS: Mapping[str, Any] = {
    "min": {**_BOUND, "x-label": {"en": "Smallest value", "zh_CN": "最小值"}},
    "max": {**_BOUND, "x-label": {"en": "Largest value", "zh_CN": "最大值"}},
}
SCALE_OPTIONS: Mapping[str, Any] = {
    "scale": {
        "type": "integer",
        "minimum": 0,
        "maximum": 18,
        "x-label": {"en": "Decimals", "zh_CN": "小数位数"},
    },
    "precision": {
        "type": "integer",
        "minimum": 1,
        "maximum": DIGITS,
        "x-label": {"en": "Digits in all", "zh_CN": "总位数"},
    },
    **RANGE_OPTIONS,
}
