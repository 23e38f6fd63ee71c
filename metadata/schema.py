"""The compiled form of a tenant's metadata: frozen, plain data, made by `metadata.compiler`.

One `Schema` belongs to one version of one tenant's metadata. Nodes cache it per process and
never change it; a new version is a new `Schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metadata.condition import Condition
    from metadata.fieldtypes.base import FieldType

Label = Mapping[str, str]
"""Text by locale: `{"en": "Account", "zh_CN": "客户"}`."""


@dataclass(frozen=True, slots=True, eq=False)
class PicklistValue:
    """One choice. `number` is what a slot stores; it never changes, so neither does `code`."""

    code: str
    number: int
    label: Label
    color: str | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Picklist:
    """A set of choices in the order in which people see them."""

    id: str
    api: str
    label: Label
    values: tuple[PicklistValue, ...]
    by_code: Mapping[str, PicklistValue]
    by_number: Mapping[int, PicklistValue]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of an object.

    `key` names the value in a record's JSON; `slot` is the typed column that holds an indexed
    copy, of use for reading only while `slot_live`; both are written. `column` is set for
    system fields alone, whose value is a column of the record table.
    """

    id: str
    api: str
    number: int
    key: str
    object: str
    label: Label
    type: FieldType
    options: Mapping[str, Any]
    help: Label | None = None
    required: bool = False
    unique: bool = False
    default: Any = None
    column: str | None = None
    slot: str | None = None
    slot_live: bool = False
    read_only: bool = False
    to: str | None = None
    """Api name of the object that a lookup, master-detail or user field points to."""
    picklist: Picklist | None = None
    filter: Condition | None = None
    """Which records of `to` may be chosen."""

    @property
    def name(self) -> str:
        """The qualified name, `object.field`."""
        return f"{self.object}.{self.api}"


@dataclass(frozen=True, slots=True, eq=False)
class ChildRelation:
    """A lookup or master-detail of another object that points here."""

    object: str
    field: str
    owned: bool
    """True for master-detail: the child lives and dies with its parent."""

    @property
    def name(self) -> str:
        """The qualified name, `child.field`."""
        return f"{self.object}.{self.field}"


@dataclass(frozen=True, slots=True)
class Path:
    """A field reached from an object through lookups: `account.name` is (account, name).

    Paths over the same fields are equal.
    """

    fields: tuple[Field, ...]

    @property
    def field(self) -> Field:
        """The field at the end, whose value the path means."""
        return self.fields[-1]

    @property
    def api(self) -> str:
        """The dotted name."""
        return ".".join(f.api for f in self.fields)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A titled group of fields of a layout."""

    label: Label | None
    columns: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RelatedList:
    """The records of a child object that point to the shown record."""

    relation: ChildRelation
    label: Label | None
    columns: tuple[Path, ...]
    sort: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tab:
    """A tab of a record page."""

    label: Label
    sections: tuple[Section, ...] = ()
    related: tuple[RelatedList, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a record page and its form are laid out."""

    id: str
    api: str
    object: str
    label: Label
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SortKey:
    """A path to sort by."""

    path: Path
    descending: bool = False

    @property
    def api(self) -> str:
        """As written in requests: `-close_date` for descending."""
        return ("-" if self.descending else "") + self.path.api


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A list view: which records, which columns, in which order."""

    id: str
    api: str
    object: str
    label: Label
    columns: tuple[Path, ...]
    where: Condition | None
    where_json: Any
    sort: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """A kind of record. `fields` holds system fields too, in the order of definition."""

    id: str
    api: str
    number: int
    label: Label
    plural: Label
    name_field: Field
    access: str
    """Default access of people who do not own the record: private, read or edit."""
    icon: str
    fields: Mapping[str, Field]
    by_key: Mapping[str, Field]
    layouts: tuple[Layout, ...] = ()
    views: tuple[View, ...] = ()
    children: tuple[ChildRelation, ...] = ()
    master: Field | None = None
    """The master-detail field, when records of this object belong to a parent."""
    built_in: bool = False

    def data_fields(self) -> tuple[Field, ...]:
        """The fields that are not system fields."""
        return tuple(f for f in self.fields.values() if f.column is None)


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """One key of a report: a path, for dates cut to `by` (day, week, month, quarter, year)."""

    path: Path
    by: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A figure of a report: count, or sum, avg, min, max of a path."""

    fn: str
    path: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Records grouped by up to two keys, with figures, as table and chart."""

    id: str
    api: str
    object: str
    label: Label
    where: Condition | None
    where_json: Any
    group_by: tuple[Grouping, ...]
    measures: tuple[Measure, ...]
    chart: str


@dataclass(frozen=True, slots=True, eq=False)
class NavigationItem:
    """An entry of an application's navigation: an object's list or a report."""

    object: str | None = None
    report: str | None = None
    label: Label | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """A named set of navigation entries."""

    id: str
    api: str
    label: Label
    icon: str
    items: tuple[NavigationItem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """Everything of one version of one tenant's metadata that the runtime needs."""

    version: int
    objects: Mapping[str, Object]
    by_number: Mapping[int, Object]
    picklists: Mapping[str, Picklist]
    applications: tuple[Application, ...] = ()
    reports: Mapping[str, Report] = field(default_factory=dict)
