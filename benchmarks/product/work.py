"""What the measurements do with the product, by its own functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from benchmarks.product.documents import DEAL
from metadata.condition import parse
from runtime import records
from runtime.query import Aggregate, Page, Query, aggregate, select_records
from runtime.query.requests import read_fields, read_groupings, read_measures, read_sort
from runtime.scope import RecordScope
from runtime.search import search
from runtime.tables import record_rows

LIST_FIELDS = ["name", "code", "stage", "amount", "close_date", "account", "owner"]
TOTALS = {
    "group_by": [{"field": "stage"}],
    "measures": [{"fn": "sum", "field": "amount"}, {"fn": "count"}],
}


def by_stage(stage: str, low: Decimal, high: Decimal) -> dict[str, Any]:
    """The request for the newest 50 of a stage with an amount in a range."""
    between = {"field": "amount", "op": "between", "value": [str(low), str(high)]}
    where = {"all": [{"field": "stage", "op": "=", "value": stage}, between]}
    return {"where": where, "sort": ["-close_date"], "fields": LIST_FIELDS, "limit": 50}


def by_account(account: int) -> dict[str, Any]:
    """The request for the newest 50 of an account."""
    where = {"field": "account", "op": "=", "value": str(account)}
    return {"where": where, "fields": LIST_FIELDS, "limit": 50}


def get(scope: RecordScope, record_id: int) -> object:
    """A deal with all its fields."""
    return records.get(scope, DEAL, record_id)


def lister(request: dict[str, Any]) -> Callable[[RecordScope], Page]:
    """A function that reads the page that a request asks for."""

    def run(scope: RecordScope) -> Page:
        deal = scope.schema.objects[DEAL]
        return select_records(
            scope,
            Query(
                object=deal,
                fields=read_fields(scope.schema, deal, request["fields"]),
                where=parse(request["where"], deal, scope.schema),
                sort=read_sort(scope.schema, deal, request.get("sort")),
                limit=request["limit"],
            ),
        )

    return run


def totals(scope: RecordScope) -> object:
    """Sum of the amounts and number of deals of each stage."""
    deal = scope.schema.objects[DEAL]
    groups = read_groupings(scope.schema, deal, TOTALS["group_by"])
    measures = read_measures(scope.schema, deal, TOTALS["measures"])
    return aggregate(scope, Aggregate(deal, None, groups, measures))


def find(scope: RecordScope, words: str) -> object:
    """Fifty deals that contain the text."""
    return search(scope, words, [scope.schema.objects[DEAL]], 50)


def create(scope: RecordScope, values: dict[str, Any]) -> object:
    """A new deal."""
    return records.create(scope, DEAL, values)


def stages(scope: RecordScope, ids: Sequence[int]) -> list[str]:
    """The stages of deals."""
    return [str(found.values["stage"]) for found in records.get_many(scope, DEAL, ids)]


def move(scope: RecordScope, record_id: int, stage: str) -> object:
    """Put a deal into a stage."""
    return records.update(scope, DEAL, record_id, {"stage": stage})


def some_ids(scope: RecordScope, count: int, owner: int | None) -> list[int]:
    """Ids of deals, spread over the table; with `owner` theirs alone."""
    rows = record_rows.c
    query = (
        select(rows.id)
        .where(rows.tenant_id == scope.tenant_id)
        .where(rows.object_id == scope.schema.objects[DEAL].number)
        .order_by(func.hashint8(rows.id))
        .limit(count)
    )
    if owner is not None:
        query = query.where(rows.owner_id == owner)
    return list(scope.unit.connection.execute(query).scalars())
