"""The folder of an installation."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from kernel.embedded import home as home_module
from kernel.embedded.account import Account, server_account
from kernel.embedded.addresses import kept_url, read_addresses
from kernel.embedded.errors import LaunchError
from kernel.embedded.home import LARGEST_LOG_BYTES, Home, is_free, is_locked

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners of files")


class Usage(NamedTuple):
    """As of shutil.disk_usage."""

    total: int
    used: int
    free: int


def test_a_home_is_locked_by_one_launcher(open_folder: Path) -> None:
    home = Home(open_folder / "home")
    assert not is_locked(home.path)
    with home.lock():
        assert is_locked(home.path)
        with pytest.raises(LaunchError, match=f"process {os.getpid()}"), home.lock():
            pass
    assert not is_locked(home.path)
    assert not is_locked(open_folder / "no home")


def test_a_full_disk_is_one_sentence(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(open_folder / "home")
    home.require_space()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**10, 10**10, 1024**2))
    with pytest.raises(LaunchError, match="is full: 1 MB are free, 300 MB are needed"):
        home.require_space()


def test_a_port_is_kept_while_it_is_free(open_folder: Path) -> None:
    home = Home(open_folder / "home")
    first = home.address("postgres")
    assert home.address("postgres") == first
    with socket.create_server(("127.0.0.1", first[0])):
        assert not is_free(first[0])
        port, password = home.address("postgres")
    assert port != first[0]
    assert password == first[1]
    assert home.address("valkey")[1] != password


def test_addresses_are_found_by_other_terminals(open_folder: Path) -> None:
    home = Home(open_folder / "home")
    assert kept_url(home.path, "postgres") == ""
    home.address("postgres")
    home.keep_url("postgres", "postgresql://here")
    assert kept_url(home.path, "postgres") == "postgresql://here"
    assert "port" in read_addresses(home.path)["postgres"]
    (home.path / "servers.json").write_text("[broken")
    assert kept_url(home.path, "postgres") == ""


def test_a_long_log_is_put_aside(open_folder: Path) -> None:
    home = Home(open_folder / "home")
    home.log_file("web").write_bytes(b"x" * (LARGEST_LOG_BYTES + 1))
    assert not home.log_file("web").exists()
    assert (home.logs / "web.log.1").stat().st_size > LARGEST_LOG_BYTES


@needs_root
def test_a_home_that_is_closed_to_others_has_its_servers_elsewhere(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "FALLBACK_DIR", open_folder / "var")
    closed = open_folder / "root"
    closed.mkdir(mode=0o700)
    home = Home(closed / "home")
    account = server_account()
    assert account is not None
    assert home.servers.parent == open_folder / "var"
    assert account.can_reach(home.servers)
    assert (home.servers / "home").read_text() == f"{closed / 'home'}\n"
    assert home.server_dir("postgres").stat().st_uid == account.uid
    assert Home(closed / "home").servers == home.servers


@needs_root
def test_programs_that_are_closed_to_others_are_copied(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(open_folder / "home")
    packages = open_folder / "packages"
    for name in ("server", "server.libs"):
        (packages / name).mkdir(parents=True)
        (packages / name / "file").write_text(name)
    assert home.program_dir(packages / "server") == packages / "server"

    packages.chmod(0o700)
    copy = home.program_dir(packages / "server", packages / "server.libs")
    assert copy.is_relative_to(home.servers)
    assert (copy / "file").read_text() == "server"
    assert (copy.parent / "server.libs" / "file").read_text() == "server.libs"
    assert home.program_dir(packages / "server", packages / "server.libs") == copy


def test_an_account_needs_every_folder_above(open_folder: Path) -> None:
    inner = open_folder / "a" / "b"
    inner.mkdir(parents=True)
    stranger = Account(uid=61_234, gid=61_234)
    assert stranger.can_reach(inner)
    (open_folder / "a").chmod(0o750)
    assert not stranger.can_reach(inner)
    assert Account(uid=61_234, gid=(open_folder / "a").stat().st_gid).can_reach(inner)
    assert Account(uid=(open_folder / "a").stat().st_uid, gid=61_234).can_reach(inner)
