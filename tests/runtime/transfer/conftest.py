"""A tenant with companies (that have parents) and deals, and imports run to their end."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

import runtime.transfer.jobs  # noqa: F401  # registers the kinds
from kernel import files, worker
from kernel.jobs import Job, get_job
from kernel.scope import Actor
from kernel.web.app import create_base_app
from kernel.web.services import Services
from metadata import drafts, store
from metadata.paths import resolve_path
from runtime.query import Query, select_records
from runtime.scope import RecordScope, open_scope
from runtime.transfer import imports
from runtime.transfer.models import DataImport
from runtime.transfer.plan import ColumnPlan, plan_from_json
from runtime.transfer.readers import FileFormat
from tenants.doorkeeper import TenantDoorkeeper
from tests.twins import Side, Twin

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"kind": "object", "api": "company", "name_field": "name", "access": {"default": "read"}},
    {"kind": "field", "api": "company.name", "type": "text", "required": True},
    {"kind": "field", "api": "company.code", "type": "text", "unique": True},
    {"kind": "field", "api": "company.parent", "type": "lookup", "to": "company"},
    {"kind": "field", "api": "company.staff", "type": "integer"},
    {
        "kind": "field",
        "api": "company.sector",
        "type": "picklist",
        "values": [
            {"code": "tech", "label": {"en": "Technology", "zh_CN": "科技"}},
            {"code": "retail", "label": {"en": "Retail", "zh_CN": "零售"}},
        ],
    },
    {"kind": "field", "api": "company.founded", "type": "date"},
    {"kind": "field", "api": "company.note", "type": "long_text"},
    {"kind": "object", "api": "deal", "name_field": "title", "access": {"default": "private"}},
    {"kind": "field", "api": "deal.title", "type": "text", "required": True},
    {
        "kind": "field",
        "api": "deal.company",
        "type": "lookup",
        "to": "company",
        "required": True,
        "on_delete": "restrict",
    },
    {"kind": "field", "api": "deal.amount", "type": "currency"},
    {"kind": "field", "api": "deal.share", "type": "percent"},
    {"kind": "field", "api": "deal.met_at", "type": "datetime"},
    {"kind": "field", "api": "deal.hot", "type": "checkbox"},
    {"kind": "field", "api": "deal.note", "type": "long_text"},
    {"kind": "field", "api": "deal.number", "type": "autonumber", "format": "D-{0000}"},
)


def labelled(document: dict[str, Any]) -> dict[str, Any]:
    """The document with labels made from its api name."""
    name = document["api"].split(".")[-1].capitalize()
    labels: dict[str, Any] = {"label": {"en": name, "zh_CN": f"{name}中"}}
    if document["kind"] == "object":
        labels["plural"] = {"en": f"{name}s", "zh_CN": f"{name}中"}
    return labels | document


@dataclass(frozen=True)
class Shop:
    """What the tests do: open a scope, set an import up, run jobs to their end, read records."""

    app: Flask
    side: Side

    @property
    def admin(self) -> Actor:
        """The administrator."""
        return self.side.admin

    @property
    def user(self) -> Actor:
        """A person without special rights."""
        return self.side.user

    def scope(
        self, actor: Actor | None = None, *, write: bool = True
    ) -> AbstractContextManager[RecordScope]:
        """A unit of work of the tenant."""
        database = self.app.extensions["banyan"].database
        return open_scope(database, self.side.id, actor or self.admin, write=write)

    def publish(self, *documents: dict[str, Any]) -> None:
        """Publish documents."""
        with self.scope(write=False) as scope:
            for document in documents:
                drafts.put_document(scope, document["kind"], document["api"], labelled(document))
            store.publish(scope, "test")

    def set_up(
        self,
        object_api: str,
        content: str | bytes,
        *,
        columns: dict[str, str] | tuple[ColumnPlan, ...] | None = None,
        actor: Actor | None = None,
        wanted: FileFormat | None = None,
        **choices: Any,
    ) -> int:
        """Set an import up; `columns` maps headers to `field` or `lookup.field`."""
        raw = content.encode() if isinstance(content, str) else content
        with self.scope(actor) as scope:
            file = files.store(scope, io.BytesIO(raw), "data.csv", "text/csv", "import")
            found = imports.create_import(scope, object_api, file, wanted)
            plan = plan_from_json(found.plan)
            if isinstance(columns, dict):
                columns = tuple(column_plan(k, v) for k, v in columns.items())
            if columns is not None:
                plan = plan.changed(columns=columns)
            imports.change_plan(found, plan.changed(**choices))
            return found.id

    def start(
        self,
        step: Callable[[RecordScope, DataImport], Job],
        import_id: int,
        actor: Actor | None = None,
    ) -> Job:
        """Start a step of an import and do its job to the end."""
        with self.scope(actor) as scope:
            job_id = step(scope, imports.get_import(scope, import_id)).id
        return self.work(job_id, actor)

    def work(self, job_id: int, actor: Actor | None = None) -> Job:
        """Do a queued job."""
        services = self.app.extensions["banyan"]
        doorkeeper = self.app.extensions["banyan.doorkeeper"]
        worker.run_job(services, doorkeeper, self.side.id, job_id)
        with self.scope(actor) as scope:
            return get_job(scope, job_id)

    def run(self, object_api: str, content: str | bytes, **choices: Any) -> tuple[int, Job]:
        """Set an import up and run it."""
        actor = choices.get("actor")
        import_id = self.set_up(object_api, content, **choices)
        return import_id, self.start(imports.start_run, import_id, actor)

    def results(self, job: Job) -> list[dict[str, str]]:
        """The rows of a job's file of results."""
        assert job.results_file_id is not None
        with self.scope() as scope, files.open_file(scope, job.results_file_id) as file:
            return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))

    def summary(self, import_id: int) -> dict[str, Any]:
        """What the import's steps found."""
        with self.scope() as scope:
            return imports.get_import(scope, import_id).summary or {}

    def rows(
        self, object_api: str, *fields: str, actor: Actor | None = None
    ) -> list[tuple[Any, ...]]:
        """All records as tuples of some fields (lookups by name), in order."""
        with self.scope(actor, write=False) as scope:
            object_ = scope.schema.objects[object_api]
            paths = tuple(resolve_path(name, object_, scope.schema) for name in fields)
            found: list[tuple[Any, ...]] = []
            cursor: str | None = None
            while True:
                page = select_records(scope, Query(object_, paths, limit=500, cursor=cursor))
                for record in page.records:
                    shown = [record.values[name] for name in fields]
                    found.append(tuple(v["name"] if isinstance(v, dict) else v for v in shown))
                cursor = page.next
                if cursor is None:
                    return sorted(found, key=str)


def column_plan(column: str, target: str) -> ColumnPlan:
    """The plan of a column from `field` or `lookup.field`."""
    field, _dot, by = target.partition(".")
    return ColumnPlan(column, field, (by,) if by else ())


@pytest.fixture
def shop(services: Services, twin: Twin) -> Iterator[Shop]:
    """A tenant with companies and deals; the application has no pages."""
    app = create_base_app(services, TenantDoorkeeper(services))
    with app.app_context():
        found = Shop(app, twin.ours)
        found.publish(*DOCUMENTS)
        yield found
