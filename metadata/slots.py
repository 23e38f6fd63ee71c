"""Which fields get one of the typed, indexed columns of the record table.

A slot is a copy that makes a field fast; correctness never depends on it. A slot that no record
ever used is live at once. One whose records may lack the value is `filling`: writers keep it,
readers ignore it, until the runtime has filled it and `store.slot_filled` declares it live.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from kernel.scope import Scope
from metadata.compiler import Slot
from metadata.documents import Catalogue, Document
from metadata.fieldtypes import TYPES
from metadata.models import SlotAssignment
from metadata.versions import has_records

SLOT_COUNTS = {"n": 8, "d": 6, "r": 8, "p": 10, "t": 8}
"""How many slots of each family an object has; the columns of the record table."""


def slot_family(document: Document) -> str | None:
    """The family of slots that a field wants, None when it wants none."""
    if document.kind != "field" or not document.body.get("indexed", True):
        return None
    return TYPES[document.body["type"]].slot_kind


def assign_slots(scope: Scope, catalogue: Catalogue, new: Iterable[str]) -> dict[int, Slot]:
    """Give slots to the fields of a catalogue while they last, the oldest fields first.

    `new` holds the ids of fields that no record can hold yet. The answer is by field number.
    """
    rows = scope.unit.session.execute(
        sa.select(SlotAssignment).where(SlotAssignment.tenant_id == scope.tenant_id)
    ).scalars()
    by_object: dict[int, list[SlotAssignment]] = {}
    for row in rows:
        by_object.setdefault(row.object_number, []).append(row)
    fresh, slots = frozenset(new), {}
    for owner in catalogue.of_kind("object"):
        table = _Table(scope, owner.number, by_object.get(owner.number, []))
        slots.update(table.assign(catalogue.of_object("field", owner.id), fresh))
    return slots


class _Table:
    """The slots of one object."""

    def __init__(self, scope: Scope, object_number: int, rows: list[SlotAssignment]) -> None:
        self.scope = scope
        self.object_number = object_number
        self.rows = {row.field_number: row for row in rows}

    def assign(self, fields: list[Document], new: frozenset[str]) -> dict[int, Slot]:
        wanted = {f.number: family for f in fields if (family := slot_family(f))}
        for number, row in self.rows.items():
            if number not in wanted:
                row.state = "filling"  # from here on records are written without it
        for field in sorted(fields, key=lambda f: f.number):
            if field.number in wanted and field.number not in self.rows:
                self._give(field, wanted, field.id in new)
        return {
            number: Slot(row.slot, live=row.state == "live")
            for number, row in self.rows.items()
            if number in wanted
        }

    def _give(self, field: Document, wanted: dict[int, str], is_new: bool) -> None:
        family = wanted[field.number]
        taken = {row.slot for row in self.rows.values()}
        names = (f"{family}{n}" for n in range(1, SLOT_COUNTS[family] + 1))
        slot = next((name for name in names if name not in taken), None)
        live = is_new
        if slot is None:
            slot, live = self._take_over(family, wanted), False
        if slot is None:
            return
        if not live:
            live = not has_records(self.scope, self.object_number)
        row = SlotAssignment(
            tenant_id=self.scope.tenant_id,
            object_number=self.object_number,
            field_number=field.number,
            slot=slot,
            state="live" if live else "filling",
        )
        self.rows[field.number] = row
        self.scope.unit.session.add(row)

    def _take_over(self, family: str, wanted: dict[int, str]) -> str | None:
        """The slot of a field that wants none any more."""
        for number, row in self.rows.items():
            if number not in wanted and row.slot.startswith(family):
                del self.rows[number]
                self.scope.unit.session.delete(row)
                self.scope.unit.session.flush()
                return row.slot
        return None
