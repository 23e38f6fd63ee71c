"""The account that embedded servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from kernel.embedded.errors import LaunchError
from kernel.i18n import _

ACCOUNT_NAME = "nobody"
"""initdb asks for an account that the system knows, and this one exists everywhere."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by its numbers."""

    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder (not of what is in it)."""
        os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Whether the account may pass through all folders above `path`, and into it."""
        path = path.resolve()
        return all(self._may_enter(folder) for folder in [path, *path.parents] if folder.is_dir())

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account() -> Account | None:
    """The account to drop to, or None when this process is not root and stays what it is."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError as error:
        raise LaunchError(
            _(
                "The database does not run as root and there is no account %(name)s to run it as; "
                "start Banyan as an ordinary user.",
                name=ACCOUNT_NAME,
            )
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)
