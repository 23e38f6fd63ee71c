"""Creating and changing records. One record is a batch of one: every channel passes here.

A batch is checked row by row and written set by set: good rows are written, bad ones are
reported with their errors, and nothing of a bad row stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, BigInteger, func, literal

from kernel.errors import FieldError, Forbidden, Invalid, NotFound, Problem, Stale
from kernel.i18n import lazy
from metadata.fieldtypes.lookup import MAX_ID
from metadata.schema import Field, Object
from runtime import access
from runtime.query.source import Source
from runtime.records import hooks, links, numbering, statements, unique
from runtime.records.inputs import OWNER, Draft, read_changes, read_new
from runtime.records.reading import get, get_many
from runtime.records.record import Record
from runtime.records.rows import display_name, is_searched, put, search_row, slot_of, take
from runtime.scope import RecordScope


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a batch: an id and version, or a problem."""

    id: int | None = None
    version: int | None = None
    problem: Problem | None = None
    changed: bool = True
    before: Mapping[str, Any] | None = None
    """For a changed record: the former values of the changed fields, in API form."""

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """The errors of the row, field by field."""
        if self.problem is None:
            return ()
        return self.problem.errors or (FieldError("", self.problem.code, str(self.problem)),)


@dataclass(frozen=True, slots=True)
class Change:
    """New values for one record; with `version`, only if it still has that version."""

    id: int
    values: Mapping[str, Any]
    version: int | None = None


@dataclass(slots=True)
class _New:
    """A record about to be inserted."""

    id: int
    draft: Draft
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Changed:
    """A locked record about to be updated."""

    change: Change
    row: Any
    draft: Draft
    data: dict[str, Any] = field(default_factory=dict)
    touched: list[Field] = field(default_factory=list)
    owner_id: int | None = None
    problem: Problem | None = None

    def before(self) -> dict[str, Any]:
        """Former values of what changes."""
        former: dict[str, Any] = {f.api: self.row.data.get(f.key) for f in self.touched}
        if self.owner_id != self.row.owner_id:
            former[OWNER] = None if self.row.owner_id is None else str(self.row.owner_id)
        return former


# -- create -------------------------------------------------------------------------------------


def create(
    scope: RecordScope,
    object_api: str,
    values: Mapping[str, Any],
    *,
    record_id: int | None = None,
) -> Record:
    """Create a record. `values` are by field api name, as in the API.

    With `record_id` (from `scope.unit.new_id`) a second call for the same record is refused by
    the database (`IntegrityError`). Raises `Invalid` with an error for each bad field,
    `Forbidden` without the right.
    """
    ids = None if record_id is None else [record_id]
    (result,) = create_many(scope, object_api, [values], ids=ids)
    if result.problem is not None:
        raise result.problem
    assert result.id is not None
    return get(scope, object_api, result.id)


def create_many(
    scope: RecordScope,
    object_api: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    ids: Sequence[int] | None = None,
) -> list[RowResult]:
    """Create a batch, with new ids unless `ids` gives them; answers row by row, in order."""
    object_ = access.require_object(scope, object_api)
    access.require_create(scope, object_)
    drafts = [read_new(object_, row) for row in rows]
    found = links.resolve(scope, object_, drafts)
    fresh = ids or [scope.unit.new_id() for _draft in drafts]
    news = [_New(record_id, draft) for record_id, draft in zip(fresh, drafts, strict=True)]
    for new in news:
        _settle_owner(scope, object_, new.draft, found)
    good = [new for new in news if not new.draft.errors]
    _claim(scope, object_, [(new.id, new.draft) for new in good])
    good = [new for new in good if not new.draft.errors]
    numbering.assign(scope, object_, [new.draft for new in good])
    _insert(scope, object_, good)
    hooks.after_write(scope, object_, [new.id for new in good])
    return [
        RowResult(problem=Invalid(errors=new.draft.errors))
        if new.draft.errors
        else RowResult(id=new.id, version=1)
        for new in news
    ]


def _settle_owner(scope: RecordScope, object_: Object, draft: Draft, found: links.Links) -> None:
    """The owner: that of the parent, the one that was asked for, or the actor."""
    if object_.master is not None:
        parent = found.targets.get(draft.values.get(object_.master) or 0)
        if parent is None:
            return
        draft.owner = parent.owner_id
        master = scope.schema.objects[object_.master.to or ""]
        if not access.may_edit(scope, master, parent.owner_id):
            draft.refuse(
                object_.master.api, "forbidden", lazy("You may not change this parent record.")
            )
    elif draft.owner is None:
        draft.owner = scope.actor.id
    elif draft.owner != scope.actor.id and not access.may_own_for_others(scope):
        draft.refuse(OWNER, "forbidden", lazy("You may not create records for somebody else."))


