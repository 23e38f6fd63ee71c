"""Packages come from outside: what is read of a folder or a zip, and what is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from seeds import archive
from seeds.archive import BadPackage, read_files, read_zip, write_zip


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return buffer.getvalue()


def fault_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(BadPackage) as caught:
        call()
    (error,) = caught.value.errors
    return error.field, error.code


def test_folder_and_zip_give_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "template.json").write_bytes(b"{}")
    (tmp_path / "objects" / "a.json").write_bytes("{“中”}".encode())
    files = read_files(tmp_path)
    assert files == {"template.json": b"{}", "objects/a.json": "{“中”}".encode()}
    assert read_zip(write_zip(files)) == files


def test_a_zip_has_the_same_bytes_each_time() -> None:
    files = {"b.json": b"2", "a.json": b"1"}
    assert write_zip(files) == write_zip(dict(sorted(files.items())))


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "objects/../../evil.json",
        "/etc/evil.json",
        "objects\\evil.json",
        "C:evil.json",
        "objects//evil.json",
        "./evil.json",
        "new\nline.json",
        "x" * 201,
    ],
)
def test_names_that_lead_astray_are_refused(name: str) -> None:
    assert fault_of(lambda: read_zip(zip_of((name, b"{}"))))[1] == "bad_name"


def test_links_are_refused_in_zips() -> None:
    link = zipfile.ZipInfo("template.json")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert fault_of(lambda: read_zip(zip_of((link, b"/etc/passwd")))) == (
        "template.json",
        "not_a_file",
    )


@pytest.mark.parametrize("target", ["file", "folder"])
def test_links_are_refused_in_folders(tmp_path: Path, target: str) -> None:
    outside, package = tmp_path / "outside", tmp_path / "package"
    package.mkdir()
    if target == "file":
        outside.write_text("{}")
    else:
        outside.mkdir()
    (package / "objects").symlink_to(outside)
    assert fault_of(lambda: read_files(package)) == ("objects", "not_a_file")


def test_a_zip_bomb_is_read_no_further_than_the_limit() -> None:
    bomb = zip_of(("template.json", b" " * (archive.MAX_FILE_BYTES * 4)))
    assert len(bomb) < 100_000
    assert fault_of(lambda: read_zip(bomb)) == ("template.json", "too_large")


def test_the_sum_of_all_files_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1_000_000)
    bomb = zip_of(*((f"data/{n}.json", b" " * 300_000) for n in range(4)))
    assert fault_of(lambda: read_zip(bomb)) == ("data/3.json", "too_large")


def test_the_number_of_files_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    many = zip_of(*((f"data/{n}.json", b"{}") for n in range(4)))
    assert fault_of(lambda: read_zip(many))[1] == "too_many"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_may_occur_once() -> None:
    twice = zip_of(("template.json", b"{}"), ("template.json", b"[]"))
    assert fault_of(lambda: read_zip(twice)) == ("template.json", "duplicate")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\x00" * 100, b"{}"])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    assert fault_of(lambda: read_zip(content, "a.zip")) == ("a.zip", "not_a_zip")


def test_a_damaged_entry_is_refused() -> None:
    content = bytearray(zip_of(("template.json", bytes(range(256)) * 40)))
    content[60:90] = b"\xff" * 30
    assert fault_of(lambda: read_zip(bytes(content), "a.zip"))[1] == "not_a_zip"


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    assert fault_of(lambda: read_files(tmp_path / "none.zip")) == ("none.zip", "missing")
