"""Imports as people see them: set up, checked, run, looked at, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select

from kernel import files
from kernel.errors import Conflict, NotFound
from kernel.files import File
from kernel.i18n import current_locale, lazy
from kernel.jobs import OPEN, Job, start_job
from kernel.scope import Scope
from metadata.schema import Object
from runtime import access
from runtime.scope import RecordScope
from runtime.transfer.binding import bind
from runtime.transfer.models import DataImport
from runtime.transfer.plan import Plan, plan_from_json
from runtime.transfer.readers import FileFormat, Row, detect, read_table
from runtime.transfer.suggestions import suggest_columns

SAMPLE_ROWS = 200
ABANDONED = timedelta(days=30)
"""After this time an import that was never started goes, with its file."""
PURPOSE = "import"


def create_import(
    scope: RecordScope, object_api: str, file: File, wanted: FileFormat | None = None
) -> DataImport:
    """Set up the import of a stored file, with a first guess of its columns.

    Raises `BadFile`, `NotFound`, or `Forbidden` without the right to create records.
    """
    object_ = access.require_object(scope, object_api)
    access.require_create(scope, object_)
    with files.open_file(scope, file.id) as source:
        how = detect(source, wanted)
    plan = Plan(object_.api, how)
    header, rows = sample(scope, file.id, how)
    plan = plan.changed(columns=suggest_columns(scope.schema, object_, header, rows, scope.actor))
    plan = plan.changed(columns=tuple(c for c in plan.columns if c.field != "id"))
    return add_import(scope, object_, file, plan)


def add_import(scope: RecordScope, object_: Object, file: File, plan: Plan) -> DataImport:
    """Keep an import whose plan is known."""
    data_import = DataImport(
        id=scope.unit.new_id(),
        object_number=object_.number,
        file_id=file.id,
        file_name=file.name,
        plan=plan.as_json(),
        created_by=scope.actor.id,
        created_at=scope.unit.clock.now(),
    )
    scope.unit.session.add(data_import)
    scope.unit.session.flush()
    return data_import


def get_import(scope: RecordScope, import_id: int, *, lock: bool = False) -> DataImport:
    """An import that the actor began, or any for an administrator; raises `NotFound`."""
    query = select(DataImport).where(DataImport.id == import_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = scope.unit.session.scalars(query).one_or_none()
    if found is None or not (scope.actor.is_admin or found.created_by == scope.actor.id):
        raise NotFound()
    return found


def list_imports(scope: RecordScope, limit: int = 100) -> Sequence[DataImport]:
    """The newest imports that the actor may see."""
    query = select(DataImport).order_by(DataImport.id.desc()).limit(limit)
    if not scope.actor.is_admin:
        query = query.where(DataImport.created_by == scope.actor.id)
    return scope.unit.session.scalars(query).all()


def sample(
    scope: RecordScope, file_id: int, how: FileFormat, limit: int = SAMPLE_ROWS
) -> tuple[tuple[str, ...], list[Row]]:
    """The header and the first rows of a stored file. Raises `BadFile`."""
    with files.open_file(scope, file_id) as source, read_table(source, how) as table:
        return table.header, list(islice(table.rows, limit))


def change_plan(data_import: DataImport, plan: Plan) -> None:
    """Keep other choices; raises `Conflict` once the import has been started."""
    if data_import.job_id is not None:
        raise Conflict(lazy("The import has been started; its mapping can no longer be changed."))
    data_import.plan = plan.as_json()
    data_import.check_job_id = None
    data_import.summary = None


def start_check(scope: RecordScope, data_import: DataImport) -> Job:
    """Start a dry run as a job. Raises `Conflict`, or `Invalid` when the mapping is wrong."""
    if data_import.job_id is not None:
        raise Conflict(lazy("The import has already been started."))
    _refuse_if_open(scope, data_import.check_job_id)
    job = _start(scope, data_import, "import", dry=True)
    data_import.check_job_id = job.id
    return job


def start_run(scope: RecordScope, data_import: DataImport) -> Job:
    """Start the import as a job. Raises `Conflict`, or `Invalid` when the mapping is wrong."""
    if data_import.job_id is not None:
        raise Conflict(lazy("The import has already been started."))
    _refuse_if_open(scope, data_import.check_job_id)
    job = _start(scope, data_import, "import", dry=False)
    data_import.job_id = job.id
    return job


def _start(scope: RecordScope, data_import: DataImport, kind: str, *, dry: bool) -> Job:
    plan = plan_from_json(data_import.plan)
    header, _rows = sample(scope, data_import.file_id, plan.format, limit=0)
    bind(scope, plan, header)  # says at once what is wrong with the mapping
    return start_job(scope, kind, _params(data_import, dry=dry), data_import.file_name)


def _params(data_import: DataImport, **more: Any) -> dict[str, Any]:
    """What a job needs to know; it reports in the language of the one who starts it."""
    return {"import": str(data_import.id), "locale": current_locale(), **more}


def start_undo(scope: RecordScope, data_import: DataImport) -> Job:
    """Start taking an import back. Raises `Conflict` when it is running, was never run or has
    been taken back; one that was cut short can be started again."""
    run = job_of(scope, data_import.job_id)
    if run is None:
        raise Conflict(lazy("This import has not been started; there is nothing to undo."))
    _refuse_if_open(scope, run.id)
    undo = job_of(scope, data_import.undo_job_id)
    if undo is not None and undo.state not in ("failed", "cancelled"):
        raise Conflict(lazy("This import is already undone."))
    job = start_job(scope, "import.undo", _params(data_import), data_import.file_name)
    data_import.undo_job_id = job.id
    return job


def _refuse_if_open(scope: RecordScope, job_id: int | None) -> None:
    job = job_of(scope, job_id)
    if job is not None and job.state in OPEN:
        raise Conflict(lazy("A job of this import is still running. Please wait for its end."))


def job_of(scope: Scope, job_id: int | None) -> Job | None:
    """A job of an import that the actor may see."""
    if job_id is None:
        return None
    return scope.unit.session.scalars(
        select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    ).one_or_none()


def purge_abandoned(scope: Scope) -> None:
    """Delete imports that nobody started within `ABANDONED`, and their files."""
    before = scope.unit.clock.now() - ABANDONED
    query = select(DataImport).where(DataImport.job_id.is_(None), DataImport.created_at < before)
    for found in scope.unit.session.scalars(query).all():
        check = job_of(scope, found.check_job_id)
        if check is not None and check.results_file_id is not None:
            files.delete_file(scope, check.results_file_id)
        files.delete_file(scope, found.file_id)
        scope.unit.session.delete(found)
