"""Reads the files of a template package from a folder or a zip, and trusts neither."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kernel.errors import FieldError, Invalid
from kernel.i18n import Text, lazy

MAX_FILES = 3000
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_NAME = 200
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class BadPackage(Invalid):
    """A template package that cannot be used; `errors` names file, path and reason of each."""

    code = "bad_package"
    title = lazy("The template package is not valid.")


def fault(where: str, code: str, message: Text) -> FieldError:
    """One fault. `where` is `file` or `file#/path/in/the/document`."""
    return FieldError(field=where, code=code, message=message)


def read_files(source: Path) -> dict[str, bytes]:
    """The files of a package by their name inside it, such as `objects/account.json`.

    Raises `BadPackage` when the source is neither folder nor zip, is too large, or holds links,
    names that lead out of it, or anything else that is not a plain file.
    """
    if source.is_dir():
        return _collect(_folder_files(source))
    if source.is_file():
        return read_zip(source.read_bytes() if _fits(source) else b"", source.name)
    raise _refused(source.name, "missing", lazy("There is no such folder or zip file."))


def read_zip(content: bytes, name: str = "package.zip") -> dict[str, bytes]:
    """The files of a zipped package, as `read_files` gives them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _collect(_zip_files(archive))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        message = lazy("This is not a readable zip file.")
        raise _refused(name, "not_a_zip", message) from error


def write_zip(files: dict[str, bytes]) -> bytes:
    """A zip of the files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _fits(source: Path) -> bool:
    if source.stat().st_size <= MAX_TOTAL_BYTES:
        return True
    raise _too_large(source.name, MAX_TOTAL_BYTES)


def _collect(found: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for name, content in found:
        if name in files:
            raise _refused(name, "duplicate", lazy("This file occurs twice."))
        total += len(content)
        if total > MAX_TOTAL_BYTES:
            raise _too_large(name, MAX_TOTAL_BYTES)
        files[name] = content
        if len(files) > MAX_FILES:
            raise _refused(name, "too_many", lazy("More than %(n)s files.", n=MAX_FILES))
    return files


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if (Path(parent) / f).is_symlink())]):
            path = Path(parent) / name
            inside = _checked_name(path.relative_to(folder).as_posix())
            if not stat.S_ISREG(path.lstat().st_mode):
                raise _not_plain(inside)
            with path.open("rb") as file:
                yield inside, _read(file.read(MAX_FILE_BYTES + 1), inside)


def _zip_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = archive.infolist()
    if len(entries) > 2 * MAX_FILES:
        raise _refused("", "too_many", lazy("More than %(n)s files.", n=MAX_FILES))
    for entry in entries:
        inside = _checked_name(entry.filename.rstrip("/"))
        if entry.is_dir():
            continue
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _not_plain(inside)
        if entry.flag_bits & 0x1:
            raise _refused(inside, "encrypted", lazy("This file is encrypted."))
        with archive.open(entry) as file:  # sizes in the directory may lie: read to the limit
            yield inside, _read(file.read(MAX_FILE_BYTES + 1), inside)


def _read(content: bytes, name: str) -> bytes:
    if len(content) > MAX_FILE_BYTES:
        raise _too_large(name, MAX_FILE_BYTES)
    return content


def _checked_name(name: str) -> str:
    parts = PurePosixPath(name).parts
    safe = (
        0 < len(name) <= MAX_NAME
        and name.isprintable()
        and not name.startswith("/")
        and not set(name) & set('\\:*?"<>|')
        and ".." not in parts
        and "/".join(parts) == name
    )
    if not safe:
        message = lazy("This file name is not allowed in a package.")
        raise _refused(name[:MAX_NAME], "bad_name", message)
    return name


def _not_plain(name: str) -> BadPackage:
    return _refused(name, "not_a_file", lazy("Only plain files are allowed, no links."))


def _too_large(name: str, limit: int) -> BadPackage:
    message = lazy("This is larger than %(n)s MB.", n=limit // 1024**2)
    return _refused(name, "too_large", message)


def _refused(name: str, code: str, message: Text) -> BadPackage:
    return BadPackage(errors=[fault(name, code, message)])
