"""The pages of reports: the list of them, one of them, and one that its reader puts together."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import label_text, lazy
from kernel.web.routes import SIGNED_IN, route
from metadata.condition import parse
from metadata.schema import Grouping, Measure, Object, Path, Report
from runtime import access
from runtime.query.aggregation import PERIODS
from runtime.query.requests import (
    MAX_GROUPINGS,
    MEASURE_FUNCTIONS,
    read_groupings,
    read_measures,
)
from runtime.reports.chart import chart_data
from runtime.reports.table import (
    Definition,
    ReportTable,
    function_label,
    make_table,
    object_title,
    period_label,
)
from runtime.scope import RecordScope
from runtime.transfer.cells import neutralise
from runtime.web import request_scope
from runtime.workspace.list_links import ListLink
from runtime.workspace.list_page import available_paths, condition_text
from runtime.workspace.list_state import ListState

CHARTS = ("bar", "line", "pie", "none")
SHOWN_MEASURES = 3

pages = Blueprint("reports", __name__, template_folder="templates")


@route(pages, "/reports", needs=SIGNED_IN)
def list_reports() -> ResponseReturnValue:
    """All reports of the tenant."""
    schema = request_scope().schema
    reports = sorted(schema.reports.values(), key=lambda r: label_text(r.label))
    objects = [o for o in schema.objects.values() if o.master is None]
    return render_template("reports/list.html", reports=reports, schema=schema, objects=objects)


@route(pages, "/reports/<api>", needs=SIGNED_IN)
def show_report(api: str) -> ResponseReturnValue:
    """A report of the tenant's metadata."""
    scope = request_scope()
    report = scope.schema.reports.get(api)
    if report is None:
        raise NotFound()
    definition = definition_of(scope, report)
    return _page(scope, definition, label_text(report.label), own_url=f"/reports/{api}")


