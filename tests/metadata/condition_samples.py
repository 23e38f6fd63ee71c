"""A schema with a field of every type, and random conditions and records of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from metadata.condition import Bindings
from metadata.fieldtypes import TYPES, BadValue
from metadata.paths import resolve_path
from metadata.periods import PERIODS
from metadata.schema import Field, Object, Path, Picklist, PicklistValue, Schema
from metadata.systemfields import system_fields

CODES = ("new", "won", "lost", "100%", "old")


def _picklist() -> Picklist:
    labels = {"new": "新建", "won": "赢单", "lost": "输单", "100%": "百分百", "old": "旧值"}
    values = tuple(
        PicklistValue(
            code, number, {"en": code.title(), "zh_CN": labels[code]}, retired=code == "old"
        )
        for number, code in enumerate(CODES, 1)
    )
    return Picklist(
        id="stage",
        api="stage",
        label={"en": "Stage", "zh_CN": "阶段"},
        values=values,
        by_code={value.code: value for value in values},
        by_number={value.number: value for value in values},
    )


STAGES = _picklist()
_LABELS = {
    "name": ("Name", "名称"),
    "account": ("Account", "客户"),
    "manager": ("Manager", "经理"),
    "owner": ("Owner", "所有人"),
}


def _field(owner: str, number: int, api: str, kind: str, to: str | None = None) -> Field:
    field_type = TYPES[kind]
    chooses = kind in ("picklist", "multi_picklist")
    en, zh = _LABELS.get(api, (api.replace("_", " ").capitalize(), TYPES[kind].label["zh_CN"]))
    slot = field_type.slot_kind and f"{field_type.slot_kind}{number}"
    return Field(
        id=f"{owner}.{api}",
        api=api,
        number=number,
        key=str(number),
        object=owner,
        label={"en": en, "zh_CN": zh},
        type=field_type,
        options={"scale": 4} if kind == "number" else {},
        slot=slot,
        slot_live=slot is not None,
        to="user" if kind == "user" else to,
        picklist=STAGES if chooses else None,
    )


def _object(number: int, api: str, fields: list[Field]) -> Object:
    every = [*system_fields(api, api), *fields]
    return Object(
        id=api,
        api=api,
        number=number,
        label={"en": api.title()},
        plural={"en": api.title()},
        name_field=fields[0],
        access="edit",
        icon="box",
        fields=MappingProxyType({f.api: f for f in every}),
        by_key={f.key: f for f in every},
    )


def _schema() -> Schema:
    links = {"lookup": "account", "master_detail": "account"}
    kinds = {"name": "text"} | {f"the_{kind}": kind for kind in TYPES if kind != "lookup"}
    thing = [
        _field("thing", number, api, kind, links.get(kind))
        for number, (api, kind) in enumerate(kinds.items(), 1)
    ]
    thing.append(_field("thing", 40, "account", "lookup", "account"))
    account = [
        _field("account", number, api, kind)
        for number, (api, kind) in enumerate(
            {
                "name": "text",
                "size": "integer",
                "vip": "checkbox",
                "tags": "multi_picklist",
                "founded": "date",
            }.items(),
            1,
        )
    ]
    user = [_field("user", 1, "name", "text"), _field("user", 2, "manager", "user")]
    objects = [_object(1, "user", user), _object(2, "account", account), _object(3, "thing", thing)]
    return Schema(
        version=1,
        objects={o.api: o for o in objects},
        by_number={o.number: o for o in objects},
        picklists={"stage": STAGES},
    )


SCHEMA = _schema()
THING = SCHEMA.objects["thing"]
_FAR = (
    "account.name account.size account.vip account.tags account.founded account.owner "
    "account.owner.name account.owner.manager account.owner.manager.name"
)
PATHS: tuple[Path, ...] = tuple(
    resolve_path(name, THING, SCHEMA) for name in [*THING.fields, *_FAR.split()]
)

NOW = datetime(2026, 5, 31, 20, 30, tzinfo=UTC)
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")


def bindings(user_id: int | None = 1, zone: str = "UTC", now: datetime = NOW) -> Bindings:
    return Bindings(user_id, now.astimezone(ZoneInfo(zone)).date(), now, zone)


# --- random values -----------------------------------------------------------------------------

_TRICKY = (
    "a A b ab AB a% %a a_b axb A_B \\ \\% \\\\ % _ ' '' \" \"\" {a} {a,b} , NULL null 1 ? :a $1 "
    "%s %(a)s é É É e ΑΣ ας ασ İ i ı I ſ s S K k Å å ß ẞ SS ǅ ǆ Ａ ａ ﬁ fi 😀 华为 華為 Ⴀ ꭰ Ꭰ 𐐀 𐐨"
)
NASTY = _TRICKY.split()
_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_text = st.sampled_from(NASTY) | st.text(_characters, min_size=1, max_size=6)
_days = st.integers(-3, 3).map(lambda n: NOW.date() + timedelta(n)) | st.sampled_from(
    [date(2026, 1, 1), date(2025, 12, 31), date(2026, 3, 31), date(2026, 4, 1)]
)
_ends = st.sampled_from([date.min, date.max])
_instants = st.builds(
    lambda day, hour, extra: (
        datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour, microseconds=extra)
    ),
    _days,
    st.sampled_from([-14, -8, -5.75, 0, 4, 5, 11, 13, 16, 20.5, 24]),
    st.sampled_from([-1, 0, 1]),
) | st.datetimes(timezones=st.just(UTC))
_numbers = st.sampled_from(["0", "-0.0", "0.1", "0.10", "1", "1.00", "-1", "2", "1e3", "99999"])
_ids = st.sampled_from([1, 2, 3, 2**63 - 1]).map(str)
_code = st.sampled_from(CODES)
_few_codes = st.sampled_from(["won", "100%", "old"])  # few, so that sets are often equal
_mails = ["a@example.com", "A@Example.com", "b_c@example.com", "é@example.com"]
_phones = ["13800138000", "+86 138 0013 8000", "110", "(021) 6543-2100 转 8", "１１０"]
_urls = ["https://a.com/%41_b", "HTTPS://A.com/%41_B", "mailto:a@b.com", "www.example.com/华为"]

WIRE: Mapping[str, st.SearchStrategy[Any]] = {
    "text": _text,
    "long_text": _text | st.just("a\nB"),
    "integer": st.integers(-3, 3) | st.just(10**15 - 1),
    "number": _numbers,
    "currency": _numbers,
    "percent": _numbers,
    "date": (_days | _ends).map(date.isoformat),
    "datetime": _instants.map(lambda d: d.isoformat()),
    "checkbox": st.booleans(),
    "picklist": _code,
    "multi_picklist": _few_codes,
    "email": st.sampled_from(_mails),
    "phone": st.sampled_from(_phones),
    "url": st.sampled_from(_urls),
    "autonumber": st.sampled_from(["HT-1", "ht-1", "HT-2"]),
    "lookup": _ids,
    "master_detail": _ids,
    "user": _ids,
    "id": _ids,
}
"""What programs may send for one value of a type."""


def accepted(of: Field) -> st.SearchStrategy[Any]:
    """Inputs that the field takes."""

    def takes(json: Any) -> bool:
        try:
            return of.type.read(of, json) is not None
        except BadValue:
            return False

    return WIRE[of.type.name].filter(takes) if of.picklist is None else WIRE[of.type.name]


# --- random conditions -------------------------------------------------------------------------


PAIRS = tuple((path, name) for path in PATHS for name in path.field.type.operators)
"""Every field with each of its operators."""


@st.composite
def compare_json(draw: st.DrawFn, pair: tuple[Path, str] | None = None) -> dict[str, Any]:
    """A comparison that `parse` takes, as JSON."""
    path, name = pair or draw(st.sampled_from(PAIRS))
    of = path.field
    node: dict[str, Any] = {"field": path.api, "op": name}
    value = accepted(of)
    if of.type.temporal:
        ref = st.integers(-400, 400) | st.sampled_from([-36_600, 36_600])
        value |= st.builds(lambda n: {"$date": "today", "days": n}, ref)
    if of.type.temporal == "instant":
        value |= WIRE["date"]
    if of.to == "user":
        value |= st.just({"$user": "id"})
    if name in ("contains", "not_contains", "starts_with"):
        part = _text | accepted(of)
        value = part.filter(lambda text: bool(of.type.comparable(of, text)))
    match name:
        case "is_empty" | "is_not_empty":
            return node
        case "during":
            node["value"] = draw(st.sampled_from(list(PERIODS)))
        case "between":
            node["value"] = [draw(value), draw(value)]
        case "in" | "not_in" | "has_any" | "has_all" | "has_none":
            node["value"] = draw(st.lists(value, min_size=1, max_size=4))
        case _:
            node["value"] = draw(value)
    return node


condition_json: st.SearchStrategy[dict[str, Any]] = st.recursive(
    compare_json(),
    lambda parts: (
        st.builds(
            lambda kind, nodes: {kind: nodes},
            st.sampled_from(["all", "any"]),
            st.lists(parts, min_size=1, max_size=3),
        )
        | parts.map(lambda node: {"not": node})
    ),
    max_leaves=5,
)

all_bindings = st.builds(
    bindings,
    st.sampled_from([None, 1, 2]),
    st.sampled_from(ZONES),
    st.sampled_from([NOW, datetime(2026, 1, 1, 0, 0, tzinfo=UTC)]),
)


# --- random records ----------------------------------------------------------------------------


@dataclass
class Sample:
    """A record: its values by field, and the records that its lookups point to."""

    values: dict[str, Any]
    linked: dict[str, Sample] = field(default_factory=dict)

    def read(self, path: Path) -> Any:
        """The value at a path."""
        here: Sample | None = self
        for step in path.fields[:-1]:
            here = here.linked.get(step.api) if here else None
        return here.values.get(path.field.api) if here else None


def _value(of: Field) -> st.SearchStrategy[Any]:
    if of.type.name == "multi_picklist":
        return st.sets(_few_codes, min_size=1).map(
            lambda codes: tuple(c for c in CODES if c in codes)
        )
    if of.picklist is not None:
        return _code
    if of.api == "version":
        return st.integers(1, 3)
    return accepted(of).map(lambda json: of.type.read(of, json))


_ALWAYS = {"id", "created_at", "updated_at", "version"}


@st.composite
def samples(draw: st.DrawFn, of: Object = THING) -> Sample:
    """A record of an object, with the records behind its lookups."""
    values = {}
    for f in of.fields.values():
        if f.api in _ALWAYS or draw(st.booleans()):
            values[f.api] = draw(_value(f))
    record = Sample(values)
    behind = {"thing": ("account",), "account": ("owner",), "user": ()}[of.api]
    for api in behind:
        if api in values:
            record.linked[api] = draw(samples(SCHEMA.objects[of.fields[api].to or ""]))
    if of.api == "account" and "owner" in values and "manager" in record.linked["owner"].values:
        record.linked["owner"].linked["manager"] = draw(samples(SCHEMA.objects["user"]))
    return record


def stored(record: Sample, of: Object) -> dict[str, Any]:
    """The JSON of a record, as the database keeps it."""
    return {
        f.key: f.type.store(f, record.values[f.api])
        for f in of.data_fields()
        if record.values.get(f.api) is not None
    }
