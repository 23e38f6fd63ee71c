"""Lookups of records in the making: found, visible, of the right object, allowed by the filter.

All lookups of a batch are resolved together: one statement per target object and way of naming.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, func, literal

from kernel.i18n import Text, lazy
from metadata.condition import Compare
from metadata.fieldtypes.lookup import MAX_ID
from metadata.operators import OPERATORS
from metadata.schema import Field, Object, Path
from runtime import access
from runtime.query.source import Source
from runtime.records.inputs import OWNER, Draft
from runtime.scope import RecordScope

_MATCH_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Target:
    """A record that something points to."""

    id: int
    owner_id: int | None
    name: str | None


@dataclass(slots=True)
class Links:
    """What the lookups of a batch resolved to."""

    targets: dict[int, Target] = field(default_factory=dict)

    def names(self) -> dict[int, str | None]:
        """Names by id, for answers."""
        return {target.id: target.name for target in self.targets.values()}


@dataclass(frozen=True, slots=True)
class _Wish:
    """One lookup of one draft."""

    draft: Draft
    field: Field
    given: Any

    def refuse(self, code: str, message: Text) -> None:
        self.draft.refuse(self.field.api, code, message)


def resolve(scope: RecordScope, object_: Object, drafts: Sequence[Draft]) -> Links:
    """Turn `draft.links` into ids in `draft.values` and owners into ids; note what fails."""
    links = Links()
    by_field: dict[Field, list[_Wish]] = defaultdict(list)
    for draft in drafts:
        for link, given in draft.links.items():
            if given is None:
                draft.values[link] = None
            else:
                by_field[link].append(_Wish(draft, link, given))
        if draft.owner is not None:
            owner = object_.fields[OWNER]
            by_field[owner].append(_Wish(draft, owner, draft.owner))
    for link, wishes in by_field.items():
        _resolve_field(scope, link, wishes, links)
    return links


def _resolve_field(scope: RecordScope, link: Field, wishes: list[_Wish], links: Links) -> None:
    assert link.to is not None
    target = scope.schema.objects[link.to]
    by_id: list[tuple[_Wish, int]] = []
    by_match: dict[str, list[tuple[_Wish, Any]]] = defaultdict(list)
    for wish in wishes:
        parsed = _read(wish.given)
        if isinstance(parsed, int):
            by_id.append((wish, parsed))
        elif parsed is None:
            wish.refuse("not_a_record", lazy("This must be the id of a record, or a match."))
        else:
            by_match[parsed[0]].append((wish, parsed[1]))
    for api, pairs in by_match.items():
        by_id += _match(scope, target, api, pairs)
    found = _load(scope, link, target, {record_id for _wish, record_id in by_id})
    for wish, record_id in by_id:
        hit = found.get(record_id)
        if hit is None:
            wish.refuse("not_found", lazy("There is no such record, or it may not be chosen."))
            continue
        links.targets[record_id] = hit
        if wish.field.api == OWNER and wish.field.column is not None:
            wish.draft.owner = record_id
        else:
            wish.draft.values[wish.field] = record_id


def _read(given: Any) -> int | tuple[str, Any] | None:
    """An id, or the field and value of a match; None when it is neither."""
    if isinstance(given, Mapping):
        if "id" in given:  # as answers show a link
            known = given.keys() <= {"id", "name"} and not isinstance(given["id"], Mapping)
            return _read(given["id"]) if known else None
        match = given.get("match")
        if isinstance(match, Mapping) and len(match) == 1 and len(given) == 1:
            ((api, value),) = match.items()
            return (str(api), value)
        return None
    if isinstance(given, bool):
        return None
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 20:
        given = int(given)
    return given if isinstance(given, int) and 0 < given <= MAX_ID else None


def _match(
    scope: RecordScope, target: Object, api: str, pairs: list[tuple[_Wish, Any]]
) -> Iterator[tuple[_Wish, int]]:
    """Find records by the value of one of their fields; each must be found exactly once."""
    field_ = target.fields.get(api)
    if field_ is None or "in" not in field_.type.operators or field_.to is not None:
        for wish, _value in pairs:
            wish.refuse("bad_match", lazy("“%(name)s” cannot be used to find it.", name=api[:80]))
        return
    values = [value for _wish, value in pairs if isinstance(value, str | int | float | Decimal)]
    found = find_by_value(scope, target, field_, values)
    for wish, value in pairs:
        ids = found.get(comparable_of(field_, value), ())
        if len(ids) == 1:
            yield wish, ids[0]
        elif ids:
            wish.refuse(
                "ambiguous", lazy("Several records have this value: %(v)s", v=_short(value))
            )
        else:
            wish.refuse("not_found", lazy("No record has this value: %(v)s", v=_short(value)))


def find_by_value(
    scope: RecordScope, target: Object, field_: Field, values: Iterable[Any]
) -> dict[Any, tuple[int, ...]]:
    """Visible records by the comparable of a field; values that cannot be read find nothing."""
    readable = {comparable_of(field_, value): read_or_none(field_, value) for value in values}
    readable.pop(None, None)
    wanted = list(readable.values())
    found: dict[Any, tuple[int, ...]] = defaultdict(tuple)
    path = Path((field_,))
    for start in range(0, len(wanted), _MATCH_CHUNK):
        chunk = tuple(wanted[start : start + _MATCH_CHUNK])
        condition = Compare(path, OPERATORS["in"], chunk)
        source = Source(scope, target)
        source.where(condition)
        statement = source.select(source.base.c.id, source.stored(path).label("stored"))
        for row in scope.unit.connection.execute(statement.order_by(source.base.c.id)):
            value = row.stored if field_.column else field_.type.load(field_, row.stored)
            key = field_.type.comparable(field_, value)
            found[key] = (*found[key], row.id)
    return found


def comparable_of(field_: Field, value: Any) -> Any:
    """What a given value is compared by; None when the field cannot have it."""
    read = read_or_none(field_, value)
    return None if read is None else field_.type.comparable(field_, read)


def read_or_none(field_: Field, value: Any) -> Any:
    """A given value as the field's value; None when the field cannot have it."""
    try:
        return field_.type.read(field_, value)
    except ValueError:
        return None


def _load(scope: RecordScope, link: Field, target: Object, ids: set[int]) -> dict[int, Target]:
    """The records that may be chosen. What must not vanish before the commit is locked."""
    if not ids:
        return {}
    source = Source(scope, target)
    base = source.base
    source.require(base.c.id == func.any(literal(sorted(ids), ARRAY(BigInteger))))
    source.where(link.filter)
    statement = source.select(base.c.id, base.c.owner_id, base.c.name).order_by(base.c.id)
    if link.column is None and target.api != access.USER:
        statement = statement.with_for_update(read=True, of=base)
    rows = scope.unit.connection.execute(statement)
    return {row.id: Target(row.id, row.owner_id, row.name) for row in rows}


def _short(value: Any) -> str:
    return str(value)[:80]