def _claim(scope: RecordScope, object_: Object, drafts: Sequence[tuple[int, Draft]]) -> None:
    """Claim the unique values; what is taken becomes an error of its field."""
    for draft, target in unique.claim(scope, object_, drafts):
        draft.refuse(target.api, "not_unique", lazy("Another record already has this value."))


def _insert(scope: RecordScope, object_: Object, news: Sequence[_New]) -> None:
    if not news:
        return
    slotted = [f for f in object_.data_fields() if f.slot is not None]
    rows = []
    for new in news:
        for target, value in new.draft.values.items():
            put(new.data, target, value)
        txt, tokens = search_row(scope.tenant_id, object_, new.data)
        row = {
            "id": new.id,
            "owner_id": new.draft.owner,
            "name": display_name(object_, new.data),
            "data": new.data,
            "txt": txt,
            "tokens": tokens,
        }
        for target in slotted:
            row[target.slot or ""] = slot_of(target, new.draft.values.get(target))
        rows.append(row)
    statements.insert_records(
        scope.unit.connection,
        tenant_id=scope.tenant_id,
        object_number=object_.number,
        actor_id=scope.actor.id,
        now=scope.unit.clock.now(),
        slots=tuple(f.slot or "" for f in slotted),
        rows=rows,
    )


# -- update -------------------------------------------------------------------------------------


def update(
    scope: RecordScope,
    object_api: str,
    record_id: int,
    values: Mapping[str, Any],
    version: int | None = None,
) -> Record | None:
    """Change the given fields of a record, and only those.

    Returns None when the record is now out of the actor's sight (its owner gave it away).
    Raises `NotFound`, `Forbidden`, `Stale` (it no longer has `version`) or `Invalid`.
    """
    (result,) = update_many(scope, object_api, [Change(record_id, values, version)])
    if result.problem is not None:
        raise result.problem
    return next(iter(get_many(scope, object_api, [record_id])), None)


def update_many(scope: RecordScope, object_api: str, changes: Sequence[Change]) -> list[RowResult]:
    """Change a batch of records; answers row by row, in order. A record may occur once."""
    object_ = access.require_object(scope, object_api)
    locked = lock(scope, object_, [change.id for change in changes])
    pending: list[_Changed | RowResult] = []
    seen: set[int] = set()
    for change in changes:
        row = locked.get(change.id)
        if row is None or change.id in seen:
            pending.append(RowResult(problem=NotFound()))
            continue
        seen.add(change.id)
        pending.append(_admit(scope, object_, change, row))
    admitted = [p for p in pending if isinstance(p, _Changed) and p.problem is None]
    found = links.resolve(scope, object_, [p.draft for p in admitted])
    for item in admitted:
        _compare(scope, object_, item, found)
    admitted = [p for p in admitted if not p.draft.errors]
    _reclaim(scope, object_, admitted)
    good = [p for p in admitted if not p.draft.errors]
    _write(scope, object_, [p for p in good if p.touched or p.owner_id != p.row.owner_id])
    return [p if isinstance(p, RowResult) else _result(p) for p in pending]


def lock(scope: RecordScope, object_: Object, ids: Sequence[int]) -> dict[int, Any]:
    """Visible records by id, locked in the order of their ids until the transaction ends."""
    wanted = sorted({record_id for record_id in ids if 0 < record_id <= MAX_ID})
    source = Source(scope, object_)
    base = source.base
    if len(wanted) == 1:
        source.require(base.c.id == wanted[0])
    else:
        source.require(base.c.id == func.any(literal(wanted, ARRAY(BigInteger))))
    columns = (base.c.id, base.c.version, base.c.owner_id, base.c.name, base.c.data)
    statement = source.select(*columns).order_by(base.c.id).with_for_update(of=base, key_share=True)
    return {row.id: row for row in scope.unit.connection.execute(statement)}


def _admit(scope: RecordScope, object_: Object, change: Change, row: Any) -> _Changed:
    item = _Changed(change, row, Draft(), owner_id=row.owner_id)
    if not access.may_edit(scope, object_, row.owner_id):
        item.problem = Forbidden(
            lazy("Only the owner of this record or an administrator may change it.")
        )
    elif change.version is not None and change.version != row.version:
        item.problem = Stale()
    else:
        item.draft = read_changes(object_, change.values)
    return item


