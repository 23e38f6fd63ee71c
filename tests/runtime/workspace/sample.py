"""A small tenant that has every kind of field: companies, their deals and the deals' parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kernel.db.unit import Database
from kernel.ids import new_ulid
from metadata import store
from runtime import records
from runtime.scope import open_scope
from tests.twins import Side

LONG = "长" * 255
ODD = "👩‍💻 \u202eright to left\u202c " + "W" * 120
HOSTILE = '<script>alert("x")</script>'


def _label(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh_CN": zh}


def _field(api: str, kind: str, en: str, zh: str, **options: Any) -> dict[str, Any]:
    return {"api": api, "type": kind, "label": _label(en, zh), **options}


STAGES = [
    {"code": "new", "label": _label("New", "新建"), "color": "blue"},
    {"code": "talks", "label": _label("In talks", "洽谈中"), "color": "orange"},
    {"code": "won", "label": _label("Won", "赢单"), "color": "green"},
]
TAGS = [
    {"code": "vip", "label": _label("VIP", "重点"), "color": "purple"},
    {"code": "export", "label": _label("Export", "出口")},
    {"code": "hostile", "label": _label(HOSTILE, HOSTILE)},
]

COMPANIES = (
    ("Hooli", "Palo Alto"),
    ("华为技术有限公司", "深圳"),
    ("华为终端有限公司", "东莞"),
    ("Initech", "Austin"),
)
FULL_DEAL: dict[str, Any] = {
    "name": "Full deal",
    "stage": "talks",
    "tags": ["vip", "hostile"],
    "amount": "1234567.80",
    "chance": "42.5",
    "seats": 120,
    "close_on": "2026-05-31",
    "called_at": "2026-03-01T08:30:00Z",
    "urgent": True,
    "email": "buyer@example.com",
    "phone": "+86 10 6552 9988",
    "site": "https://www.example.com/a?b=c",
    "notes": "First line\nSecond line 第二行",
}

OBJECTS: dict[str, dict[str, Any]] = {
    "company": {
        "label": _label("Company", "公司"),
        "plural": _label("Companies", "公司"),
        "name_field": "name",
        "icon": "building",
        "access": {"default": "read"},
        "fields": [
            _field("name", "text", "Company name", "公司名称", required=True),
            _field("city", "text", "City", "城市"),
            _field("active", "checkbox", "Active", "启用", default=True),
        ],
    },
    "deal": {
        "label": _label("Deal", "商机"),
        "plural": _label("Deals", "商机"),
        "name_field": "name",
        "icon": "briefcase",
        "access": {"default": "private"},
        "fields": [
            _field("name", "text", "Deal name", "商机名称", required=True),
            _field("number", "autonumber", "Number", "编号", format="D-{0000}"),
            _field(
                "company", "lookup", "Company", "公司", to="company", on_delete="restrict",
                filter={"field": "active", "op": "=", "value": True},
            ),
            _field("stage", "picklist", "Stage", "阶段", values=STAGES, default="new"),
            _field("tags", "multi_picklist", "Tags", "标签", values=TAGS),
            _field("amount", "currency", "Amount", "金额", scale=2, currency="CNY"),
            _field("chance", "percent", "Probability", "成交概率"),
            _field(
                "seats", "integer", "Seats", "席位数", min=1, max=1000,
                help=_label("From 1 to 1,000", "1 到 1,000"),
            ),
            _field("close_on", "date", "Closing date", "预计成交日期"),
            _field("called_at", "datetime", "Last call", "最近通话"),
            _field("urgent", "checkbox", "Urgent", "紧急"),
            _field("email", "email", "E-mail", "电子邮箱"),
            _field("phone", "phone", "Phone", "电话"),
            _field("site", "url", "Web site", "网站"),
            _field("notes", "long_text", "Notes", "备注"),
            _field("helper", "user", "Helper", "协助人"),
        ],
    },
    "note": {
        "label": _label("Note", "便签"),
        "plural": _label("Notes", "便签"),
        "name_field": "name",
        "icon": "note",
        "access": {"default": "edit"},
        "fields": [_field("name", "text", "Subject", "主题", required=True)],
    },
    "part": {
        "label": _label("Part", "明细"),
        "plural": _label("Parts", "明细"),
        "name_field": "name",
        "icon": "list",
        "access": {"default": "private"},
        "fields": [
            _field("deal", "master_detail", "Deal", "商机", to="deal", required=True),
            _field("name", "text", "Part name", "明细名称", required=True),
        ],
    },
}  # fmt: skip

OTHERS: list[dict[str, Any]] = [
    {
        "kind": "view",
        "api": "deal.all",
        "object": "deal",
        "label": _label("All deals", "全部商机"),
        "columns": ["name", "company", "stage", "amount", "close_on", "owner"],
        "sort": ["name"],
    },
    {
        "kind": "view",
        "api": "deal.won",
        "object": "deal",
        "label": _label("Won deals", "已赢单"),
        "columns": ["name", "amount"],
        "where": {"field": "stage", "op": "=", "value": "won"},
        "sort": ["-amount"],
    },
    {
        "kind": "layout",
        "api": "deal.main",
        "object": "deal",
        "label": _label("Main", "主布局"),
        "tabs": [
            {
                "label": _label("Details", "详细信息"),
                "sections": [
                    {
                        "label": _label("Basics", "基本信息"),
                        "columns": 2,
                        "fields": [
                            "name", "number", "company", "stage", "tags", "amount", "chance",
                            "seats", "close_on", "called_at", "urgent",
                        ],
                    },
                    {
                        "label": _label("Contact", "联系"),
                        "columns": 2,
                        "fields": ["email", "phone", "site", "helper", "notes"],
                    },
                ],
            },
            {
                "label": _label("Parts", "明细"),
                "related": [{"child": "part.deal", "columns": ["name"]}],
            },
        ],
    },
    {
        "kind": "layout",
        "api": "company.main",
        "object": "company",
        "label": _label("Main", "主布局"),
        "tabs": [
            {
                "label": _label("Details", "详细信息"),
                "sections": [{"columns": 2, "fields": ["name", "city", "active"]}],
                "related": [{"child": "deal.company", "columns": ["name", "stage", "amount"]}],
            }
        ],
    },
    {
        "kind": "application",
        "api": "sales",
        "label": _label("Sales", "销售管理"),
        "icon": "chart-bar",
        "items": [{"object": "deal"}, {"object": "company"}],
    },
]  # fmt: skip


def documents() -> Iterator[dict[str, Any]]:
    """The sample's documents, as people write them, with new ids."""
    for api, body in OBJECTS.items():
        own = {key: value for key, value in body.items() if key != "fields"}
        yield {"kind": "object", "id": new_ulid(), "api": api, **own}
        for field in body["fields"]:
            name = f"{api}.{field['api']}"
            yield {"kind": "field", "id": new_ulid(), **field, "api": name}
    for document in OTHERS:
        yield {"id": new_ulid(), **document}


