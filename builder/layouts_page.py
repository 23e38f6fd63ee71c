"""Layouts: tabs of sections of fields, and lists of the records that point to a record.

The form holds the whole layout; buttons that add, move or remove a tab or a section send it and
get it back changed. Fields and lists are picked and ordered in the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_editable, label_of, setup
from builder.conditions import drafted_object
from builder.inputs import Input, State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from builder.views_page import bare, named_inputs
from kernel.errors import Forbidden
from kernel.i18n import LOCALES, _, label_text
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.kinds import kind_schema
from metadata.schema import Object
from runtime.scope import RecordScope

MAX_TABS, MAX_SECTIONS = 20, 30
Tabs = list[dict[str, Any]]
NEW_TAB = {"en": "More", "zh_CN": "更多"}


def layout_inputs() -> list[Input]:
    """The inputs of a layout beside its tabs."""
    title = label_text(kind_schema("layout")["properties"]["default"]["x-label"])
    return [*named_inputs("layout"), Input("default", "flag", title)]


@route(setup, "/objects/<object_api>/layouts/-new", needs=ADMIN)
def new_layout(object_api: str) -> ResponseReturnValue:
    """The form, filled with how record pages are laid out now."""
    find_entry("object", object_api)
    scope, object_ = drafted_object(object_api)
    tabs = _tabs_now(object_)
    return _form(scope, object_, None, State(typed_of(layout_inputs(), {})), tabs)


def _tabs_now(object_: Object) -> Tabs:
    return [
        {
            "label": dict(tab.label),
            "sections": [
                {
                    **({"label": dict(s.label)} if s.label else {}),
                    "columns": s.columns,
                    "fields": [f.api for f in s.fields],
                }
                for s in tab.sections
            ],
            "related": [{"child": related.relation.name} for related in tab.related],
        }
        for tab in object_.layouts[0].tabs
    ]


@route(setup, "/objects/<object_api>/layouts/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_layout(object_api: str) -> ResponseReturnValue:
    """Make the layout, or take one step."""
    find_entry("object", object_api)
    return _save(object_api, None)


@route(setup, "/objects/<object_api>/layouts/<api>", needs=ADMIN)
def edit_layout(object_api: str, api: str) -> ResponseReturnValue:
    """The form, filled with the layout."""
    entry = _editable(object_api, api)
    scope, object_ = drafted_object(object_api)
    state = State(typed_of(layout_inputs(), bare(entry.body)))
    return _form(scope, object_, entry, state, entry.body["tabs"])


@route(setup, "/objects/<object_api>/layouts/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_layout(object_api: str, api: str) -> ResponseReturnValue:
    """Change the layout, or take one step."""
    return _save(object_api, _editable(object_api, api))


def _editable(object_api: str, api: str) -> Entry:
    entry = find_entry("layout", f"{object_api}.{api}", object_api)
    if not is_editable(entry):
        raise Forbidden(_("Every workspace has this layout as it is."))
    return entry


# -- the sent form ------------------------------------------------------------------------------


def _sent_tabs(entry: Entry | None) -> Tabs:
    known = _known_lists(entry)
    tabs: Tabs = []
    for t in range(MAX_TABS):
        if f"t{t}.here" not in request.form:
            break
        sections = []
        for s in range(MAX_SECTIONS):
            if f"t{t}.s{s}.here" not in request.form:
                break
            sections.append(_sent_section(f"t{t}.s{s}"))
        related = [known.get(c, {"child": c}) for c in request.form.getlist(f"t{t}.related")]
        tabs.append({"label": _sent_label(f"t{t}"), "sections": sections, "related": related})
    return tabs


def _known_lists(entry: Entry | None) -> dict[str, Any]:
    """The related lists as they were: the form does not show their columns and order."""
    tabs = entry.body["tabs"] if entry else []
    return {one["child"]: one for tab in tabs for one in tab.get("related", ())}


def _sent_section(name: str) -> dict[str, Any]:
    label = _sent_label(name)
    columns = request.form.get(f"{name}.columns", "2")
    section = {"label": label} if label else {}
    return {
        **section,
        "columns": int(columns) if columns in ("1", "2", "3") else 2,
        "fields": request.form.getlist(f"{name}.field"),
    }


def _sent_label(name: str) -> dict[str, str]:
    texts = {locale: request.form.get(f"{name}.label.{locale}", "").strip() for locale in LOCALES}
    return {locale: text for locale, text in texts.items() if text}


def take_step(tabs: Tabs, action: str) -> None:
    """Do what a button asks for: `add-tab`, `add-section:0`, `up:0` (a tab), `down:0.1`,
    `remove:0.1` (a section of a tab)."""
    verb, _colon, place = action.partition(":")
    if verb == "add-tab" and len(tabs) < MAX_TABS:
        tabs.append({"label": dict(NEW_TAB), "sections": [{"columns": 2, "fields": []}]})
        return
    steps = [int(p) for p in place.split(".") if p.isascii() and p.isdecimal() and len(p) < 3]
    if verb == "add-section" and len(steps) == 1 and steps[0] < len(tabs):
        tabs[steps[0]].setdefault("sections", []).append({"columns": 2, "fields": []})
        return
    items = tabs
    if len(steps) == 2 and steps[0] < len(tabs):
        items = tabs[steps[0]].get("sections", [])
    at = steps[-1] if steps else len(items)
    if at >= len(items):
        return
    if verb == "remove" and (items is not tabs or len(tabs) > 1):
        del items[at]
    other = at + {"up": -1, "down": 1}.get(verb, 0)
    if verb in ("up", "down") and 0 <= other < len(items):
        items[at], items[other] = items[other], items[at]


def _save(object_api: str, entry: Entry | None) -> ResponseReturnValue:
    scope, object_ = drafted_object(object_api)
    inputs = layout_inputs()
    state = State(read_typed(inputs, request.form))
    tabs = _sent_tabs(entry)
    if "action" in request.form:
        take_step(tabs, request.form["action"])
        return _form(scope, object_, entry, state, tabs)
    state.errors = missing(inputs, state.typed)
    if any(not tab["label"] for tab in tabs):
        state.others.append(_("Give every tab a name in at least one language."))
    body = to_body(inputs, state.typed, entry.body if entry else {"object": object_api})
    taken = {e.api for e in store.list_documents(current_scope(), "layout", object_api)}
    names = {api.split(".")[1] for api in taken}
    name = state.typed["api"] or make_name(body.get("label", {}), names, "layout")
    api = f"{object_api}.{name}"
    if entry is None and api in taken:
        state.errors.setdefault("api", _("This name is taken."))
    body |= {"api": api, "tabs": [_lean(tab) for tab in tabs]}
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(
                current_scope(), "layout", entry.api if entry else api, body
            ),
            _("Layout “%(name)s” saved", name=label_of(body)),
        )
        if problem is None:
            return redirect(f"/setup/objects/{object_api}", 303)
        state.note(f"layout {api}", problem)
    return _form(scope, object_, entry, state, tabs), 422


def _lean(tab: Mapping[str, Any]) -> dict[str, Any]:
    """The tab without sections that are empty."""
    sections = [section for section in tab.get("sections", ()) if section["fields"]]
    lean = {"label": tab["label"], "sections": sections, "related": tab.get("related", [])}
    return {key: value for key, value in lean.items() if value}


# -- the form -----------------------------------------------------------------------------------


def _form(
    scope: RecordScope, object_: Object, entry: Entry | None, state: State, tabs: Tabs
) -> str:
    fields = {f.api: label_text(f.label) for f in object_.fields.values()}
    lists = {relation.name: _list_label(scope, relation.name) for relation in object_.children}
    placed = {f for tab in tabs for s in tab.get("sections", ()) for f in s["fields"]}
    shown = {one["child"] for tab in tabs for one in tab.get("related", ())}
    return render_template(
        "setup/layout_form.html",
        object=object_,
        entry=entry,
        inputs=layout_inputs(),
        state=state,
        tabs=tabs,
        fields=fields,
        free_fields=[(api, label) for api, label in fields.items() if api not in placed],
        lists=lists,
        free_lists=[(name, label) for name, label in lists.items() if name not in shown],
        action=f"/setup/objects/{object_.api}/layouts/"
        + (entry.api.split(".")[1] if entry else "-new"),
        back=f"/setup/objects/{object_.api}",
    )


def _list_label(scope: RecordScope, name: str) -> str:
    child, _dot, field = name.partition(".")
    object_ = scope.schema.objects[child]
    return f"{label_text(object_.plural)} ({label_text(object_.fields[field].label)})"
