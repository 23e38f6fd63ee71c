"""API names, made from what people call things."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from metadata.kinds import check
from metadata.text import sort_key

MAX_NAME = 40


def make_name(label: Mapping[str, str], taken: Container[str], fallback: str) -> str:
    """A free api name for a label: "Closing date" is closing_date, "备注" is bei_zhu.

    `fallback` is the beginning for labels without any letter, and for names that are reserved.
    """
    text = label.get("en") or label.get("zh_CN") or ""
    base = re.sub(r"[^a-z0-9]+", "_", sort_key(text)).strip("_")[:MAX_NAME].strip("_")
    if not base or base[0].isdigit() or _is_reserved(base):
        base = f"{fallback}_{base or 1}"
    name, n = base, 1
    while name in taken:
        n += 1
        name = f"{base}_{n}"
    return name


def make_code(label: Mapping[str, str], taken: Container[str]) -> str:
    """A free code for the value of a picklist."""
    return make_name(label, taken, "value")


def _is_reserved(name: str) -> bool:
    body = {"kind": "object", "api": name, "label": {"en": "x"}, "name_field": "x"}
    return bool(check("object", body))
