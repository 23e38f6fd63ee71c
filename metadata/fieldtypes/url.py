"""A web address."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from metadata.fieldtypes.base import BadValue
from metadata.fieldtypes.texts import TextLike
from metadata.schema import Field

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:/|$))", re.IGNORECASE)
_BARE = re.compile(r"[^\s/?#:@]+\.[^\s/?#:@]{2,}(?::\d+)?(?:[/?#]\S*)?")


class Url(TextLike):
    """A link that is safe to show: http, https, mailto or tel, never a script."""

    name = "url"
    label = {"en": "Web address", "zh_CN": "网址"}
    widget = "url"
    default_length = 2000

    def read(self, field: Field, value: Any) -> str | None:
        """The address; `www.example.com` gets `https://`."""
        text = super().read(field, value)
        if text is None:
            return None
        if not _SCHEME.match(text) and _BARE.fullmatch(text):
            text = "https://" + text
        if not _is_safe(text) or len(text) > self.default_length:
            raise BadValue("not_a_url", "This is not a web address (like https://www.example.com).")
        return text


def _is_safe(text: str) -> bool:
    if re.search(r"[\s<>\"\\^`{|}]", text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname) and port != 0
    return parts.scheme in ("mailto", "tel") and bool(parts.path) and not parts.netloc
