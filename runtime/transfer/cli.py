"""The command that imports a file."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson
from flask import Flask
from sqlalchemy import select

from kernel import files, i18n, worker
from kernel.errors import Malformed, NotFound
from kernel.i18n import _, lazy
from kernel.jobs import OPEN, Job, get_job
from kernel.scope import Actor
from kernel.web.services import Services
from metadata.schema import Object, Schema
from runtime import access
from runtime.scope import RecordScope, open_scope
from runtime.transfer import imports
from runtime.transfer.csvfiles import ENCODINGS
from runtime.transfer.outcomes import RESULTS, result_text
from runtime.transfer.plan import MODES, ColumnPlan, Plan, plan_from_json
from runtime.transfer.readers import FileFormat
from runtime.transfer.suggestions import default_by
from tenants.models import User
from tenants.service import find_tenant

SOME_REFUSED = 3
_MAX_FILE = 4 * 1024**3
_POLL_SECONDS = 0.5


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "slug", required=True)
@click.option("--user", "email", required=True, help="For whom: their rights apply.")
@click.option("--object", "object_api", required=True, help="Api name, such as opportunity.")
@click.option("--mode", type=click.Choice(MODES), help="insert when absent.")
@click.option("--match", help="Field by which update and upsert find existing records.")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="COLUMN=FIELD[.BY]",
    help="A column and its field; a lookup may say by what it is found. Guessed when absent.",
)
@click.option(
    "--value-map",
    "value_maps",
    multiple=True,
    metavar="COLUMN:TEXT=MEANING",
    help="What a text in a column means.",
)
@click.option(
    "--set", "constants", multiple=True, metavar="FIELD=TEXT", help="The same in all rows."
)
@click.option(
    "--create-missing",
    multiple=True,
    metavar="FIELD",
    help="Create the records that this lookup does not find.",
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="All of this as a JSON file; options given besides win.",
)
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Found out when absent.")
@click.option("--delimiter", help="Found out when absent.")
@click.option("--sheet", help="Sheet of a workbook; the first when absent.")
@click.option("--decimal", type=click.Choice([".", ","]), default=None)
@click.option("--dates", type=click.Choice(["ymd", "dmy", "mdy"]), default=None)
@click.option("--clear-blanks", is_flag=True, help="Blank cells empty the field.")
@click.option("--dry-run", is_flag=True, help="Check only; nothing is written.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the rows' results.",
)
@click.pass_obj
def import_(make_app: Callable[[], Flask], /, slug: str, email: str, **options: Any) -> None:
    """Import a CSV or XLSX file as a user of a tenant.

    Exit code 0: all rows are in; 3: some rows were refused (see --results); 1: nothing was done.
    """
    app = make_app()
    services: Services = app.extensions["banyan"]
    tenant_id = find_tenant(services.database, slug).id
    with app.app_context(), _without_chatter():
        actor = _actor(app, services, tenant_id, email)
        with i18n.use_locale(actor.locale):
            job = _run(app, services, tenant_id, actor, options)
            _tell(services, tenant_id, actor, job, options["results"])


@contextmanager
def _without_chatter() -> Iterator[None]:
    """The person at the terminal reads the result, not that a job has finished."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.setLevel(level)


def _actor(app: Flask, services: Services, tenant_id: int, email: str) -> Actor:
    with services.database.scope(tenant_id) as scope:
        user_id = scope.unit.session.scalar(select(User.id).where(User.email == email.lower()))
        if user_id is None:
            raise NotFound(lazy("There is no user %(email)s.", email=email))
        actor: Actor = app.extensions["banyan.doorkeeper"].actor_of(scope, user_id)
        return actor


def _run(
    app: Flask, services: Services, tenant_id: int, actor: Actor, options: dict[str, Any]
) -> Job:
    with open_scope(services.database, tenant_id, actor, write=True) as scope:
        with options["path"].open("rb") as stream:
            file = files.store(
                scope, stream, options["path"].name, "", imports.PURPOSE, limit=_MAX_FILE
            )
        wanted = FileFormat("csv", options["encoding"], options["delimiter"], options["sheet"])
        found = imports.create_import(scope, options["object_api"], file, wanted)
        plan = _plan(scope, plan_from_json(found.plan), options)
        imports.change_plan(found, plan)
        for column in plan.columns:
            by = f" ({', '.join(column.by)})" if column.by else ""
            click.echo(f"  {column.column or repr(column.default)} → {column.field}{by}")
        start = imports.start_check if options["dry_run"] else imports.start_run
        job_id = start(scope, found).id
    # A worker may have begun it by now; whoever claims the job first does it.
    worker.run_job(services, app.extensions["banyan.doorkeeper"], tenant_id, job_id)
    while True:
        with services.database.scope(tenant_id, actor) as scope:
            job = get_job(scope, job_id)
        if job.state not in OPEN:
            return job
        time.sleep(_POLL_SECONDS)


