"""Reports that everybody sees."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from builder.blueprint import attempt, find_entry, label_of, setup
from builder.conditions import (
    asked_filter,
    drafted_object,
    filter_context,
    is_step,
    known_filter,
    sent_filter,
    where_of,
)
from builder.inputs import State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from builder.views_page import named_inputs
from kernel.i18n import _, label_text
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.schema import Object
from runtime.query.aggregation import PERIODS
from runtime.query.requests import MAX_GROUPINGS
from runtime.reports.pages import CHARTS, groupable_paths, measurable_paths, measure_of
from runtime.reports.table import function_label, period_label
from runtime.scope import RecordScope
from runtime.workspace.display import path_label
from runtime.workspace.filters import Group

MAX_MEASURES = 6
Asked = MultiDict[str, str]
"""How a report is made, by the names that the address of the report builder uses."""


@route(setup, "/reports", needs=ADMIN)
def list_reports() -> ResponseReturnValue:
    """All reports, and the objects to report on."""
    scope = current_scope()
    return render_template(
        "setup/reports.html",
        entries=store.list_documents(scope, "report"),
        objects=store.list_documents(scope, "object"),
    )


@route(setup, "/reports/new/<object_api>", needs=ADMIN)
def new_report(object_api: str) -> ResponseReturnValue:
    """The form, filled with the report that the address describes."""
    find_entry("object", object_api)
    scope, object_ = drafted_object(object_api)
    asked = MultiDict(request.args)
    asked.setdefault("measure1", "count")
    root = known_filter(scope, object_, asked_filter())
    return _form(scope, object_, None, State(typed_of(named_inputs("report"), {})), asked, root)


@route(setup, "/reports/new/<object_api>", methods=["POST"], needs=ADMIN, writes=False)
def create_report(object_api: str) -> ResponseReturnValue:
    """Make the report, or take one step in its filter."""
    find_entry("object", object_api)
    return _save(object_api, None)


@route(setup, "/reports/<api>", needs=ADMIN)
def edit_report(api: str) -> ResponseReturnValue:
    """The form, filled with the report."""
    entry = find_entry("report", api)
    scope, object_ = drafted_object(entry.body["object"])
    state = State(typed_of(named_inputs("report"), entry.body))
    root = known_filter(scope, object_, entry.body.get("where"))
    return _form(scope, object_, entry, state, _asked_of(entry.body), root)


@route(setup, "/reports/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_report(api: str) -> ResponseReturnValue:
    """Change the report, or take one step in its filter."""
    entry = find_entry("report", api)
    return _save(entry.body["object"], entry)


def _asked_of(body: Any) -> Asked:
    asked: Asked = MultiDict({"chart": body.get("chart", "bar")})
    for n, group in enumerate(body["group_by"], start=1):
        asked[f"group{n}"], asked[f"by{n}"] = group["field"], group.get("by", "")
    for n, measure in enumerate(body["measures"], start=1):
        asked[f"measure{n}"] = ":".join(filter(None, (measure["fn"], measure.get("field"))))
    return asked


def _save(object_api: str, entry: Entry | None) -> ResponseReturnValue:
    scope, object_ = drafted_object(object_api)
    inputs = named_inputs("report")
    state = State(read_typed(inputs, request.form))
    root, focus = sent_filter(scope, object_)
    if is_step():
        return _form(scope, object_, entry, state, request.form, root, focus)
    state.errors = missing(inputs, state.typed)
    body = to_body(inputs, state.typed, entry.body if entry else {"object": object_api})
    body |= _made(scope, object_, state) | {"where": where_of(scope, object_, root, state)}
    if body["where"] is None:
        del body["where"]
    taken = {e.api for e in store.list_documents(current_scope(), "report")}
    api = body.setdefault("api", make_name(body.get("label", {}), taken, "report"))
    if entry is None and api in taken:
        state.errors.setdefault("api", _("This name is taken."))
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(
                current_scope(), "report", entry.api if entry else api, body
            ),
            _("Report “%(name)s” saved", name=label_of(body)),
        )
        if problem is None:
            return redirect("/setup/reports", 303)
        state.note(f"report {api}", problem)
    return _form(scope, object_, entry, state, request.form, root), 422


def _made(scope: RecordScope, object_: Object, state: State) -> dict[str, Any]:
    """The keys, figures and chart of the sent form."""
    form = request.form
    dated = {p.api for p in groupable_paths(scope, object_) if p.field.type.slot_kind == "d"}
    groups = []
    for n in range(1, MAX_GROUPINGS + 1):
        name, by = form.get(f"group{n}", ""), form.get(f"by{n}", "")
        if name:
            groups.append({"field": name, "by": by} if by and name in dated else {"field": name})
    texts = [form.get(f"measure{n}", "") for n in range(1, MAX_MEASURES + 1)]
    if not groups:
        state.others.append(_("Choose what to group by."))
    chart = form.get("chart", "bar")
    return {
        "group_by": groups,
        "measures": [measure_of(text) for text in texts if text] or [{"fn": "count"}],
        "chart": chart if chart in CHARTS else "bar",
    }


def _form(
    scope: RecordScope,
    object_: Object,
    entry: Entry | None,
    state: State,
    asked: Asked,
    root: Group,
    focus: str | None = None,
) -> str:
    url = f"/setup/reports/{entry.api}" if entry else f"/setup/reports/new/{object_.api}"
    figures = [("count", _("Records"))]
    figures += [
        (f"{fn}:{path.api}", f"{function_label(fn)}: {path_label(path)}")
        for fn, path in measurable_paths(object_)
    ]
    return render_template(
        "setup/report_form.html",
        object=object_,
        object_label=label_text(object_.plural),
        entry=entry,
        inputs=named_inputs("report"),
        state=state,
        asked=asked,
        groupable=[(p.api, path_label(p)) for p in groupable_paths(scope, object_)],
        figures=figures,
        periods=[(by, period_label(by)) for by in PERIODS],
        group_places=range(1, MAX_GROUPINGS + 1),
        measure_places=range(1, MAX_MEASURES + 1),
        action=url,
        back="/setup/reports",
        **filter_context(scope, object_, root, url, focus),
    )
