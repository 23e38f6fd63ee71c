"""Fixtures of the tests about people."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tenants import passwords


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose; here it happens hundreds of times."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 1024, 1))
