"""Settings: read once, refused when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel.settings import Settings, SettingsError


def _read(home: Path, **environ: str) -> Settings:
    return Settings.from_env({"BANYAN_HOME": str(home), **environ})


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    first = _read(tmp_path)
    assert len(first.secret_key) == 64
    assert _read(tmp_path).secret_key == first.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert _read(tmp_path, BANYAN_SECRET_KEY="given").secret_key == "given"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "eighty"), ("BANYAN_MAX_UPLOAD", "-1"), ("BANYAN_PROXIES", "99")],
)
def test_a_value_that_cannot_be_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        _read(tmp_path, **{name: value})


def test_addresses_in_mails_are_those_that_people_reach(tmp_path: Path) -> None:
    assert _read(tmp_path, PORT="8123").address_of("a.localhost") == "http://a.localhost:8123"
    production = _read(tmp_path, BANYAN_ENV="production", BANYAN_DOMAIN="CRM.example")
    assert production.base_domain == "crm.example"
    assert production.address_of("a.crm.example") == "https://a.crm.example"
