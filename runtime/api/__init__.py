"""The programming interface of records, under `/api/v1` of a tenant's host."""

from runtime.api import jobs, objects, query, records, tokens  # noqa: F401  # they add routes
from runtime.api.blueprint import api

__all__ = ["api"]
