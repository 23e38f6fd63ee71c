"""Runs an import: in chunks, each of which is one transaction with its log of changes.

A worker that dies leaves whole chunks behind; whoever takes the job up again finds in the log
which rows are done and goes on with the others. A check (dry run) does the same work and undoes
each chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import OperationalError

from kernel.errors import FieldError, Problem
from kernel.i18n import lazy
from kernel.jobs import JobCancelled, RunningJob
from metadata.schema import Field
from runtime.records import Change, RowResult, create_many, update_many
from runtime.records.links import find_by_value
from runtime.scope import RecordScope, open_scope
from runtime.transfer import changelog, outcomes
from runtime.transfer.binding import BoundPlan, bind
from runtime.transfer.lookups import Lookups
from runtime.transfer.outcomes import Outcome, Tally
from runtime.transfer.plan import Plan
from runtime.transfer.preparation import Prepared, missing_match, prepare
from runtime.transfer.spool import Spool
from runtime.transfer.survey import survey

CHUNK = 500
_RETRIED = ("40P01", "40001")  # deadlock, serialisation failure
_TRIES = 4


class _NothingStays(Exception):
    """Ends the unit of work of a checked chunk."""


@dataclass(slots=True)
class _Item:
    """A row of a chunk on its way."""

    position: int
    prepared: Prepared
    assumed: set[str] = field(default_factory=set)
    """Lookups to rows of the same file, which a check cannot fill in."""
    record_id: int | None = None
    result: RowResult | None = None
    action: str = outcomes.CREATED

    @property
    def errors(self) -> list[FieldError]:
        """Everything that is wrong with the row."""
        found = list(self.prepared.errors)
        named = {error.field for error in found} | self.assumed
        written = self.result.errors if self.result is not None else ()
        return found + [error for error in written if error.field not in named]


class Importing:
    """One run of an import. `outcomes` holds what became of each row, by position."""

    def __init__(self, job: RunningJob, plan: Plan, spool: Spool, *, dry: bool) -> None:
        self.job = job
        self.plan = plan
        self.spool = spool
        self.dry = dry
        self.actor = job.actor()
        with self._scope() as scope:
            self.bound = bind(scope, plan, spool.header)
        self.survey = survey(self.actor, self.bound, spool, self._existing, unique=dry)
        self.outcomes: list[Outcome | None] = [None] * len(spool)
        self.tally = Tally()
        self._lookups = Lookups()
        self._made: set[tuple[str, Any]] = set()
        job.progress(0, 0, total=len(spool))
        if not dry:
            self._take_up()

    def _scope(self, *, write: bool = False) -> Any:
        return open_scope(self.job.database, self.job.tenant_id, self.actor, write=write)

    def _existing(self, field_: Field, keys: Iterable[Any]) -> set[Any]:
        with self._scope() as scope:
            return set(find_by_value(scope, self.bound.object, field_, keys))

    def _take_up(self) -> None:
        """Note the rows that an earlier worker of this job has done."""
        with self._scope() as scope:
            done = changelog.done_rows(scope, self.job.id)
        if not done:
            return
        for position in range(len(self.spool)):
            known = done.get(self.spool[position].number)
            if known is not None:
                self._settle(position, Outcome(*known))

    def work(self) -> None:
        """Import all rows, chunk by chunk. Raises `JobCancelled` between two chunks, or the
        `Problem` that makes going on impossible; the outcomes so far stay."""
        for position in sorted(self.survey.order.circles):
            self._refuse_circle(position)
        for level in self.survey.order.levels:
            open_ = [position for position in level if self.outcomes[position] is None]
            for chunk in _chunks(open_):
                if self.job.cancel_requested():
                    raise JobCancelled
                self._import_chunk(chunk)

    def _settle(self, position: int, outcome: Outcome) -> None:
        self.outcomes[position] = outcome
        self.tally.count(outcome.result)

    def _refuse_circle(self, position: int) -> None:
        row = self.spool[position]
        fields = [c.field.api for c in self.survey.order.parents.get(position, ())]
        error = FieldError(
            fields[0] if fields else "",
            "circle",
            lazy("The row stands in a circle of rows that refer to each other, or hangs on one."),
        )
        text = self.tally.note(self.bound.object, row.number, [error])
        self._settle(position, Outcome(outcomes.FAILED, error=text))

    # -- one chunk ----------------------------------------------------------------------------

    def _import_chunk(self, positions: Sequence[int]) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                items = self._one_transaction(positions)
                break
            except OperationalError as error:
                if getattr(error.orig, "pgcode", None) not in _RETRIED or attempt == _TRIES:
                    raise
        for made in self._lookups.made:
            known = (made.object.api, made.key)
            if not self.dry or known not in self._made:
                self._made.add(known)
                self.tally.made[made.object.api] = self.tally.made.get(made.object.api, 0) + 1
        for item in items:
            self._settle(item.position, self._outcome(item))
        if self.dry:
            self.job.progress(self.tally.succeeded, self.tally.failed)

    def _one_transaction(self, positions: Sequence[int]) -> list[_Item]:
        items: list[_Item] = []
        self._lookups.made.clear()
        self._lookups.forget(self.bound.object)
        try:
            with self._scope(write=True) as scope:
                bound = self._rebound(scope)
                items = [
                    _Item(position, prepare(self.actor, bound, self.spool[position]))
                    for position in positions
                ]
                self._check(scope, bound, items)
                self._write(scope, bound, items)
                if self.dry:
                    raise _NothingStays
                self._log(scope, bound, items)
        except _NothingStays:
            pass
        return items

    def _rebound(self, scope: RecordScope) -> BoundPlan:
        """The plan under the metadata of now: somebody may have published meanwhile."""
        if scope.schema.version != self.bound.schema.version:
            self.bound = bind(scope, self.plan, self.spool.header)
            self._lookups = Lookups()
        return self.bound

    def _check(self, scope: RecordScope, bound: BoundPlan, items: list[_Item]) -> None:
        for item in items:
            self._check_twin(item)
            self._check_parents(item)
        self._lookups.resolve(scope, bound, [item.prepared for item in items])
        if bound.match is not None:
            self._find_existing(scope, bound, bound.match, items)

    def _check_twin(self, item: _Item) -> None:
        twin = self.survey.twins.get(item.position)
        if twin is None:
            return
        field_, first = twin
        decides = self.bound.match is not None and field_.id == self.bound.match.id
        if decides or self._result_at(first) in (outcomes.CREATED, outcomes.UPDATED):
            item.prepared.refuse(
                field_.api,
                "twice",
                lazy("Row %(row)s of the file has the same value.", row=self.spool[first].number),
            )

    def _check_parents(self, item: _Item) -> None:
        parents = self.survey.order.parents.get(item.position, {})
        for column, positions in parents.items():
            link = next((c for c in item.prepared.links if c.field.api == column.field.api), None)
            if link is None:
                continue
            good = [p for p in positions if self._result_at(p) != outcomes.FAILED]
            if not good:
                del item.prepared.links[link]
                number = self.spool[positions[0]].number
                item.prepared.refuse(
                    link.field.api,
                    "parent_failed",
                    lazy("Row %(row)s, to which it refers, is not imported.", row=number),
                )
            elif self.dry and len(good) == 1:
                del item.prepared.links[link]
                item.assumed.add(link.field.api)

    def _result_at(self, position: int) -> str | None:
        outcome = self.outcomes[position]
        return None if outcome is None else outcome.result

    def _find_existing(
        self, scope: RecordScope, bound: BoundPlan, match: Field, items: list[_Item]
    ) -> None:
        keys = {item.prepared.match for item in items} - {None}
        found = find_by_value(scope, bound.object, match, keys)
        for item in items:
            prepared = item.prepared
            if prepared.match is None:
                missing_match(prepared, match)
                continue
            ids = found.get(prepared.match, ())
            if len(ids) > 1:
                message = lazy("%(n)s records have this value; it must be one.", n=len(ids))
                prepared.refuse(match.api, "ambiguous", message)
            elif ids:
                item.record_id, item.action = ids[0], outcomes.UPDATED
                prepared.values.pop(match.api, None)
            elif bound.plan.mode == "update" or match.api == "id":
                prepared.refuse(match.api, "not_found", lazy("There is no such record."))

    def _write(self, scope: RecordScope, bound: BoundPlan, items: list[_Item]) -> None:
        """Write the good rows. A check also tries those with errors, to report all of them."""
        tried = [item for item in items if self.dry or not item.prepared.errors]
        news = [item for item in tried if item.record_id is None and bound.plan.mode != "update"]
        known = [item for item in tried if item.record_id is not None]
        api = bound.object.api
        self._batch(
            scope,
            news,
            lambda items: create_many(scope, api, [item.prepared.values for item in items]),
        )
        self._batch(
            scope,
            known,
            lambda items: update_many(
                scope, api, [Change(item.record_id or 0, item.prepared.values) for item in items]
            ),
        )
        for item in known:
            if item.result is not None and not item.result.changed:
                item.action = outcomes.UNCHANGED

    def _batch(
        self,
        scope: RecordScope,
        items: list[_Item],
        write: Callable[[list[_Item]], list[RowResult]],
    ) -> None:
        """Write items together. When the whole is refused because of one, halves find it."""
        if not items:
            return
        try:
            with scope.unit.connection.begin_nested():
                results = write(items)
        except Problem as problem:
            if len(items) == 1:
                items[0].result = RowResult(problem=problem)
                return
            middle = len(items) // 2
            self._batch(scope, items[:middle], write)
            self._batch(scope, items[middle:], write)
            return
        for item, result in zip(items, results, strict=True):
            item.result = result

    def _log(self, scope: RecordScope, bound: BoundPlan, items: list[_Item]) -> None:
        """Log the chunk and the progress in its own transaction."""
        written = [
            (item.prepared.row.number, item.action, item.result)
            for item in items
            if item.result is not None
            and item.result.id is not None
            and item.action != outcomes.UNCHANGED
        ]
        changelog.log_rows(scope, self.job.id, bound.object, written, self._lookups.made)
        failed = sum(1 for item in items if item.errors)
        self.job.progress(
            self.tally.succeeded + len(items) - failed, self.tally.failed + failed, scope=scope
        )

    def _outcome(self, item: _Item) -> Outcome:
        errors = item.errors
        if errors:
            text = self.tally.note(self.bound.object, item.prepared.row.number, errors)
            return Outcome(outcomes.FAILED, error=text)
        record_id = item.result.id if item.result is not None else item.record_id
        new = self.dry and item.action == outcomes.CREATED
        return Outcome(item.action, None if new else record_id)


def _chunks(positions: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(positions), CHUNK):
        yield positions[start : start + CHUNK]
