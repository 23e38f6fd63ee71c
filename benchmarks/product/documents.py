"""The metadata of the benchmarks: two objects, 25 fields, six picklists."""

from __future__ import annotations

from itertools import count
from typing import Any

from benchmarks.deals import INDUSTRIES, PRIORITIES, REGIONS, SOURCES, STAGES, TAGS

ACCOUNT, DEAL = "bench_account", "bench_deal"

_CHOICES = {
    "stage": STAGES,
    "source": SOURCES,
    "industry": INDUSTRIES,
    "region": REGIONS,
    "priority": PRIORITIES,
    "tags": TAGS,
}
_FIELDS: dict[str, dict[str, Any]] = {
    "name": {"type": "text", "required": True},
    "code": {"type": "text", "required": True},
    "description": {"type": "long_text"},
    "amount": {"type": "currency", "required": True},
    "cost": {"type": "currency"},
    "discount": {"type": "percent"},
    "probability": {"type": "percent"},
    "quantity": {"type": "integer"},
    "score": {"type": "number", "scale": 2},
    "close_date": {"type": "date"},
    "start_date": {"type": "date"},
    "next_contact": {"type": "datetime"},
    "stage": {"type": "picklist", "required": True},
    "source": {"type": "picklist"},
    "industry": {"type": "picklist"},
    "region": {"type": "picklist"},
    "priority": {"type": "picklist"},
    "tags": {"type": "multi_picklist"},
    "active": {"type": "checkbox"},
    "renewed": {"type": "checkbox"},
    "account": {"type": "lookup", "to": ACCOUNT, "required": True},
    "partner": {"type": "lookup", "to": ACCOUNT},
    "email": {"type": "email"},
    "phone": {"type": "phone"},
    "website": {"type": "url"},
}


def documents() -> list[dict[str, Any]]:
    """The documents as a package would bring them."""
    numbers = count(1)

    def document(kind: str, api: str, **body: Any) -> dict[str, Any]:
        number = f"01M8BENCH{next(numbers):017d}"
        return {"kind": kind, "id": number, "api": api, "label": {"en": api}} | body

    bodies = [
        document(
            "picklist", f"bench_{name}", values=[{"code": c, "label": {"en": c}} for c in codes]
        )
        for name, codes in _CHOICES.items()
    ]
    for api, access in ((ACCOUNT, "read"), (DEAL, "private")):
        bodies.append(
            document("object", api, plural={"en": api}, name_field="name", icon="briefcase",
                     access={"default": access})
        )  # fmt: skip
    bodies.append(document("field", f"{ACCOUNT}.name", type="text", required=True))
    for name, options in _FIELDS.items():
        chosen = {"set": f"bench_{name}"} if name in _CHOICES else {}
        bodies.append(document("field", f"{DEAL}.{name}", **options, **chosen))
    return bodies
