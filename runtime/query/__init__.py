"""The query compiler: from field paths, conditions and sort keys to SQL under a scope."""

from runtime.query.aggregation import Aggregate, AggregateRow, aggregate
from runtime.query.selection import Page, Query, count, matching_ids, select_records

__all__ = [
    "Aggregate",
    "AggregateRow",
    "Page",
    "Query",
    "aggregate",
    "count",
    "matching_ids",
    "select_records",
]
