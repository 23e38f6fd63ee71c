"""The blueprint of the workspace, and what its pages and templates share."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint

from kernel.i18n import label_text
from metadata.schema import Object
from runtime import access
from runtime.records import Record
from runtime.scope import RecordScope
from runtime.workspace import display
from runtime.workspace.list_links import list_actions

pages = Blueprint("workspace", __name__, template_folder="templates")


@pages.app_template_filter("plural")
def plural(object_: Object) -> str:
    """The name of an object's records."""
    return label_text(object_.plural) or label_text(object_.label)


pages.add_app_template_filter(display.path_label, "path_label")


@pages.app_template_filter("dial")
def dial(number: str) -> str:
    """A telephone number as `tel:` links take it; an extension is left to people."""
    return re.sub(r"[^0-9+]", "", re.split(r"(?i)ext|x|转|#", number)[0])


@pages.app_template_filter("mailto")
def mailto(address: str) -> str:
    """The link that writes to an address."""
    return "mailto:" + quote(address, safe="@+")


@pages.app_template_test("web_address")
def is_web_address(address: str) -> bool:
    """Whether an address may become a link: never a script."""
    return address.lower().startswith(("https://", "http://", "mailto:", "tel:"))


@pages.app_context_processor
def texts() -> dict[str, object]:
    """What all templates of the workspace may use."""
    return {
        "path_label": display.path_label,
        "record_url": display.record_url,
        "list_url": display.list_url,
        "right_aligned": display.RIGHT_ALIGNED,
        "short_widgets": display.SHORT,
        "list_actions": list_actions,
    }


def may_create(scope: RecordScope, object_: Object) -> bool:
    """Whether to offer a "new" button on its own: details are made from their parent's page."""
    return access.may_create(scope, object_)


def may_edit(scope: RecordScope, record: Record) -> bool:
    """Whether to offer to change or delete a record."""
    return access.may_edit(scope, record.object, record.owner_id)
