"""Takes an import back: what it created is deleted, what it changed is as before, unless
somebody has changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import FieldError, Problem, Stale
from kernel.i18n import _, lazy
from kernel.jobs import RunningJob
from metadata.schema import Object
from runtime.records import Change, RowResult, delete_many, update_many
from runtime.scope import RecordScope, open_scope
from runtime.transfer import changelog
from runtime.transfer.models import ImportChange
from runtime.transfer.outcomes import KEPT, UNDONE, Tally

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one change."""

    row_no: int
    record_id: int
    result: str
    error: str = ""


def undo_changes(job: RunningJob, import_job_id: int, tally: Tally) -> list[Undone]:
    """Take back all changes of an import that are not taken back yet, youngest first, so that
    children go before their parents. Each chunk is one transaction."""
    done: list[Undone] = []
    actor = job.actor()
    with open_scope(job.database, job.tenant_id, actor) as scope:
        total = changelog.count_open(scope, import_job_id)
    job.progress(0, 0, total=total)
    while True:
        job.stop_if_cancelled()
        with open_scope(job.database, job.tenant_id, actor, write=True) as scope:
            changes = changelog.open_changes(scope, import_job_id, CHUNK)
            if not changes:
                return done
            chunk = _undo_chunk(scope, changes, tally)
            for result in (UNDONE, KEPT):
                numbers = [entry.row_no for entry in chunk if entry.result == result]
                changelog.mark_undone(scope, import_job_id, numbers, result)
                tally.count(result, len(numbers))
            job.progress(tally.counts[UNDONE], tally.counts[KEPT], scope=scope)
        done += chunk


def _undo_chunk(scope: RecordScope, changes: Sequence[ImportChange], tally: Tally) -> list[Undone]:
    done: list[Undone] = []
    start = 0
    while start < len(changes):  # runs of the same object and action, in order
        end = start
        while end < len(changes) and _kind(changes[end]) == _kind(changes[start]):
            end += 1
        done += _undo_run(scope, changes[start:end], tally)
        start = end
    return done


def _kind(change: ImportChange) -> tuple[int, str]:
    return change.object_number, change.action


def _undo_run(scope: RecordScope, run: Sequence[ImportChange], tally: Tally) -> list[Undone]:
    object_ = scope.schema.by_number.get(run[0].object_number)
    if object_ is None:
        return [
            Undone(c.row_no, c.record_id, KEPT, _("The object of the record is gone.")) for c in run
        ]
    if run[0].action == "created":
        results = delete_many(scope, object_.api, [(c.record_id, c.version) for c in run])
    else:
        results = update_many(scope, object_.api, [_back(object_, change) for change in run])
    return [
        _entry(object_, change, result, tally) for change, result in zip(run, results, strict=True)
    ]


def _back(object_: Object, change: ImportChange) -> Change:
    former = changelog.former_values(object_, change.before or {})
    return Change(change.record_id, former, change.version)


def _entry(object_: Object, change: ImportChange, result: RowResult, tally: Tally) -> Undone:
    if result.problem is None:
        return Undone(change.row_no, change.record_id, UNDONE)
    errors = _reasons(result.problem)
    text = tally.note(object_, change.row_no, errors)
    return Undone(change.row_no, change.record_id, KEPT, text)


def _reasons(problem: Problem) -> tuple[FieldError, ...]:
    if isinstance(problem, Stale):
        return (FieldError("", "changed", lazy("It has been changed since the import.")),)
    return problem.errors or (FieldError("", problem.code, problem.detail or problem.title),)
