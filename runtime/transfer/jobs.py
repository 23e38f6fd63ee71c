"""The jobs of imports and exports."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable
from functools import wraps

from sqlalchemy import select

from kernel import files
from kernel.errors import NotFound
from kernel.i18n import current_locale, use_locale
from kernel.jobs import RunningJob, job_kind
from runtime.scope import RecordScope, open_scope
from runtime.transfer import outcomes
from runtime.transfer.exporter import ExportPlan, write_export
from runtime.transfer.importer import Importing
from runtime.transfer.models import DataImport
from runtime.transfer.outcomes import Outcome, Tally
from runtime.transfer.plan import plan_from_json
from runtime.transfer.readers import Row, read_table
from runtime.transfer.spool import Spool
from runtime.transfer.undoing import Undone, undo_changes

CSV_TYPE = "text/csv"


def in_its_language(run: Callable[[RunningJob], None]) -> Callable[[RunningJob], None]:
    """Run a job in the language of the page from which it was started."""

    @wraps(run)
    def speaking(job: RunningJob) -> None:
        with use_locale(job.params.get("locale") or current_locale()):
            run(job)

    return speaking


@job_kind("import", queue="bulk", resumes=True)
@in_its_language
def run_import(job: RunningJob) -> None:
    """Import the file of an import, or with `dry` check it. What is wrong with rows is in the
    results; raises a `Problem` when the file or the mapping as a whole cannot be used."""
    dry = bool(job.params.get("dry"))
    with open_scope(job.database, job.tenant_id, job.actor()) as scope:
        data_import = _import_of(scope, job)
        plan = plan_from_json(data_import.plan)
        path = files.file_path(scope, data_import.file_id)
        name = data_import.file_name
    with (
        path.open("rb") as source,
        read_table(source, plan.format) as table,
        Spool(table) as spool,
    ):
        importing = Importing(job, plan, spool, dry=dry)
        try:
            importing.work()
        finally:  # also when it ends early: the rows that are done are done
            _report(job, importing, name, "check" if dry else "run")


def _import_of(scope: RecordScope, job: RunningJob) -> DataImport:
    """The import of a job: of the same tenant, and of somebody who may see it."""
    found = scope.unit.session.scalars(
        select(DataImport).where(DataImport.id == int(job.params["import"]))
    ).one_or_none()
    if found is None or not (scope.actor.is_admin or found.created_by == scope.actor.id):
        raise NotFound()
    return found


def _report(job: RunningJob, importing: Importing, name: str, part: str) -> None:
    spool = importing.spool

    def rows() -> Iterable[tuple[Row, Outcome]]:
        for position, outcome in enumerate(importing.outcomes):
            yield spool[position], outcome or Outcome(outcomes.NOT_DONE)

    _keep_results(job, name, lambda out: outcomes.write_results(out, spool.header, rows()))
    _keep_summary(job, part, importing.tally)


def _keep_results(job: RunningJob, name: str, write: Callable[[io.TextIOBase], None]) -> None:
    with tempfile.TemporaryFile() as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        write(text)
        text.flush()
        file.seek(0)
        stem = name.rsplit(".", 1)[0]
        job.result_file(file, f"{stem} – results.csv", CSV_TYPE)
        text.detach()


def _keep_summary(job: RunningJob, part: str, tally: Tally) -> None:
    with job.database.scope(job.tenant_id) as scope:
        data_import = scope.unit.session.scalars(
            select(DataImport).where(DataImport.id == int(job.params["import"])).with_for_update()
        ).one()
        data_import.summary = {**(data_import.summary or {}), part: tally.as_json()}


@job_kind("import.undo", queue="bulk", resumes=True)
@in_its_language
def run_undo(job: RunningJob) -> None:
    """Take an import back."""
    with open_scope(job.database, job.tenant_id, job.actor()) as scope:
        data_import = _import_of(scope, job)
        import_job_id, name = data_import.job_id, data_import.file_name
    if import_job_id is None:
        raise NotFound()
    tally = Tally({outcomes.UNDONE: 0, outcomes.KEPT: 0})
    done = undo_changes(job, import_job_id, tally)
    _keep_results(job, name, lambda out: _write_undone(out, done))
    _keep_summary(job, "undo", tally)


def _write_undone(out: io.TextIOBase, done: Iterable[Undone]) -> None:
    writer = csv.writer(out)
    writer.writerow(["row", *outcomes.RESULT_COLUMNS])
    for entry in sorted(done, key=lambda entry: (entry.row_no < 0, abs(entry.row_no))):
        number = entry.row_no if entry.row_no > 0 else ""
        writer.writerow([number, entry.result, entry.record_id, entry.error])


@job_kind("export", queue="bulk")
@in_its_language
def run_export(job: RunningJob) -> None:
    """Write a list to a file."""
    with tempfile.TemporaryFile() as file:
        with open_scope(job.database, job.tenant_id, job.actor()) as scope:
            plan = ExportPlan.from_json(scope, job.params)
            written = write_export(scope, plan, file, on_rows=lambda n: _exported(job, n))
        file.seek(0)
        job.progress(written, total=written)
        job.result_file(file, plan.file_name(), plan.content_type)


def _exported(job: RunningJob, written: int) -> None:
    job.stop_if_cancelled()
    job.progress(written)
