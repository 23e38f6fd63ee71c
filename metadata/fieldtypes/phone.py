"""A telephone number."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from sqlalchemy import ColumnElement, Text, func

from metadata.fieldtypes.base import BadValue
from metadata.fieldtypes.texts import TextLike
from metadata.schema import Field

_ALLOWED = re.compile(r"[0-9０-９+＋()（）\[\]\s./,;*#xX~–—-]+|(?:ext|转|分机)", re.IGNORECASE)
_NOT_COMPARED = "[^0-9+]"


class Phone(TextLike):
    """A number in the international spelling, when it is one of its region or begins with `+`.

    Others (short numbers, extensions of a switchboard) stay as they were typed. Numbers are
    compared by their digits alone.
    """

    name = "phone"
    label = {"en": "Phone", "zh_CN": "电话"}
    options_schema = {
        "region": {
            "type": "string",
            "pattern": "^[A-Z]{2}$",
            "x-label": {"en": "Region of national numbers", "zh_CN": "默认国家/地区"},
        }
    }
    widget = "phone"
    default_length = 64

    def check_options(self, options: Any) -> None:
        """The region is one that has telephones."""
        region = options.get("region")
        if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
            raise BadValue("unknown_region", "The region %(region)s is not known.", region=region)

    def read(self, field: Field, value: Any) -> str | None:
        """The number, spelt internationally where it can be."""
        text = super().read(field, value)
        if text is None:
            return None
        if _ALLOWED.sub("", text) or not re.search(r"\d", text):
            raise BadValue("not_a_phone", "This is not a telephone number.")
        try:
            number = phonenumbers.parse(text, field.options.get("region"))
        except phonenumbers.NumberParseException:
            return text
        if not phonenumbers.is_valid_number(number):
            return text
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def slot_value(self, field: Field, value: str) -> str:
        """The digits."""
        return str(self.comparable(field, value))[:64]

    def companion(self, field: Field, value: str) -> str | None:
        """Always the digits, which is what numbers are sorted by."""
        return self.slot_value(field, value)

    def comparable(self, field: Field, value: str) -> str:
        """Digits and plus signs only."""
        return re.sub(_NOT_COMPARED, "", value)

    def expression(self, field: Field, stored_text: ColumnElement[str]) -> ColumnElement[Any]:
        """Digits and plus signs only."""
        return func.regexp_replace(stored_text, _NOT_COMPARED, "", "g", type_=Text())
