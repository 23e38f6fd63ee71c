"""The layout of the project: what would break the build or the imports without a word."""

from __future__ import annotations

import configparser
import platform
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOTS = {
    "kernel": ROOT / "platform" / "kernel",
    **{
        name: ROOT / name
        for name in ("tenants", "metadata", "runtime", "workflows", "builder", "seeds")
    },
}


def setup_cfg() -> configparser.ConfigParser:
    """The parsed setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def words(text: str) -> list[str]:
    """The lines of a multi-line value."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_platform_is_the_standard_library() -> None:
    """A root package of that name would break uuid, SQLAlchemy, pytest and gunicorn."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.__file__ is not None
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))


def test_setup_cfg_lists_the_packages_on_disk() -> None:
    """A package that is left out makes a wheel that builds well and cannot be imported."""
    on_disk = {
        ".".join((name, *init.parent.relative_to(folder).parts))
        for name, folder in ROOTS.items()
        for init in folder.rglob("__init__.py")
    }
    assert set(words(setup_cfg()["options"]["packages"])) == on_disk


def test_setup_cfg_packs_every_kind_of_file() -> None:
    """Templates, catalogues and documents belong into the wheel, too."""
    patterns = words(setup_cfg()["options.package_data"]["*"])
    left_out = {
        file.suffix
        for folder in ROOTS.values()
        for file in folder.rglob("*.*")
        if file.is_file() and "__pycache__" not in file.parts and file.name != ".installed"
    } - {".py", *(pattern.removeprefix("**/*") for pattern in patterns)}
    assert left_out == set()


def test_every_folder_with_code_is_a_package() -> None:
    """Without its __init__.py a folder works from the checkout and is missing in the wheel."""
    bare = {
        str(file.parent.relative_to(ROOT))
        for folder in ROOTS.values()
        for file in folder.rglob("*.py")
        if not (file.parent / "__init__.py").exists() and "migrations/versions" not in str(file)
    }
    assert bare == set()


def test_layers_name_every_package() -> None:
    """The import contract covers all root packages."""
    contract = setup_cfg()["importlinter:contract:layers"]
    assert set(words(contract["layers"])) == set(ROOTS)
    assert set(words(setup_cfg()["importlinter"]["root_packages"])) == set(ROOTS)


def test_nothing_imports_the_composition_root() -> None:
    """`wsgi` is the top layer; import-linter checks packages only."""
    importing = re.compile(r"^\s*(import wsgi|from wsgi import)", re.MULTILINE)
    found = [
        str(file.relative_to(ROOT))
        for folder in ROOTS.values()
        for file in folder.rglob("*.py")
        if importing.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_make_help_lists_every_target() -> None:
    """A target without `## text` would be hidden."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    help_text = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = re.findall(r"^  make ([a-z-]+) +\S", help_text, re.MULTILINE)
    assert listed == targets
    assert {"run", "test", "check", "bench", "lock", "screenshots", "help"} <= set(listed)
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony == targets


@pytest.mark.parametrize(
    ("shell", "script"), [("bash", ".ci/run"), ("sh", "platform/environment.sh")]
)
def test_scripts_parse(shell: str, script: str) -> None:
    """A shell that meets a syntax error half-way has already done the first half."""
    path = ROOT / script
    subprocess.run([shell, "-n", path], check=True)
    assert path.stat().st_mode & 0o111


def test_ci_runs_the_command_that_people_run() -> None:
    """One test command for both."""
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    """Whoever installs decides where packages come from, the lock file decides what they are."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        assert text.count("==") <= text.count("--hash="), path
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')


def test_every_requirement_is_locked() -> None:
    """`make lock` was run after the last change of a list."""
    for path in (ROOT / "requirements").glob("*.in"):
        names = re.findall(r"^([A-Za-z0-9._-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        wanted = {name.lower() for name in names if not name.startswith("-")}
        locked = path.with_suffix(".txt").read_text(encoding="utf-8").lower()
        assert {name for name in wanted if f"\n{name}==" not in f"\n{locked}"} == set()
