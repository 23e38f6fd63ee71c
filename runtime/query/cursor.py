"""Cursors of keyset pages: where a page ended, as opaque text.

A cursor holds the sort values and the id of the last row, and a digest of the query it belongs
to. It carries no SQL and no right: a forged one can only start the page elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from kernel.errors import Malformed
from kernel.i18n import lazy


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of a page: its sort values, in the order of the keys, and its id."""

    values: tuple[Any, ...]
    id: int


def digest(*parts: str) -> str:
    """A short fingerprint of what a cursor belongs to."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def encode(position: Position, fingerprint: str) -> str:
    """The text of a position."""
    packed = orjson.dumps([fingerprint, position.id, *map(_pack, position.values)])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str, fingerprint: str, kinds: Sequence[str]) -> Position:
    """The position in a text; raises `Malformed` when it is not one of this query.

    `kinds` has, for each sort key, the letters that `encode` may have given its value: whatever
    else stands there would make the statement fail.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = orjson.loads(raw)
        found, row_id, *values = content
        unpacked = [_unpack(v, kind) for v, kind in zip(values, kinds, strict=True)]
        position = Position(tuple(unpacked), row_id)
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise _refused() from error
    valid_id = isinstance(row_id, int) and 0 <= row_id < 2**63
    if found != fingerprint or not valid_id:
        raise _refused()
    return position


def _refused() -> Malformed:
    return Malformed(lazy("The cursor does not belong to this query."))


def _pack(value: Any) -> Sequence[str] | None:
    match value:
        case None:
            return None
        case int():
            return ("i", str(int(value)))
        case Decimal():
            return ("n", str(value))
        case datetime():
            return ("t", value.isoformat())
        case date():
            return ("d", value.isoformat())
        case str():
            return ("s", value)
    raise TypeError(f"no sort value: {type(value).__name__}")


def _unpack(packed: Any, kinds: str) -> Any:
    if packed is None:
        return None
    kind, text = packed
    if kind not in kinds or not isinstance(text, str) or "\0" in text:
        raise ValueError(kind)
    match kind:
        case "i":
            number = int(text)
            if not -(2**63) <= number < 2**63:
                raise ValueError(kind)
            return number
        case "n":
            decimal = Decimal(text)
            if not decimal.is_finite() or len(text) > 100 or abs(decimal.adjusted()) > 100:
                raise ValueError(kind)
            return decimal
        case "t":
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        case "d":
            return date.fromisoformat(text)
        case "s":
            return text
    raise ValueError(kind)
