"""Filling the forms of the set-up pages, as a browser would."""

from __future__ import annotations

from typing import Any

from tests.runtime.workspace.pages import fetch, form_on, send
from tests.twins import TenantClient

PUBLISH = {"then": "publish"}


def save(
    client: TenantClient,
    path: str,
    changes: dict[str, Any] | None = None,
    *,
    at: str = "",
    status: int = 303,
) -> Any:
    """Send the form at `path` (which goes to `at` or there) with some changes."""
    target = at or path.split("?")[0]
    fields = form_on(fetch(client, path), target)
    answer = send(client, target, fields | (changes or {}))
    assert answer.status_code == status, answer.text
    return answer


def read(client: TenantClient, path: str) -> Any:
    """The JSON of an API address."""
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json
