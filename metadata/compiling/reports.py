"""Reports and applications: the last step of the compiler."""

from __future__ import annotations

from typing import Any

from kernel.i18n import lazy
from metadata.compiling.state import Compilation, complete
from metadata.documents import Document
from metadata.schema import (
    Application,
    Grouping,
    Measure,
    NavigationItem,
    Object,
    Report,
)

_DATED = ("date", "datetime")


def build_reports(work: Compilation) -> None:
    """All reports."""
    for document in work.catalogue.of_kind("report"):
        body = work.catalogue.with_names(document)
        built = work.object_of(document, body["object"])
        if built is not None:
            work.reports[document.api] = _report(work, document, built, body)


def _report(work: Compilation, document: Document, built: Object, body: Any) -> Report:
    where = body.get("where")
    groups = [_grouping(work, document, built, n, g) for n, g in enumerate(body["group_by"])]
    measures = [_measure(work, document, built, n, m) for n, m in enumerate(body["measures"])]
    return Report(
        id=document.id,
        api=document.api,
        object=built.api,
        label=body["label"],
        where=work.condition(document, "where", built, where),
        where_json=where,
        group_by=tuple(g for g in groups if g is not None),
        measures=tuple(m for m in measures if m is not None),
        chart=body.get("chart", "bar"),
    )


def _grouping(
    work: Compilation, document: Document, built: Object, n: int, group: Any
) -> Grouping | None:
    at = f"group_by[{n}]"
    path = work.path(document, f"{at}.field", built, group["field"])
    if path is None:
        return None
    by = group.get("by")
    if not path.field.type.groupable:
        reason = lazy("Records cannot be grouped by %(field)s.", field=path.api)
        work.faults.add(document, f"{at}.field", "not_groupable", reason)
    elif by is not None and path.field.type.name not in _DATED:
        reason = lazy("Only dates are grouped by a period.")
        work.faults.add(document, f"{at}.by", "not_a_date", reason)
    return Grouping(path, by)


def _measure(
    work: Compilation, document: Document, built: Object, n: int, measure: Any
) -> Measure | None:
    at, fn = f"measures[{n}]", measure["fn"]
    if fn == "count":
        if "field" in measure:
            reason = lazy("count counts records; it takes no field.")
            work.faults.add(document, f"{at}.field", "unexpected_field", reason)
        return Measure(fn)
    if "field" not in measure:
        work.faults.add(document, f"{at}.field", "required", lazy("This is missing."))
        return None
    path = work.path(document, f"{at}.field", built, measure["field"])
    if path is not None and fn not in path.field.type.measures:
        reason = lazy("%(fn)s cannot be taken of %(field)s.", fn=fn, field=path.api)
        work.faults.add(document, f"{at}.fn", "not_measurable", reason)
    return Measure(fn, path) if path else None


def build_applications(work: Compilation) -> None:
    """All applications; what none of them shows is added to the built-in one."""
    documents = work.catalogue.of_kind("application")
    made = [_application(work, document) for document in documents]
    shown = {item.object for application in made for item in application.items}
    rest = tuple(
        NavigationItem(object=built.api)
        for built in work.objects.values()
        if built.api not in shown and built.master is None
    )
    for document, application in zip(documents, made, strict=True):
        if document.built_in:
            complete(application, items=(*rest, *application.items))
    tenant_first = sorted(zip(documents, made, strict=True), key=lambda pair: pair[0].built_in)
    complete(
        work.schema, applications=tuple(application for _document, application in tenant_first)
    )


def _application(work: Compilation, document: Document) -> Application:
    body = work.catalogue.with_names(document)
    items = []
    for n, item in enumerate(body["items"]):
        if "object" in item:
            if work.object_of(document, item["object"], f"items[{n}].object"):
                items.append(NavigationItem(object=item["object"], label=item.get("label")))
        elif item["report"] in work.reports:
            items.append(NavigationItem(report=item["report"], label=item.get("label")))
        else:
            reason = lazy("There is no report %(name)s.", name=item["report"])
            work.faults.add(document, f"items[{n}].report", "no_such_report", reason)
    return Application(
        document.id, document.api, body["label"], body.get("icon", "apps"), tuple(items)
    )
