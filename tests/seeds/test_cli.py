"""The commands for templates, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from kernel.i18n import use_locale
from kernel.web.services import Services
from seeds import shelf
from seeds.cli import template
from tenants.service import create_tenant

BROKEN = {
    "kind": "object",
    "api": "thing",
    "label": {"en": "Thing", "zh_CN": "物品"},
    "name_field": "nothing",
}


def run(*arguments: object, app: Flask | None = None) -> Result:
    return CliRunner().invoke(template, [str(a) for a in arguments], obj=lambda: app)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A package that does not compile."""
    folder = tmp_path / "broken"
    (folder / "objects").mkdir(parents=True)
    label = {"en": "Broken", "zh_CN": "坏包"}
    manifest = {"name": "broken", "version": "1.0.0", "label": label}
    (folder / "template.json").write_text(json.dumps(manifest))
    (folder / "objects" / "thing.json").write_text(json.dumps(BROKEN))
    return folder


def test_lint_of_shipped_packages() -> None:
    result = run("lint", *(shelf.TEMPLATES / name for name in shelf.names()))
    assert result.exit_code == 0
    assert result.output.count("is valid") == len(shelf.names())


def test_lint_names_file_path_and_reason(broken: Path) -> None:
    result = run("lint", "sales", broken)
    assert result.exit_code == 1
    assert "sales 1.0.0 is valid" in result.stdout
    assert "objects/thing.json# (object thing): name_field" in result.stderr
    assert "Traceback" not in result.output


def test_lint_speaks_chinese(tmp_path: Path) -> None:
    with use_locale("zh_CN"):
        result = run("lint", tmp_path / "none")
    assert result.exit_code == 1
    assert "没有这个文件夹或 zip 文件" in result.stderr


def test_packages_beside_each_other_may_require_each_other(tmp_path: Path) -> None:
    label = {"en": "Part", "zh_CN": "部分"}
    for name, requires in (("one", {}), ("two", {"one": "1.0.0"})):
        (tmp_path / name).mkdir()
        manifest = {"name": name, "version": "1.0.0", "label": label, "requires": requires}
        (tmp_path / name / "template.json").write_text(json.dumps(manifest))
    assert run("lint", tmp_path / "two").exit_code == 0
    (tmp_path / "one" / "template.json").write_text("{")
    result = run("lint", tmp_path / "two")
    assert result.exit_code == 1
    assert "template.json#/requires/one" in result.stderr


def test_a_packed_package_installs_once(tmp_path: Path, app: Flask, services: Services) -> None:
    create_tenant(services.database, "packed", "Packed", base_domain="seeds.test")
    target = tmp_path / "crm.zip"
    assert run("pack", shelf.TEMPLATES / "crm-core", "--output", target).exit_code == 0
    first = run("install", target, "--tenant", "packed", app=app)
    assert (first.exit_code, first.output) == (0, "crm-core 1.0.0 is installed.\n")
    again = run("install", "crm-core", "--tenant", "packed", app=app)
    assert again.exit_code == 0
    assert "nothing changed" in again.output


def test_what_cannot_be_installed_is_told(app: Flask, services: Services) -> None:
    create_tenant(services.database, "bare", "Bare", base_domain="seeds.test")
    result = run("install", "sales", "--tenant", "bare", app=app)
    assert result.exit_code == 1
    assert "crm-core: Version 1.0.0 or newer of it is needed." in result.stderr
    assert run("install", "sales", "--tenant", "nobody", app=app).exit_code == 1


def test_a_broken_package_is_not_packed(broken: Path, tmp_path: Path) -> None:
    target = tmp_path / "broken.zip"
    assert run("pack", broken, "--output", target).exit_code == 1
    assert not target.exists()


def test_the_list_names_all() -> None:
    result = run("list")
    assert [line.split()[0] for line in result.output.splitlines()] == shelf.names()
