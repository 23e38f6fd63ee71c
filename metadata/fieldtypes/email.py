"""An e-mail address."""

from __future__ import annotations

from typing import Any

from kernel.addresses import normal_address
from metadata.fieldtypes.base import BadValue
from metadata.fieldtypes.texts import TextLike
from metadata.schema import Field


class Email(TextLike):
    """An address that is well formed; whether it exists is not asked."""

    name = "email"
    label = {"en": "E-mail", "zh_CN": "电子邮件"}
    widget = "email"
    default_length = 254

    def read(self, field: Field, value: Any) -> str | None:
        """The address with its domain in lower case."""
        text = super().read(field, value)
        if text is None:
            return None
        try:
            return normal_address(text)
        except ValueError as error:
            raise BadValue(
                "not_an_email", "This is not an e-mail address (like name@example.com)."
            ) from error

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A string; no `format`, since addresses may be international."""
        return {"type": "string", "maxLength": self.default_length}