def _compare(scope: RecordScope, object_: Object, item: _Changed, found: links.Links) -> None:
    """Work out what really changes."""
    item.data = dict(item.row.data)
    for target, value in item.draft.values.items():
        if take(item.row.data, target) != value:
            put(item.data, target, value)
            item.touched.append(target)
            if target.to == object_.api and value == item.row.id:
                item.draft.refuse(
                    target.api, "itself", lazy("A record cannot point to itself here.")
                )
    if item.draft.owner is not None and item.draft.owner != item.row.owner_id:
        item.owner_id = item.draft.owner
        if not access.may_hand_over(scope, item.row.owner_id):
            item.draft.refuse(
                OWNER, "forbidden", lazy("Only the owner or an administrator may hand it over.")
            )
    if object_.master is not None and object_.master in item.touched:
        parent = found.targets[item.draft.values[object_.master]]
        item.owner_id = parent.owner_id
        master = scope.schema.objects[object_.master.to or ""]
        if not access.may_edit(scope, master, parent.owner_id):
            item.draft.refuse(
                object_.master.api, "forbidden", lazy("You may not change this parent record.")
            )


def _reclaim(scope: RecordScope, object_: Object, items: Sequence[_Changed]) -> None:
    """Exchange unique values that change."""
    moved = [(item, target) for item in items for target in item.touched if target.unique]
    if not moved:
        return
    connection = scope.unit.connection
    statements.release_unique(
        connection,
        tenant_id=scope.tenant_id,
        claims=[(item.row.id, target.number) for item, target in moved],
    )
    claims = [
        (item.row.id, Draft(values={t: item.draft.values[t] for t in item.touched if t.unique}))
        for item in items
    ]
    losers = {(id(draft), target) for draft, target in unique.claim(scope, object_, claims)}
    for item, (_record_id, draft) in zip(items, claims, strict=True):
        lost = [target for target in draft.values if (id(draft), target) in losers]
        for target in lost:
            item.draft.refuse(
                target.api, "not_unique", lazy("Another record already has this value.")
            )
        if lost:  # this record keeps what it had
            former = Draft(values={t: take(item.row.data, t) for t in draft.values})
            statements.release_unique(
                connection,
                tenant_id=scope.tenant_id,
                claims=[(item.row.id, target.number) for target in draft.values],
            )
            unique.claim(scope, object_, [(item.row.id, former)])


def _write(scope: RecordScope, object_: Object, items: Sequence[_Changed]) -> None:
    """Update rows with the same changed columns by one statement; only those columns are set."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    searched = []
    for item in items:
        row: dict[str, Any] = {"id": item.row.id, "data": item.data}
        for target in item.touched:
            if target.slot is not None:
                row[target.slot] = slot_of(target, item.draft.values[target])
        if object_.name_field in item.touched:
            row["name"] = display_name(object_, item.data)
        if item.owner_id != item.row.owner_id:
            row["owner_id"] = item.owner_id
        groups[tuple(sorted(row.keys() - {"id"}))].append(row)
        if any(is_searched(target) for target in item.touched):
            txt, tokens = search_row(scope.tenant_id, object_, item.data)
            searched.append({"id": item.row.id, "txt": txt, "tokens": tokens})
    connection = scope.unit.connection
    for columns, rows in groups.items():
        statements.update_records(
            connection,
            tenant_id=scope.tenant_id,
            actor_id=scope.actor.id,
            now=scope.unit.clock.now(),
            columns=columns,
            rows=rows,
        )
    if searched:
        statements.replace_search(
            connection, tenant_id=scope.tenant_id, object_number=object_.number, rows=searched
        )
    for item in items:
        if item.owner_id != item.row.owner_id:
            hooks.hand_down_owner(scope, object_, item.row.id, item.owner_id)
    hooks.after_write(scope, object_, [item.row.id for item in items])


def _result(item: _Changed) -> RowResult:
    if item.problem is not None:
        return RowResult(problem=item.problem)
    if item.draft.errors:
        return RowResult(problem=Invalid(errors=item.draft.errors))
    changed = bool(item.touched) or item.owner_id != item.row.owner_id
    version = item.row.version + (1 if changed else 0)
    return RowResult(item.row.id, version, changed=changed, before=item.before())
