"""Reading pages and sending their forms, as a browser would."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from kernel.db.unit import Database
from runtime import records
from runtime.records import Record
from runtime.scope import open_scope
from tests.twins import Side, TenantClient


class _Inputs(HTMLParser):
    """Collects what each form of a page would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, Any]]] = []
        self._fields: dict[str, Any] = {}
        self._select: tuple[str, bool] | None = None
        self._area: str | None = None
        self._in_template = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template" or self._in_template:
            self._in_template = True
        elif tag == "form":
            self._fields = {}
            self.forms.append((given.get("action", ""), self._fields))
        elif tag == "input" and "name" in given:
            ticked = given.get("type") != "checkbox" or "checked" in given
            if ticked:
                self._add(given["name"], given.get("value", "on"))
        elif tag == "textarea":
            self._area = given.get("name", "")
            self._fields[self._area] = ""
        elif tag == "select":
            self._select = (given.get("name", ""), "multiple" in given)
        elif tag == "option" and self._select and "selected" in given:
            name, many = self._select
            if many:
                self._fields.setdefault(name, []).append(given.get("value", ""))
            else:
                self._fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._in_template = False
        elif tag == "textarea" and self._area is not None:
            self._fields[self._area] = self._fields[self._area].removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._select = None

    def _add(self, name: str, value: str) -> None:
        if name in self._fields:
            before = self._fields[name]
            self._fields[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            self._fields[name] = value


def form_on(page: str, action: str) -> dict[str, Any]:
    """What the form that goes to `action` (or starts with it) would send."""
    parser = _Inputs()
    parser.feed(page)
    for target, fields in parser.forms:
        if urlsplit(target).path == action:
            return fields
    raise AssertionError(f"no form for {action} among {[target for target, _f in parser.forms]}")


def text_of(page: str) -> str:
    """What a person reads of a page's content: without tags, spaces joined."""
    body = page.split('id="content"', 1)[-1].split("<script", 1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def fetch(client: TenantClient, path: str, status: int = 200, **kwargs: Any) -> str:
    """The text of a page; fails unless it has the status."""
    answer = client.get(path, **kwargs)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return str(answer.get_data(as_text=True))


def send(client: TenantClient, path: str, fields: dict[str, Any], **changes: Any) -> Any:
    """Send a form, some fields changed; the answer is not followed."""
    return client.post(path, data={**fields, **changes})


def make(database: Database, side: Side, object_api: str, **values: Any) -> Record:
    """A record of the ordinary user."""
    with open_scope(database, side.id, side.user, write=True) as scope:
        return records.create(scope, object_api, values)


def reread(database: Database, side: Side, record: Record) -> Record:
    """The record as it is now."""
    with open_scope(database, side.id, side.admin) as scope:
        return records.get(scope, record.object.api, record.id)
