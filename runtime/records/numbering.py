"""Automatic numbers, taken at the last moment of a save."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from metadata.fieldtypes.autonumber import number_text, period_of
from metadata.schema import Object
from runtime.records import statements
from runtime.records.inputs import AUTONUMBER, Draft
from runtime.scope import RecordScope


def assign(scope: RecordScope, object_: Object, drafts: Sequence[Draft]) -> None:
    """Give each draft its numbers. The counter's row is locked until the transaction ends, so
    numbers have no doubles, and no gaps but those of deleted records."""
    fields = [f for f in object_.data_fields() if f.type.name == AUTONUMBER]
    if not fields or not drafts:
        return
    today = scope.unit.clock.now().astimezone(ZoneInfo(scope.actor.zone)).date()
    for field in fields:
        pattern = field.options["format"]
        numbers = statements.take_numbers(
            scope.unit.connection,
            tenant_id=scope.tenant_id,
            field_number=field.number,
            period=period_of(pattern, today),
            count=len(drafts),
        )
        for draft, number in zip(drafts, numbers, strict=True):
            draft.values[field] = number_text(pattern, today, number)
