"""An amount of money."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

from metadata.fieldtypes.numbers import SCALE_OPTIONS, NumberLike
from metadata.schema import Field


class Currency(NumberLike):
    """An exact amount; the currency is the field's, or the tenant's."""

    name = "currency"
    label = {"en": "Currency", "zh_CN": "金额"}
    options_schema = {
        **SCALE_OPTIONS,
        "currency": {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "x-label": {"en": "Currency", "zh_CN": "币种"},
        },
    }
    widget = "currency"
    default_scale = 2
    fixed_scale = True

    def format(self, field: Field, value: Decimal, locale: str, zone: str) -> str:
        """With separators, all decimals and the sign of the currency, when there is one."""
        currency = field.options.get("currency")
        if currency is None:
            return super().format(field, value, locale, zone)
        decimals = "." + "0" * self.scale(field) if self.scale(field) else ""
        pattern = f"¤#,##0{decimals};-¤#,##0{decimals}"
        return format_currency(
            value, currency, format=pattern, locale=locale, currency_digits=False
        )
