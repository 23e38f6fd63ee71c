"""The template packages that come with Banyan."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from kernel.errors import NotFound
from kernel.i18n import lazy
from seeds.archive import BadPackage
from seeds.package import MANIFEST, Package, load

TEMPLATES = Path(__file__).parent / "templates"


def names() -> list[str]:
    """The names of the packages."""
    return sorted(path.parent.name for path in TEMPLATES.glob(f"*/{MANIFEST}"))


def shipped(name: str) -> Package:
    """A package by name; raises `NotFound`."""
    if name not in names():
        known = ", ".join(names())
        raise NotFound(
            lazy("There is no template %(name)s; there are: %(known)s.", name=name, known=known)
        )
    return load(TEMPLATES / name)


def available(beside: Path | None = None) -> dict[str, Package]:
    """The packages that come with Banyan and those in the folder of `beside`, by name.

    The latter win, so that somebody who writes packages checks them against each other.
    """
    found = {name: shipped(name) for name in names()}
    if beside is not None and beside.is_dir():
        for manifest in sorted(beside.resolve().parent.glob(f"*/{MANIFEST}")):
            if manifest.parent == beside.resolve():
                continue
            with suppress(BadPackage):  # a broken neighbour is missed only where it is required
                neighbour = load(manifest.parent)
                found[neighbour.manifest.name] = neighbour
    return found
