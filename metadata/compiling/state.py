"""What the steps of a compilation share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel.i18n import lazy
from metadata.compiling.faults import Faults
from metadata.condition import Condition, ConditionError, parse
from metadata.documents import Catalogue, Document
from metadata.paths import PathError, resolve_path
from metadata.schema import Object, Path, Picklist, Report, Schema, SortKey


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed column given to a field. Readers use it only when it is live."""

    name: str
    live: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a schema takes from its tenant: `currency` (ISO 4217) for amounts without one of
    their own, `region` (ISO 3166) for national telephone numbers."""

    currency: str | None = None
    region: str | None = None

    @classmethod
    def of_tenant(cls, locale: str, currency: str | None) -> Surroundings:
        """The surroundings of a tenant with this language and currency."""
        return cls(currency=currency, region="CN" if locale == "zh_CN" else "US")


@dataclass
class Compilation:
    """The documents and what has been made of them so far.

    `objects`, `picklists` and `reports` are the very mappings of `schema`, filled step by step.
    """

    catalogue: Catalogue
    faults: Faults
    version: int
    slots: Mapping[int, Slot]
    surroundings: Surroundings
    objects: dict[str, Object] = field(default_factory=dict)
    picklists: dict[str, Picklist] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schema = Schema(
            version=self.version,
            objects=self.objects,
            by_number={},
            picklists=self.picklists,
            reports=self.reports,
        )

    def object_of(self, document: Document, name: str, path: str = "object") -> Object | None:
        """The object with this name, or a fault of the document."""
        found = self.objects.get(name)
        if found is None:
            reason = lazy("There is no object %(name)s.", name=name)
            self.faults.add(document, path, "no_such_object", reason)
        return found

    def path(self, document: Document, at: str, start: Object, name: str) -> Path | None:
        """The path with this name, or a fault of the document."""
        try:
            return resolve_path(name, start, self.schema)
        except PathError as error:
            self.faults.add(document, at, "no_such_field", error.text)
            return None

    def columns(
        self, document: Document, at: str, start: Object, names: list[str]
    ) -> tuple[Path, ...]:
        """The paths with these names."""
        found = (self.path(document, f"{at}[{n}]", start, name) for n, name in enumerate(names))
        return tuple(path for path in found if path is not None)

    def sort(
        self, document: Document, at: str, start: Object, names: list[str]
    ) -> tuple[SortKey, ...]:
        """The keys of an order."""
        keys = []
        for n, name in enumerate(names):
            path = self.path(document, f"{at}[{n}]", start, name.removeprefix("-"))
            if path is None:
                continue
            if not path.field.type.sortable:
                reason = lazy("Records cannot be sorted by %(field)s.", field=path.api)
                self.faults.add(document, f"{at}[{n}]", "not_sortable", reason)
            keys.append(SortKey(path, descending=name.startswith("-")))
        return tuple(keys)

    def condition(self, document: Document, at: str, start: Object, json: Any) -> Condition | None:
        """The condition, or a fault of the document."""
        try:
            return parse(json, start, self.schema, at)
        except ConditionError as error:
            self.faults.add(document, error.at, error.errors[0].code, error.reason)
            return None


def complete(frozen: object, **attributes: Any) -> None:
    """Set attributes of a frozen part of the schema that could not be known when it was made.

    Conditions and layouts name fields of any object, so they come after all objects. Nobody
    outside the compiler has seen the part yet.
    """
    for name, value in attributes.items():
        object.__setattr__(frozen, name, value)