def publish_sample(database: Database, side: Side) -> None:
    """Define the sample's objects in a tenant."""
    with database.scope(side.id, side.admin) as scope:
        store.install_documents(scope, documents(), "sample")


def add_people(database: Database, side: Side) -> None:
    """Make the twin's people choosable: give each a record beside the sign-in."""
    with open_scope(database, side.id, side.admin, write=True) as scope:
        for actor in (side.admin, side.user, side.other):
            person = {"name": actor.name, "email": side.email(actor), "active": True}
            records.create(scope, "user", person, record_id=actor.id)


def fill_sample(database: Database, side: Side) -> dict[str, int]:
    """Records of the sample, owned by the ordinary user; answers their ids by name."""
    owner = side.user
    with open_scope(database, side.id, owner, write=True) as scope:
        ids = {}
        for name, city in COMPANIES:
            made = records.create(scope, "company", {"name": name, "city": city})
            ids[name] = made.id
        closed = {"name": "Closed Ltd", "active": False}
        ids["Closed Ltd"] = records.create(scope, "company", closed).id
        for number in range(1, 131):
            name, values = _deal(number, list(ids.values()))
            ids[name] = records.create(scope, "deal", values).id
        full = {**FULL_DEAL, "company": str(ids["Hooli"]), "helper": str(owner.id)}
        ids["Full deal"] = records.create(scope, "deal", full).id
        for name in (HOSTILE, LONG, ODD):
            ids[name] = records.create(scope, "deal", {"name": name, "notes": name}).id
        part = {"deal": str(ids["Full deal"]), "name": "First part"}
        ids["First part"] = records.create(scope, "part", part).id
    return ids


def _deal(number: int, companies: list[int]) -> tuple[str, dict[str, Any]]:
    name = f"Deal {number:03}" if number % 3 else f"第{number:03}号合作项目"
    return name, {
        "name": name,
        "company": str(companies[number % len(COMPANIES)]),
        "stage": ("new", "talks", "won")[number % 3],
        "amount": f"{number * 1250}.50",
        "close_on": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
    }
