"""Where the embedded servers of a home answer, kept between starts and for other terminals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE_NAME = "servers.json"


def read_addresses(home: Path) -> dict[str, Any]:
    """Port, password and URL of each server by its name; empty before the first start."""
    try:
        content = json.loads((home / FILE_NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def kept_url(home: Path, name: str) -> str:
    """URL at which a server of the home answers while it runs; "" if it never ran."""
    return str(read_addresses(home).get(name, {}).get("url", ""))
