"""Documents that tests begin with, written as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.ids import new_ulid

Body = dict[str, Any]


def obj(api: str, **more: Any) -> Body:
    """An object."""
    return {
        "kind": "object",
        "id": new_ulid(),
        "api": api,
        "label": {"en": api.title()},
        "name_field": "name",
        **more,
    }


def fld(api: str, type_name: str = "text", **more: Any) -> Body:
    """A field, `api` qualified."""
    label = {"en": api.split(".")[1].title()}
    return {
        "kind": "field",
        "id": new_ulid(),
        "api": api,
        "type": type_name,
        "label": label,
        **more,
    }


def doc(kind: str, api: str, **more: Any) -> Body:
    """A document of another kind."""
    return {"kind": kind, "id": new_ulid(), "api": api, "label": {"en": api.title()}, **more}


def values(*codes: str) -> list[Body]:
    """Values of a picklist."""
    return [{"code": code, "label": {"en": code.title(), "zh_CN": f"选项{code}"}} for code in codes]


def sales() -> list[Body]:
    """Accounts and deals: enough for most tests."""
    return [
        obj("account"),
        fld("account.name", required=True),
        fld("account.active", "checkbox"),
        fld("account.parent", "lookup", to="account", on_delete="clear"),
        doc("picklist", "stage", values=values("open", "won", "lost")),
        obj("deal", access={"default": "read"}),
        fld("deal.name"),
        fld(
            "deal.account",
            "lookup",
            to="account",
            filter={"field": "active", "op": "=", "value": True},
        ),
        fld("deal.stage", "picklist", set="stage", default="open"),
        fld("deal.amount", "currency"),
        fld("deal.closed", "date"),
        fld("deal.tags", "multi_picklist", values=values("hot", "cold")),
        fld("deal.notes", "long_text"),
        obj("deal_line"),
        fld("deal_line.name"),
        fld("deal_line.deal", "master_detail", to="deal"),
        doc(
            "layout",
            "deal.main",
            object="deal",
            tabs=[
                {
                    "label": {"en": "Details"},
                    "sections": [{"fields": ["name", "account", "stage", "owner"]}],
                    "related": [
                        {"child": "deal_line.deal", "columns": ["name"], "sort": ["-name"]}
                    ],
                }
            ],
        ),
        doc(
            "view",
            "deal.open",
            object="deal",
            columns=["name", "account.name", "account.owner.name", "amount"],
            where={"field": "stage", "op": "=", "value": "open"},
            sort=["-closed", "name"],
        ),
        doc(
            "report",
            "won",
            object="deal",
            where={"field": "stage", "op": "=", "value": "won"},
            group_by=[{"field": "owner.manager"}, {"field": "closed", "by": "month"}],
            measures=[{"fn": "sum", "field": "amount"}, {"fn": "count"}],
        ),
        doc("application", "selling", items=[{"object": "deal"}, {"report": "won"}]),
    ]


def changed(bodies: list[Body], kind: str, api: str, **changes: Any) -> list[Body]:
    """The documents with some keys of one replaced, or removed where the new value is `...`."""
    found = [b for b in bodies if (b["kind"], b["api"]) == (kind, api)]
    assert len(found) == 1, f"{kind} {api}"
    merged: Mapping[str, Any] = {**found[0], **changes}
    new = {key: value for key, value in merged.items() if value is not ...}
    return [new if b is found[0] else b for b in bodies]
