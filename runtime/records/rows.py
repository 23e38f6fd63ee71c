"""From values to rows: the JSON, the slots, the display name, the search text."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2s
from typing import Any

from metadata.schema import Field, Object
from metadata.text import search_tokens
from runtime.records.shape import instant

NAME_LENGTH = 255
TEXT_SLOT_LENGTH = 64
SEARCH_LENGTH = 4000
_SEARCHED = frozenset({"text", "email", "phone", "url", "autonumber", "long_text"})
_WITH_PINYIN = frozenset({"text"})


def put(data: dict[str, Any], field: Field, value: Any) -> None:
    """Write a value (None: empty it) into a record's JSON."""
    key = field.key
    data.pop(key + "~", None)
    if value is None or value == ():
        data.pop(key, None)
        return
    data[key] = str(value) if field.to is not None else field.type.store(field, value)
    companion = field.type.companion(field, value)
    if companion is not None:
        data[key + "~"] = companion


def take(data: Mapping[str, Any], field: Field) -> Any:
    """The value of a field in a record's JSON; None when empty."""
    stored = data.get(field.key)
    if stored is None:
        return None
    return int(stored) if field.to is not None else field.type.load(field, stored)


def slot_of(field: Field, value: Any) -> Any:
    """The slot form as JSON for the writing statement; None leaves the slot empty."""
    if value is None:
        return None
    if field.picklist is not None:
        return field.picklist.by_code[value].number
    slot = value if field.to is not None else field.type.slot_value(field, value)
    match slot:
        case Decimal():
            return f"{slot:f}"
        case datetime():
            return instant(slot)
        case date():
            return slot.isoformat() + "T00:00:00Z"
        case bool():
            return int(slot)
        case str():
            return slot[:TEXT_SLOT_LENGTH]
    return slot


def display_name(object_: Object, data: Mapping[str, Any]) -> str | None:
    """The text by which people know the record."""
    stored = data.get(object_.name_field.key)
    return None if stored is None else str(stored)[:NAME_LENGTH]


def is_searched(field: Field) -> bool:
    """Whether the field's text can be found by searching."""
    return field.column is None and field.type.name in _SEARCHED


def search_row(tenant_id: int, object_: Object, data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text that a search is checked against, and the tokens that find it."""
    texts: list[str] = []
    tokens: dict[str, None] = {}
    for field in object_.data_fields():
        if field.type.name not in _SEARCHED:
            continue
        stored = data.get(field.key)
        if stored:
            texts.append(stored)
            pinyin = field.type.name in _WITH_PINYIN
            tokens.update(dict.fromkeys(search_tokens(stored[:SEARCH_LENGTH], with_pinyin=pinyin)))
    prefix = token_prefix(tenant_id, object_.number)
    return "\n".join(texts)[:SEARCH_LENGTH].lower(), [prefix + token for token in tokens]


@lru_cache(maxsize=10_000)
def token_prefix(tenant_id: int, object_number: int) -> str:
    """Tokens begin with four characters for tenant and object: so one GIN index has posting lists
    of their own for each. Two may share the four by chance; a search compares both anyway. (With
    the whole numbers the search rows were a third larger.)"""
    digest = blake2s(b"%d.%d" % (tenant_id, object_number), digest_size=3).digest()
    return urlsafe_b64encode(digest).decode()
