"""Making and changing records with forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from kernel.errors import Forbidden, Invalid, Malformed, Stale
from kernel.i18n import _, format_datetime, label_text
from kernel.web.gate import local_path
from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Field, Object
from runtime import access
from runtime.records import Change, Record, create, get, get_many, update_many
from runtime.records.shape import find_names
from runtime.scope import RecordScope
from runtime.web import parse_id, request_scope
from runtime.workspace.blueprint import may_edit, pages
from runtime.workspace.display import cell_of, list_url, record_name, record_url
from runtime.workspace.form_layout import OWNER, FormSection, fields_of, form_sections
from runtime.workspace.form_tokens import new_token, record_id_of
from runtime.workspace.form_values import Inputs, Typed, read_values, typed_of
from runtime.workspace.record_page import WIDE

MAX_WAS = 1_000_000


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A field that somebody else changed while the form was open."""

    label: str
    now: str
    yours: bool
    """Whether the form changes it too, so that saving would overwrite what stands there now."""


# -- a new record -------------------------------------------------------------------------------


@route(pages, "/o/<object_api>/new", needs=SIGNED_IN)
def new_record(object_api: str) -> ResponseReturnValue:
    """An empty form, with defaults and what the address brings (`?account=123`)."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    access.require_create(scope, object_)
    sections = form_sections(scope, object_, None)
    inputs = Inputs()
    for target in fields_of(sections):
        inputs.typed[target.api] = _first_typed(scope, target)
    return _form(scope, object_, sections, inputs, once=new_token(scope, object_))


def _first_typed(scope: RecordScope, target: Field) -> Typed:
    given = request.args.get(target.api)
    if given is not None and target.type.widget != "multi_picklist":
        return given[:1000]
    if target.api == OWNER:
        return str(scope.actor.id or "")
    return typed_of(target, target.default, scope.actor)


@route(pages, "/o/<object_api>/new", methods=["POST"], needs=SIGNED_IN)
def create_record(object_api: str) -> ResponseReturnValue:
    """Make the record; a form that is sent twice makes it once."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    access.require_create(scope, object_)
    sections = form_sections(scope, object_, None)
    record_id = record_id_of(scope, object_, request.form.get("once", ""))
    if record_id is not None and get_many(scope, object_.api, [record_id]):
        return redirect(record_url(object_.api, record_id), 303)
    inputs, values = read_values(fields_of(sections), request.form, scope.actor)
    if not inputs.wrong:
        try:
            record = create(scope, object_.api, _without_blanks(values), record_id=record_id)
        except Invalid as problem:
            inputs.add_errors(problem.errors)
        except IntegrityError:
            if record_id is None:
                raise
            scope.unit.undo()  # the same form, sent at the same moment, was quicker
            return redirect(record_url(object_.api, record_id), 303)
        else:
            return _after_create(object_, record)
    _note_missing(fields_of(sections), inputs)
    return _form(scope, object_, sections, inputs, once=request.form.get("once", "")), 422


def _without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    """Blank owner means oneself; other blanks stay, so that a default can be emptied."""
    return {api: v for api, v in values.items() if not (api == OWNER and v is None)}


def _note_missing(fields: list[Field], inputs: Inputs) -> None:
    """Name all that is missing at once, not only what the engine came to."""
    for target in fields:
        typed = inputs.typed.get(target.api)
        missing = not (typed.strip() if isinstance(typed, str) else typed)
        if target.required and missing and target.type.widget != "checkbox":
            inputs.errors.setdefault(target.api, _("This field is required."))


def _after_create(object_: Object, record: Record) -> ResponseReturnValue:
    name = record_name(object_, record)
    flash(_("“%(name)s” is created.", name=name), "success")
    following = request.form.get("next", "")
    if request.form.get("then") == "new":
        query = f"?{urlencode({'next': following})}" if following else ""
        return redirect(f"/o/{object_.api}/new{query}", 303)
    return redirect(local_path(following, record_url(object_.api, record.id)), 303)


# -- an old record ------------------------------------------------------------------------------


def _editable(scope: RecordScope, object_api: str, record_id: str) -> Record:
    record = get(scope, object_api, parse_id(record_id))
    if not may_edit(scope, record):
        raise Forbidden(_("Only the owner of this record or an administrator may change it."))
    return record


@route(pages, "/o/<object_api>/<record_id>/edit", needs=SIGNED_IN)
def edit_record(object_api: str, record_id: str) -> ResponseReturnValue:
    """The form, filled with the record."""
    scope = request_scope()
    record = _editable(scope, object_api, record_id)
    sections = form_sections(scope, record.object, record)
    inputs = Inputs(typed=_now(scope, sections, record))
    return _form(scope, record.object, sections, inputs, record=record)


def _now(scope: RecordScope, sections: list[FormSection], record: Record) -> dict[str, Typed]:
    """What would stand in the inputs for the record as it is now."""
    return {
        target.api: typed_of(target, record.values.get(target.api), scope.actor)
        for target in fields_of(sections)
    }


