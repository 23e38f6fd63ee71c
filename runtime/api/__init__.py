"""The programming interface of records, under `/api/v1` of a tenant's host."""

from runtime.api.blueprint import api
from runtime.api import jobs, objects, query, records, tokens  # noqa: F401, I001  # they add routes

__all__ = ["api"]
