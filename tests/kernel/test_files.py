"""Files: kept whole or not at all, under names that cannot lead anywhere."""

from __future__ import annotations

import errno
import io
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import files
from kernel.clock import FixedClock
from kernel.errors import NotFound, TooLarge, Unavailable
from kernel.files import safe_name
from kernel.scope import Scope
from kernel.web.downloads import download
from kernel.web.services import Services
from tests.twins import Twin

pytestmark = pytest.mark.usefixtures("in_app")


def _store(services: Services, tenant_id: int, content: bytes, name: str = "a.csv") -> int:
    with services.database.scope(tenant_id) as scope:
        return files.store(scope, io.BytesIO(content), name, "text/csv", "test").id


def _read(scope: Scope, file_id: int) -> bytes:
    with files.open_file(scope, file_id) as file:
        return file.read()


def _on_disk(services: Services) -> list[Path]:
    return [path for path in services.settings.files_dir.rglob("*") if path.is_file()]


def test_what_is_stored_is_read_again(services: Services, twin: Twin) -> None:
    file_id = _store(services, twin.ours.id, b"1,2\n", "合同.csv")
    with services.database.scope(twin.ours.id) as scope:
        assert _read(scope, file_id) == b"1,2\n"
        file = files.get_file(scope, file_id)
    assert (file.name, file.size) == ("合同.csv", 4)


def test_another_tenant_finds_nothing(services: Services, twin: Twin) -> None:
    file_id = _store(services, twin.ours.id, b"secret")
    with services.database.scope(twin.theirs.id) as scope:
        for find in (files.get_file, files.open_file, download):
            with pytest.raises(NotFound):
                find(scope, file_id)
        files.delete_file(scope, file_id)
    with services.database.scope(twin.ours.id) as scope:
        assert _read(scope, file_id) == b"secret"


def test_what_is_too_large_leaves_nothing(services: Services, twin: Twin) -> None:
    with pytest.raises(TooLarge), services.database.scope(twin.ours.id) as scope:
        files.store(scope, io.BytesIO(b"x" * 101), "a", "text/plain", "test", limit=100)
    assert _on_disk(services) == []


def test_a_full_disk_is_told_and_leaves_nothing(services: Services, twin: Twin) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(Unavailable), services.database.scope(twin.ours.id) as scope:
        files.store(scope, Full(), "a", "text/plain", "test")
    assert _on_disk(services) == []


def test_contents_go_with_their_row_and_only_after_the_commit(
    services: Services, twin: Twin
) -> None:
    file_id = _store(services, twin.ours.id, b"x")
    with suppress(ZeroDivisionError), services.database.scope(twin.ours.id) as scope:
        files.delete_file(scope, file_id)
        raise ZeroDivisionError
    assert len(_on_disk(services)) == 1
    with services.database.scope(twin.ours.id) as scope:
        files.delete_file(scope, file_id)
    assert _on_disk(services) == []


def test_contents_of_a_transaction_that_failed_are_purged_later(
    services: Services, twin: Twin, clock: FixedClock
) -> None:
    kept = _store(services, twin.ours.id, b"kept")
    with suppress(ZeroDivisionError), services.database.scope(twin.ours.id) as scope:
        files.store(scope, io.BytesIO(b"orphan"), "a", "text/plain", "test")
        raise ZeroDivisionError
    now = clock.now().timestamp()
    for path in _on_disk(services):
        os.utime(path, (now, now))
    with services.database.scope(twin.ours.id) as scope:
        assert files.purge_orphans(scope) == 0
        clock.advance(days=1, seconds=1)
        assert files.purge_orphans(scope, timedelta(days=1)) == 1
        assert _read(scope, kept) == b"kept"


def test_a_download_is_never_a_page(services: Services, twin: Twin) -> None:
    file_id = _store(services, twin.ours.id, b"<script>", 'x".html')
    with services.database.scope(twin.ours.id) as scope:
        from flask import current_app

        with current_app.test_request_context():
            answer = download(scope, file_id)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer.close()


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\a.csv", "C__temp_a.csv"),
        ("a\r\nb.csv", "a__b.csv"),
        ("\u202egnp.exe", "_gnp.exe"),
        ("...", "file"),
        ("", "file"),
        ("报表.xlsx", "报表.xlsx"),
    ],
)
def test_names_lead_nowhere(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=400))
def test_any_name_becomes_a_sound_one(name: str) -> None:
    kept = safe_name(name)
    assert kept
    assert len(kept.encode()) <= 255
    assert not set(kept) & set('/\\:*?"<>|\x00\n')
    assert kept not in (".", "..")
