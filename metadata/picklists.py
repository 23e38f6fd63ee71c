"""The numbers under which slots keep the values of picklists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Value = Mapping[str, Any]


def numbered(values: Iterable[Value], published: Iterable[Value]) -> list[dict[str, Any]]:
    """The values with their numbers: a code keeps the number that it was published with.

    Published values that are missing stay, retired and at the end, since records may hold them.
    """
    before = {value["code"]: value for value in published}
    known = {code: value["number"] for code, value in before.items()}
    used = set(known.values())
    result = []
    for value in values:
        number = known.get(value["code"]) or value.get("number")
        if value["code"] not in known and (number is None or number in used):
            number = max(used, default=0) + 1
        used.add(number)
        result.append({**value, "number": number})
    present = {value["code"] for value in result}
    kept = [{**v, "retired": True} for code, v in before.items() if code not in present]
    return result + kept
