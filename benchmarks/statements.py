"""Statements as the driver gets them: taken down while real code runs, and run again."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg2.extras
from sqlalchemy import Connection, Engine, event

Statement = tuple[str, Any]
"""SQL and parameters; those of a COPY are its text, as `CopyText`."""


class CopyText(str):
    """The rows of a COPY."""

    __slots__ = ()


@contextmanager
def taken_down(connection: Connection) -> Iterator[list[Statement]]:
    """The statements that are executed on a connection while the block runs."""
    heard: list[Statement] = []

    def note(_c: Any, _cursor: Any, sql: str, parameters: Any, _x: Any, _many: bool) -> None:
        heard.append((sql, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(connection, "before_cursor_execute", note)


class Replay:
    """A connection of the driver on which taken down statements are timed.

    `before` runs first in each transaction, outside of the time (the product's tenant context).
    Each run is rolled back, also outside of the time: the data stay as they are, and ratios
    are not watered down by the disk's time for a commit. JSON is parsed with orjson.
    """

    def __init__(self, engine: Engine, before: Sequence[Statement] = ()) -> None:
        self._pooled = engine.raw_connection()
        self._driver: Any = self._pooled.driver_connection
        self._before = before
        psycopg2.extras.register_default_jsonb(self._driver, loads=orjson.loads)

    def seconds(self, statements: Sequence[Statement]) -> float:
        """Time to execute the statements and fetch their rows, in seconds."""
        with self._driver.cursor() as cursor:
            for sql, parameters in self._before:
                cursor.execute(sql, parameters)
            started = time.perf_counter()
            for sql, parameters in statements:
                if isinstance(parameters, CopyText):
                    cursor.copy_expert(sql, io.StringIO(parameters))
                    continue
                cursor.execute(sql, parameters)
                if cursor.description is not None:
                    cursor.fetchall()
            taken = time.perf_counter() - started
        self._driver.rollback()
        return taken

    def close(self) -> None:
        """Give the connection back."""
        self._driver.rollback()
        self._pooled.close()
