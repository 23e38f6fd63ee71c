"""The blueprint of the pages of imports and exports, and what they share."""

from __future__ import annotations

from flask import Blueprint

from kernel.i18n import label_text
from kernel.jobs import OPEN, Job
from metadata.schema import Object
from runtime.scope import RecordScope
from runtime.transfer.imports import get_import, job_of
from runtime.transfer.models import DataImport
from runtime.transfer.outcomes import RESULTS, result_text
from runtime.transfer.plan import Plan, plan_from_json
from runtime.web import parse_id

pages = Blueprint("transfer", __name__, template_folder="templates")


@pages.context_processor
def texts() -> dict[str, object]:
    """What the templates of these pages may use."""
    return {"result_text": result_text, "results": RESULTS}


def object_label(scope: RecordScope, number: int) -> str:
    """What people call the records of an object; empty when the object is gone."""
    object_ = scope.schema.by_number.get(number)
    return plural(object_) if object_ is not None else ""


def plural(object_: Object) -> str:
    """What people call the records of an object."""
    return label_text(object_.plural) or label_text(object_.label)


def open_import(scope: RecordScope, text: str, *, lock: bool = False) -> tuple[DataImport, Plan]:
    """The import of an address and its plan; raises `NotFound`."""
    found = get_import(scope, parse_id(text), lock=lock)
    return found, plan_from_json(found.plan)


def step_of(scope: RecordScope, data_import: DataImport) -> str:
    """Where an import is: prepared, checking, checked, running, run, undoing or undone."""
    for job_id, before, after in (
        (data_import.undo_job_id, "undoing", "undone"),
        (data_import.job_id, "running", "run"),
        (data_import.check_job_id, "checking", "checked"),
    ):
        job = job_of(scope, job_id)
        if job is not None:
            return before if job.state in OPEN else after
    return "prepared"


def current_job(scope: RecordScope, data_import: DataImport) -> Job | None:
    """The newest job of an import."""
    job_id = data_import.undo_job_id or data_import.job_id or data_import.check_job_id
    return job_of(scope, job_id)