def _plan(scope: RecordScope, guessed: Plan, options: dict[str, Any]) -> Plan:
    object_ = access.require_object(scope, options["object_api"])
    plan = guessed
    if options["mapping"] is not None:
        plan = _read_mapping(options["mapping"], guessed)
    if options["maps"]:
        plan = plan.changed(
            columns=tuple(_column(scope.schema, object_, text) for text in options["maps"])
        )
    columns = [*plan.columns, *_constants(scope.schema, object_, options["constants"])]
    columns = _with_values(columns, options["value_maps"])
    columns = _with_creation(columns, options["create_missing"])
    given = {
        "mode": options["mode"],
        "match": options["match"],
        "decimal": options["decimal"],
        "dates": options["dates"],
        "clear_blanks": options["clear_blanks"] or None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    return plan.changed(columns=tuple(columns), **changes)


def _read_mapping(path: Path, guessed: Plan) -> Plan:
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Malformed(lazy("%(path)s is not JSON.", path=str(path))) from error
    if isinstance(document, dict):
        document = {"object": guessed.object, **document}
        document["format"] = guessed.as_json()["format"]
    return plan_from_json(document)


def _column(schema: Schema, object_: Object, text: str) -> ColumnPlan:
    column, target = _split(text, "=", "--map COLUMN=FIELD[.BY]")
    api, _dot, by = target.partition(".")
    return _plan_of(schema, object_, column, api, by)


def _plan_of(
    schema: Schema, object_: Object, column: str | None, api: str, by: str = "", default: str = ""
) -> ColumnPlan:
    field = object_.fields.get(api)
    names = (by,) if by else default_by(schema, field) if field is not None else ()
    return ColumnPlan(column, api, names, default=default)


def _constants(schema: Schema, object_: Object, given: Iterable[str]) -> list[ColumnPlan]:
    pairs = [_split(text, "=", "--set FIELD=TEXT") for text in given]
    return [_plan_of(schema, object_, None, api, default=text) for api, text in pairs]


def _with_values(columns: list[ColumnPlan], given: Iterable[str]) -> list[ColumnPlan]:
    for text in given:
        column, pair = _split(text, ":", "--value-map COLUMN:TEXT=MEANING")
        said, meant = _split(pair, "=", "--value-map COLUMN:TEXT=MEANING")
        if not any(c.column == column for c in columns):
            raise click.UsageError(_("No field takes the column %(name)s.", name=column))
        columns = [_mapped(c, said, meant) if c.column == column else c for c in columns]
    return columns


def _mapped(column: ColumnPlan, said: str, meant: str) -> ColumnPlan:
    values = {**column.values, said: meant}
    return ColumnPlan(
        column.column, column.field, column.by, column.create_missing, values, column.default
    )


def _with_creation(columns: list[ColumnPlan], fields: Iterable[str]) -> list[ColumnPlan]:
    wanted = set(fields)
    unknown = wanted - {column.field for column in columns}
    if unknown:
        raise click.UsageError(_("No column goes into %(name)s.", name=min(unknown)))
    return [
        ColumnPlan(c.column, c.field, c.by[:1], True, c.values, c.default)
        if c.field in wanted
        else c
        for c in columns
    ]


def _split(text: str, mark: str, form: str) -> tuple[str, str]:
    left, found, right = text.partition(mark)
    if not found or not left or not right:
        raise click.UsageError(_("%(text)s does not have the form %(form)s.", text=text, form=form))
    return left, right


def _tell(services: Services, tenant_id: int, actor: Actor, job: Job, results: Path | None) -> None:
    """Say how it went; ends the command with an exit code when not all is well."""
    with open_scope(services.database, tenant_id, actor) as scope:
        if results is not None and job.results_file_id is not None:
            with files.open_file(scope, job.results_file_id) as source, results.open("wb") as out:
                shutil.copyfileobj(source, out)
        found = imports.get_import(scope, int(job.params["import"]))
        summary = (found.summary or {}).get("check" if job.params["dry"] else "run", {})
    for error in summary.get("errors", ()):
        rows = ", ".join(map(str, error["rows"]))
        label = f"{error['field']}: " if error["field"] else ""
        click.echo(f"  {error['count']} × {label}{error['message']} ({_('rows')} {rows})")
    if job.state != "done":
        click.echo(job.message or _("The import was cancelled."), err=True)
        raise SystemExit(1)
    counts, made = summary.get("counts", {}), summary.get("made", {})
    parts = [f"{counts[name]} {result_text(name)}" for name in RESULTS if name in counts]
    parts += [_("%(n)s new records of %(object)s", n=n, object=api) for api, n in made.items()]
    click.echo(", ".join(parts) or _("The file has no rows."))
    if job.failed:
        raise SystemExit(SOME_REFUSED)
