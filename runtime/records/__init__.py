"""Records: made, read, changed and deleted through one pipeline that every channel uses."""

from runtime.records.deletion import DeletePlan, delete, delete_many, plan_deletion
from runtime.records.reading import get, get_many
from runtime.records.record import Record
from runtime.records.writing import (
    Change,
    RowResult,
    create,
    create_many,
    update,
    update_many,
)

__all__ = [
    "Change",
    "DeletePlan",
    "Record",
    "RowResult",
    "create",
    "create_many",
    "delete",
    "delete_many",
    "get",
    "get_many",
    "plan_deletion",
    "update",
    "update_many",
]
