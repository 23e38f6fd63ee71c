"""The record scope of a request."""

from __future__ import annotations

from flask import g

from kernel.web.gate import current_scope, current_tenant
from runtime.scope import RecordScope, record_scope


def request_scope() -> RecordScope:
    """The scope of the request that is served now, with the tenant's metadata."""
    if "record_scope" not in g:
        g.record_scope = record_scope(current_scope(), current_tenant().metadata_version)
    scope = g.record_scope
    assert isinstance(scope, RecordScope)
    return scope