@route(pages, "/o/<object_api>/<record_id>/edit", methods=["POST"], needs=SIGNED_IN)
def save_record(object_api: str, record_id: str) -> ResponseReturnValue:
    """Save what was changed; when somebody was quicker, show what changed and keep the input."""
    scope = request_scope()
    record = _editable(scope, object_api, record_id)
    object_ = record.object
    sections = form_sections(scope, object_, record)
    was, version = _was(), _version()
    inputs, values = read_values(fields_of(sections), request.form, scope.actor, was)
    now = _now(scope, sections, record)
    inputs.typed = now | inputs.typed
    if version != record.version:
        return _stale(scope, sections, record, inputs, was)
    if not inputs.wrong:
        (result,) = update_many(scope, object_.api, [Change(record.id, values, version)])
        if isinstance(result.problem, Stale):
            fresh = get(scope, object_.api, record.id)
            return _stale(scope, sections, fresh, inputs, was)
        if result.problem is None:
            return _after_save(scope, record)
        if not isinstance(result.problem, Invalid):
            raise result.problem
        inputs.add_errors(result.problem.errors)
    return _form(scope, object_, sections, inputs, record=record, was=was), 422


def _after_save(scope: RecordScope, record: Record) -> ResponseReturnValue:
    """On to the record; to the list when it was handed over to where one cannot see it."""
    flash(_("“%(name)s” is saved.", name=record_name(record.object, record)), "success")
    if not get_many(scope, record.object.api, [record.id]):
        return redirect(list_url(record.object.api), 303)
    url = record_url(record.object.api, record.id)
    return redirect(local_path(request.form.get("next"), url), 303)


def _was() -> dict[str, Typed]:
    text = request.form.get("was", "")
    try:
        was = orjson.loads(text) if len(text) <= MAX_WAS else None
    except orjson.JSONDecodeError as error:
        raise Malformed() from error
    if not isinstance(was, dict) or not all(map(_is_typed, was.values())):
        raise Malformed()
    return was


def _is_typed(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _version() -> int:
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed()
    return int(text)


def _stale(
    scope: RecordScope,
    sections: list[FormSection],
    record: Record,
    inputs: Inputs,
    was: dict[str, Typed],
) -> ResponseReturnValue:
    """The form again: untouched inputs show what stands there now, touched ones what was typed;
    and what others changed is listed."""
    now = _now(scope, sections, record)
    changes = []
    for target in fields_of(sections):
        api = target.api
        touched = api in was and inputs.typed.get(api) != was[api]
        if api in was and now[api] != was[api]:
            text = cell_of(scope.actor, target, record.values.get(api)).text
            changes.append(Meanwhile(label_text(target.label), text, touched))
        if not touched:
            inputs.typed[api] = now[api]
    return _form(
        scope, record.object, sections, inputs, record=record, was=now, meanwhile=changes
    ), 412


# -- the form -----------------------------------------------------------------------------------


def _form(
    scope: RecordScope,
    object_: Object,
    sections: list[FormSection],
    inputs: Inputs,
    *,
    record: Record | None = None,
    once: str = "",
    was: Mapping[str, Typed] | None = None,
    meanwhile: list[Meanwhile] | None = None,
) -> str:
    fields = fields_of(sections)
    inputs.names = _names(scope, fields, inputs)
    following = request.values.get("next", "")
    home = record_url(object_.api, record.id) if record else list_url(object_.api)
    labels = {target.api: label_text(target.label) for target in fields}
    return render_template(
        "workspace/form.html",
        object=object_,
        record=record,
        name=record_name(object_, record) if record else None,
        sections=sections,
        inputs=inputs,
        wide=WIDE,
        once=once,
        was=orjson.dumps(was if was is not None else inputs.typed).decode() if record else "",
        meanwhile=meanwhile,
        changed_by=_changed_by(scope, record) if meanwhile is not None and record else "",
        labels=labels,
        next=following,
        cancel_url=local_path(following, home),
    )


def _names(scope: RecordScope, fields: list[Field], inputs: Inputs) -> dict[str, str]:
    ids = {}
    for target in fields:
        typed = inputs.typed.get(target.api)
        if (
            target.to is not None
            and isinstance(typed, str)
            and typed.isdecimal()
            and len(typed) < 20
        ):
            ids[target.api] = int(typed)
    names = find_names(scope, (i for i in ids.values() if 0 < i < 2**63))
    return {api: names.get(i) or "" for api, i in ids.items()}


def _changed_by(scope: RecordScope, record: Record) -> str:
    who = record.values["updated_by"]
    at = record.object.fields["updated_at"]
    moment = at.type.load(at, record.values["updated_at"])
    name = (who or {}).get("name") or _("The system")
    return _(
        "%(name)s changed this record on %(at)s.",
        name=name,
        at=format_datetime(moment, scope.actor.zone),
    )
