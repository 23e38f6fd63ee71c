"""The documents are true: links lead somewhere, settings, commands and kinds are all named."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kernel.settings import Settings
from metadata.fieldtypes import TYPES
from metadata.kinds import KINDS
from metadata.operators import OPERATORS
from wsgi import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda path: path.as_posix()
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (document.parent / target).exists(), target


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_by_name = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def test_every_setting_is_documented() -> None:
    recorder = Recorder({"BANYAN_SECRET_KEY": "x"})
    Settings.from_env(recorder)
    documented = set(
        re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/operations.md").read_text("utf-8"), re.M)
    )
    assert documented == recorder.asked


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for name in set(cli.commands) - {"demo"}:
        assert f"banyan {name}" in text, name


def test_every_kind_type_and_operator_is_documented() -> None:
    text = (ROOT / "docs/metadata.md").read_text(encoding="utf-8")
    for name in (*KINDS, *TYPES, *OPERATORS):
        assert f"`{name}`" in text, name


def test_json_examples_are_json() -> None:
    text = (ROOT / "docs/metadata.md").read_text(encoding="utf-8")
    examples = re.findall(r"(?:^ {4}.*\n)+", text, re.M)
    assert examples
    for example in examples:
        json.loads(example)


def test_make_targets_in_documents_exist() -> None:
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = set(re.findall(r"make ([a-z]+)", listed))
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"^\s+make ([a-z]+)", document.read_text("utf-8"), re.M):
            assert target in targets


def test_glossary_has_both_languages() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
        (ROOT / "docs/glossary.md").read_text("utf-8"),
        re.M,
    )[1:]
    rows = [row for row in rows if not row[0].startswith("-")]
    assert [word for word, *_rest in rows] == sorted(word for word, *_rest in rows)
    assert rows
    for word, chinese, meaning in rows:
        assert re.search("[\u4e00-\u9fff]", chinese), word
        assert meaning.strip(), word