@route(pages, "/o/<object_api>/report", needs=SIGNED_IN)
def build_report(object_api: str) -> ResponseReturnValue:
    """A report that its reader puts together; the address says how."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    definition, problem = _asked(scope, object_)
    title = object_title(definition)
    url = f"/o/{object_api}/report?{urlencode(_parameters(definition))}"
    return _page(scope, definition, title, own_url=url, problem=problem, build=True)


def definition_of(scope: RecordScope, report: Report) -> Definition:
    """What a report of the metadata asks."""
    return Definition(
        scope.schema.objects[report.object],
        report.where,
        report.where_json,
        report.group_by,
        report.measures,
        report.chart,
    )


def report_link(object_: Object, state: ListState) -> ListLink | None:
    """The link above a list to a report on the same records."""
    if state.problem is not None:
        return None
    where = {"where": orjson.dumps(state.where_json).decode()} if state.where_json else {}
    query = f"?{urlencode(where)}" if where else ""
    return ListLink(lazy("Report"), f"/o/{object_.api}/report{query}", "chart-bar")


def _asked(scope: RecordScope, object_: Object) -> tuple[Definition, Invalid | None]:
    """The report of the address, and what is wrong with it if something is."""
    args = request.args
    chart = args.get("chart", "bar")
    chart = chart if chart in CHARTS else "bar"
    empty = Definition(object_, None, None, (), (Measure("count"),), chart)
    try:
        where_json = _where_json(args.get("where", ""))
        where = parse(where_json, object_, scope.schema)
        groups = [
            _group(args.get(f"group{n}", ""), args.get(f"by{n}", ""))
            for n in range(1, MAX_GROUPINGS + 1)
        ]
        measures = [
            measure_of(text)
            for n in range(1, SHOWN_MEASURES + 1)
            if (text := args.get(f"measure{n}", ""))
        ]
        definition = Definition(
            object_,
            where,
            where_json,
            _fitting(scope, object_, [g for g in groups if g]),
            read_measures(scope.schema, object_, measures or None),
            chart,
        )
    except Invalid as problem:
        return empty, problem
    return definition, None


def _where_json(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = lazy("The filter in this address is not readable.")
        raise Invalid(errors=[FieldError("where", "malformed", message)]) from error


def _group(name: str, by: str) -> dict[str, str] | None:
    if not name:
        return None
    return {"field": name, "by": by} if by else {"field": name}


def _fitting(
    scope: RecordScope, object_: Object, groups: list[dict[str, str]]
) -> tuple[Grouping, ...]:
    """The keys; a period that was left over from another field is dropped."""
    dated = {p.api for p in groupable_paths(scope, object_) if p.field.type.slot_kind == "d"}
    kept = [g if g["field"] in dated else {"field": g["field"]} for g in groups]
    return read_groupings(scope.schema, object_, kept)


def measure_of(text: str) -> dict[str, str]:
    fn, _colon, name = text.partition(":")
    return {"fn": fn, "field": name} if name else {"fn": fn}


def _parameters(definition: Definition) -> dict[str, str]:
    found: dict[str, str] = {"chart": definition.chart}
    for n, grouping in enumerate(definition.group_by, start=1):
        found[f"group{n}"] = grouping.path.api
        if grouping.by:
            found[f"by{n}"] = grouping.by
    for n, measure in enumerate(definition.measures, start=1):
        found[f"measure{n}"] = measure_key(measure)
    if definition.where_json:
        found["where"] = orjson.dumps(definition.where_json).decode()
    return found


def measure_key(measure: Measure) -> str:
    return measure.fn if measure.path is None else f"{measure.fn}:{measure.path.api}"


def groupable_paths(scope: RecordScope, object_: Object) -> list[Path]:
    """The paths that records can be grouped by, two lookups deep where these are people."""
    paths = [p for p in available_paths(scope, object_) if p.field.type.groupable]
    people = [
        Path((link, field))
        for link in object_.fields.values()
        if link.column is not None and link.to is not None
        for field in scope.schema.objects[link.to].data_fields()
        if field.type.groupable
    ]
    return paths + people


def measurable_paths(object_: Object) -> list[tuple[str, Path]]:
    return [
        (fn, Path((field,)))
        for field in object_.data_fields()
        for fn in MEASURE_FUNCTIONS
        if fn in field.type.measures
    ]


def _page(
    scope: RecordScope,
    definition: Definition,
    title: str,
    *,
    own_url: str,
    problem: Invalid | None = None,
    build: bool = False,
) -> ResponseReturnValue:
    table = make_table(scope, definition)
    if request.args.get("format") == "csv":
        return _csv(table)
    chart = chart_data(definition, table)
    object_ = definition.object
    where = orjson.dumps(definition.where_json).decode() if definition.where_json else ""
    page = render_template(
        "reports/report.html",
        title=title,
        object=object_,
        definition=definition,
        table=table,
        chart=orjson.dumps(chart).decode() if chart else None,
        problem=problem,
        build=build,
        sentence=condition_text(scope, definition.where) if definition.where else "",
        list_url=f"/o/{object_.api}?{urlencode({'where': where})}",
        build_url=f"/o/{object_.api}/report?{urlencode(_parameters(definition))}",
        keep_url=f"/setup/reports/new/{object_.api}?{urlencode(_parameters(definition))}",
        csv_url=own_url + ("&" if "?" in own_url else "?") + "format=csv",
        where=where,
        groupable=groupable_paths(scope, object_) if build else [],
        measurable=measurable_paths(object_) if build else [],
        chosen_measures=[measure_key(m) for m in definition.measures],
        periods=[(by, period_label(by)) for by in PERIODS],
        function_label=function_label,
        charts=CHARTS,
        places=range(1, MAX_GROUPINGS + 1),
        measure_places=range(1, SHOWN_MEASURES + 1),
    )
    return page, (422 if problem else 200)


def _csv(table: ReportTable) -> Response:
    """The table as a file that spreadsheets open; texts cannot become formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutralise(text) for text in (*table.headings, *table.measures)])
    for line in table.plain() or table.lines:
        numbers = [figure.value for figure in line.figures]
        writer.writerow([*(neutralise(text) for text in line.groups), *numbers])
    return Response(
        "\ufeff" + out.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="report.csv"'},
    )
