"""Files of tenants: rows that say what they are, contents on disk below the tenant's folder."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow
from kernel.errors import NotFound, TooLarge, Unavailable
from kernel.i18n import lazy
from kernel.scope import Scope
from kernel.web.services import current_services

_CHUNK = 1024 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]')
_MAX_NAME_BYTES = 200


class ReadableStream(Protocol):
    """What can be stored: anything with a binary `read`."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class File(TenantRow, Base):
    """A stored file; `purpose` says whose it is, e.g. "import" or "job result"."""

    __tablename__ = "file"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[bytes]
    purpose: Mapped[str]
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]


def store(
    scope: Scope,
    stream: ReadableStream,
    name: str,
    content_type: str,
    purpose: str,
    *,
    limit: int | None = None,
) -> File:
    """Keep the contents of a stream; the row is written with the transaction.

    `limit` is the largest size in bytes, by default that of uploads. Raises `TooLarge`, or
    `Unavailable` when the disk is full; then nothing stays behind.
    """
    services = current_services()
    file_id = scope.unit.new_id()
    path = _path(services.settings.files_dir, scope.tenant_id, file_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        size, digest = _copy(stream, path, limit or services.settings.max_upload_bytes)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(lazy("There is no room left to store files.")) from error
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    file = File(
        id=file_id,
        name=safe_name(name),
        content_type=content_type[:200],
        size=size,
        sha256=digest,
        purpose=purpose,
        created_by=scope.actor.id,
        created_at=scope.unit.clock.now(),
    )
    scope.unit.session.add(file)
    scope.unit.session.flush()
    return file


def _copy(stream: ReadableStream, path: Path, limit: int) -> tuple[int, bytes]:
    size, digest = 0, hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(lazy("At most %(n)s MiB can be stored.", n=limit // 1024**2))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.digest()


def _path(files_dir: Path, tenant_id: int, file_id: int) -> Path:
    """Where contents lie: only numbers of ours are part of the path, never a given name."""
    return files_dir / str(tenant_id) / str(file_id)


def safe_name(name: str) -> str:
    """A file name that no system misreads: no path, no control or direction marks, not long."""
    clean = _UNSAFE.sub("_", name).strip(" .") or "file"
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = clean, "", ""
    room = _MAX_NAME_BYTES - len((dot + ending).encode("utf-8", "replace"))
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + dot + ending


def get_file(scope: Scope, file_id: int) -> File:
    """A file's row; raises `NotFound`. Whether the actor may have it is the caller's question."""
    file = scope.unit.session.scalars(select(File).where(File.id == file_id)).one_or_none()
    if file is None:
        raise NotFound()
    return file


def file_path(scope: Scope, file_id: int) -> Path:
    """Where the contents of a file are; raises `NotFound`."""
    get_file(scope, file_id)
    path = _path(current_services().settings.files_dir, scope.tenant_id, file_id)
    if not path.is_file():
        raise NotFound()
    return path


def open_file(scope: Scope, file_id: int) -> BinaryIO:
    """The contents of a file, to be closed by the caller; raises `NotFound`."""
    return file_path(scope, file_id).open("rb")


def delete_file(scope: Scope, file_id: int) -> None:
    """Delete a file; its contents go once the transaction is committed."""
    scope.unit.session.execute(delete(File).where(File.id == file_id))
    path = _path(current_services().settings.files_dir, scope.tenant_id, file_id)
    scope.unit.after_commit(lambda: path.unlink(missing_ok=True))


def purge_orphans(scope: Scope, older_than: timedelta = timedelta(days=1)) -> int:
    """Delete contents whose transaction was never committed; returns how many."""
    folder = current_services().settings.files_dir / str(scope.tenant_id)
    if not folder.is_dir():
        return 0
    before = (scope.unit.clock.now() - older_than).timestamp()
    old = [p for p in folder.iterdir() if p.name.isdecimal() and p.stat().st_mtime < before]
    known = set(scope.unit.session.scalars(select(File.id)).all())
    orphans = [path for path in old if int(path.name) not in known]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)
