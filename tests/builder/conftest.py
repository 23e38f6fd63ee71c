"""Our tenant with the sample's objects, and clients of its people."""

from __future__ import annotations

from tests.runtime.workspace.conftest import admin, other, side, user

__all__ = ["admin", "other", "side", "user"]
