"""Queries: lists and figures."""

from __future__ import annotations

from typing import Any

from flask import Response

from kernel.web.routes import SIGNED_IN, route
from metadata.condition import parse
from runtime import access
from runtime.api.blueprint import answer, api
from runtime.api.schemas import AGGREGATE, QUERY, load
from runtime.query import Aggregate, Query, aggregate, select_records
from runtime.query.aggregation import MAX_GROUPS
from runtime.query.requests import read_fields, read_groupings, read_measures, read_sort
from runtime.web import json_body, request_scope


@route(api, "/query/<object>", methods=["POST"], needs=SIGNED_IN, writes=False)
def query_records(object: str) -> Response:
    """A page of records that match a condition."""
    scope = request_scope()
    asked: dict[str, Any] = load(QUERY, json_body())
    found = access.require_object(scope, object)
    page = select_records(
        scope,
        Query(
            object=found,
            fields=read_fields(scope.schema, found, asked.get("fields")),
            where=parse(asked.get("where"), found, scope.schema),
            sort=read_sort(scope.schema, found, asked.get("sort")),
            limit=asked["limit"],
            cursor=asked.get("cursor"),
        ),
    )
    return answer({"records": [record.as_json() for record in page.records], "next": page.next})


@route(api, "/aggregate/<object>", methods=["POST"], needs=SIGNED_IN, writes=False)
def aggregate_records(object: str) -> Response:
    """Figures over matching records, by up to two keys."""
    scope = request_scope()
    asked: dict[str, Any] = load(AGGREGATE, json_body())
    found = access.require_object(scope, object)
    rows = aggregate(
        scope,
        Aggregate(
            object=found,
            where=parse(asked.get("where"), found, scope.schema),
            group_by=read_groupings(scope.schema, found, asked.get("group_by")),
            measures=read_measures(scope.schema, found, asked.get("measures")),
        ),
    )
    return answer(
        {
            "rows": [row.as_json() for row in rows[:MAX_GROUPS]],
            "truncated": len(rows) > MAX_GROUPS,
        }
    )
